"""The history of a run as rows: all of them, or a few evenly spread."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from museion.errors import ValueInvalid
from museion.model.values import from_json
from museion.sdk.transport import Transport

ROWS = 10_000
LONG = 20_000
"""From so many rows on, a sample is taken from columns (Arrow) instead of from rows (JSON)."""
TIMELINES = ("_step", "_timestamp", "_runtime")
SYSTEM = "system/"
T = TypeVar("T")


def scan(
    transport: Transport,
    path: str,
    keys: Sequence[str] | None,
    page_size: int = ROWS,
    min_step: int | None = None,
    max_step: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows by step, from `min_step` up to and without `max_step`; with `keys`, those that have any of them."""
    named = None if keys is None else ",".join(key for key in keys if key not in TIMELINES)
    start: int | None = min_step or 0
    while start is not None:
        query = {"keys": named or None, "start": start, "stop": max_step, "limit": max(1, min(page_size, ROWS))}
        page = transport.request("GET", f"{path}/history", query=query).json()
        yield from map(from_json, page["rows"])
        start = page["next"]


def sampled(
    transport: Transport, path: str, keys: Sequence[str] | None, x_axis: str, samples: int, *, system: bool = False
) -> list[dict[str, Any]]:
    """At most `samples` rows, evenly spread, the first and the last among them; with `keys`, these and the x axis."""
    known = transport.request("GET", f"{path}/keys").json()
    if system and not keys:
        keys = [key["key"] for key in known if key["key"].startswith(SYSTEM)]
    wanted = list(dict.fromkeys([x_axis, *keys])) if keys else None
    longest = max((key["count"] for key in known if keys is None or key["key"] in keys), default=0)
    if longest >= LONG:
        return _of_columns(transport, path, wanted, x_axis, samples)
    rows = scan(transport, path, wanted)
    return spread(list(rows if wanted is None else _narrowed(rows, wanted, x_axis)), samples)


def _narrowed(rows: Iterator[dict[str, Any]], wanted: Sequence[str], x_axis: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        kept = {key: row[key] for key in wanted if key in row}
        if kept.keys() - {x_axis}:
            yield kept


def _of_columns(
    transport: Transport, path: str, wanted: Sequence[str] | None, x_axis: str, samples: int
) -> list[dict[str, Any]]:
    """The same rows from an export: only those that are shown become Python values."""
    import numpy as np
    import pyarrow as pa

    named = None if wanted is None else ",".join(key for key in wanted if key not in TIMELINES)
    reply = transport.request("GET", f"{path}/export", query={"format": "arrow", "keys": named})
    table = pa.ipc.open_stream(reply.data).read_all()
    if wanted is not None:
        table = table.select([key for key in wanted if key in table.column_names])
        others = [table[key].is_valid().to_numpy() for key in table.column_names if key != x_axis]
        table = table.filter(pa.array(np.logical_or.reduce(others) if others else np.zeros(len(table), bool)))
    coded = [field.name for field in table.schema if (field.metadata or {}).get(b"content") == b"application/json"]
    rows = table.take(pa.array(spread(range(len(table)), samples), pa.int64())).to_pylist()
    return [
        {key: json.loads(value) if key in coded else value for key, value in row.items() if value is not None}
        for row in rows
    ]


def spread(rows: Sequence[T], samples: int) -> list[T]:
    """At most `samples` of `rows`, evenly spread, both ends among them."""
    if samples < 1:
        raise ValueInvalid(f"samples is {samples}.", advice="Ask for one row or more.")
    if len(rows) <= samples:
        return list(rows)
    last = len(rows) - 1
    return [rows[round(place * last / max(samples - 1, 1))] for place in range(samples)]
