"""Alerts: what a run calls out to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.actions.upsert_run import RunChange, upsert_run
from museion.wandb_wire.nouns.lookup import RunNode

MAX_KEPT = 100
MAX_TEXT = 10_000


def alert(node: RunNode, said: Mapping[str, Any]) -> None:
    """Keep it with the run, where the UI shows it; the newest last. `waitDuration` (ms) keeps repeats apart."""
    now = node.asked.stores.clock()
    known = [entry for entry in node.run.metadata.get("alerts") or [] if isinstance(entry, dict)]
    wait = (said.get("waitDuration") or 0) / 1_000
    if any(entry.get("title") == said["title"] and entry.get("time", 0) > now - wait for entry in known):
        return
    fresh = {"time": now, "title": said["title"][:MAX_TEXT], "text": said["text"][:MAX_TEXT]}
    kept = [*known, {**fresh, "level": said.get("severity") or "INFO"}][-MAX_KEPT:]
    upsert_run(node.asked.stores, *node.place, RunChange(metadata={"alerts": kept}))
