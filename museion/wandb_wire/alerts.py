"""Alerts: what a run calls out to people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.actions.alert_run import MAX_TEXT, MAX_TITLE, MAX_WAIT, alert_run
from museion.catalog.alerts import Level
from museion.wandb_wire.nouns.lookup import RunNode

LEVELS: Mapping[str, Level] = {"INFO": "info", "WARN": "warn", "ERROR": "error"}


def alert(node: RunNode, said: Mapping[str, Any]) -> None:
    """Raise it; what is too long is cut, because the script that calls out must not stumble over it. `waitDuration`
    is in milliseconds."""
    wait = min(max((said.get("waitDuration") or 0) / 1_000, 0.0), MAX_WAIT)
    level = LEVELS.get(said.get("severity") or "INFO", "info")
    title = said["title"][:MAX_TITLE].strip() or "Alert"
    alert_run(node.asked.stores, *node.place, title, said["text"][:MAX_TEXT], level, wait=wait)
