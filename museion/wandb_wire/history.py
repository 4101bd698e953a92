"""History as W&B's clients read it: rows as JSON text, sampled or whole, and what is known of each key."""

from __future__ import annotations

import json
from typing import Any

from museion.actions.read_history import read_keys, read_rows
from museion.history.batch import Row
from museion.wandb_wire.lines import SYSTEM, event_values, row_values
from museion.wandb_wire.nouns.lookup import RunNode

SAMPLES = 500
MAX_ROWS = 10_000
OWN = ("_step", "_timestamp", "_runtime")


def started_at(node: RunNode) -> float:
    """Where `_runtime` counts from, UTC seconds: as the client said, else the run's beginning."""
    return node.extra.started_at if node.extra.started_at is not None else node.run.created_at


def line_count(node: RunNode, writer: str) -> int:
    """The number of the line that the client is to send next."""
    stores = node.asked.stores
    with stores.catalog.reading() as rows:
        base, _ = rows.wandb_runs.segment(node.key, writer)
    lines = stores.history.next_seq(node.key, writer) - base
    if lines or writer != "wandb":
        return max(lines, 0)
    last = stores.history.last_step(node.key)
    return 0 if last is None else max(0, last + 1)


def latest(node: RunNode) -> dict[str, Any]:
    """Step, time and runtime of the last row, for the summary of a run that no W&B client logged."""
    row = last_row(node)
    if row is None:
        return {}
    return {key: value for key, value in row_values(row, started_at(node)).items() if key in OWN}


def last_row(node: RunNode) -> Row | None:
    """The row with the highest step."""
    last = node.asked.stores.history.last_step(node.key)
    found = [] if last is None else read_rows(node.asked.stores, *node.place, start=last, limit=1)
    return found[-1] if found else None


def rows_between(node: RunNode, low: int | None, high: int | None, limit: int) -> list[dict[str, Any]]:
    """Rows with low ≤ step < high, as the client reads them."""
    first = low if low is not None else -(2**53)
    rows = read_rows(node.asked.stores, *node.place, start=first, stop=high, limit=limit)
    return [row_values(row, started_at(node)) for row in rows]


def sampled(node: RunNode, samples: int | None) -> list[dict[str, Any]]:
    """At most `samples` rows, spread over the run; the first and the last are among them."""
    rows = node.asked.stores.history.sampled_rows(node.key, None, None, None, _count(samples))
    return [row_values(row, started_at(node)) for row in rows]


def sampled_events(node: RunNode, samples: int | None) -> list[dict[str, Any]]:
    """The same of system metrics."""
    keys = [key.key for key in read_keys(node.asked.stores, *node.place) if key.key.startswith(SYSTEM)]
    if not keys:
        return []
    rows = node.asked.stores.history.sampled_rows(node.key, keys, None, None, _count(samples), full=False)
    return [event_values(row, started_at(node)) for row in rows]


def _count(samples: Any) -> int:
    return min(samples, MAX_ROWS) if isinstance(samples, int) and samples > 0 else SAMPLES


def of_spec(node: RunNode, spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows that have all of the spec's keys, from minStep up to and with maxStep."""
    keys = [key for key in spec.get("keys") or [] if isinstance(key, str)]
    wanted = [key.replace("system.", SYSTEM, 1) if key.startswith("system.") else key for key in keys]
    logged = [key for key in wanted if key not in OWN]
    low, high = _step(spec.get("minStep")), _step(spec.get("maxStep"))
    count = _count(spec.get("samples"))
    rows = node.asked.stores.history.sampled_rows(node.key, logged if keys else None, low, high, count)
    full = [row_values(row, started_at(node)) for row in rows]
    return [{key: row[inner] for key, inner in zip(keys, wanted, strict=True)} for row in full] if keys else full


def _step(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and abs(value) < 2**53 else None


def known_keys(node: RunNode) -> dict[str, Any] | None:
    """What is known of each key; None for a run without history."""
    found = [key for key in read_keys(node.asked.stores, *node.place) if not key.key.startswith(SYSTEM)]
    last = node.asked.stores.history.last_step(node.key)
    if last is None:
        return None
    keys = {key.key: _key(key.kind, key.count, key.last) for key in found}
    count = sum(1 for _ in found) and max(key.count for key in found)
    own = {name: _key("number", count, None) for name in OWN}
    return {"lastStep": last, "sets": [], "keys": {**keys, **own}}


def _key(kind: str, count: int, last: Any) -> dict[str, Any]:
    return {"typeCounts": [{"type": _type(kind, last), "count": count}], "previousValue": last}


def _type(kind: str, last: Any) -> str:
    if kind == "number":
        return "number"
    if isinstance(last, dict):
        return str(last.get("_type", "map"))
    return {str: "string", bool: "boolean", list: "list", type(None): "nil"}.get(type(last), "string")


def text(row: dict[str, Any]) -> str:
    """A row as JSON text, NaN and Infinity bare, as the client wrote them."""
    return json.dumps(row)
