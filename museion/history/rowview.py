"""History as rows, merged by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from museion.history.batch import Row
from museion.history.cells import TEXT
from museion.history.points import Points
from museion.history.reading import SYSTEM, SYSTEM_TIMES, TIMELINES, TIMES, Reader, known


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one key. `time` is UTC seconds."""

    step: int
    time: float
    value: Any


def rows(
    connection: Connection,
    reader: Reader,
    run: int,
    keys: Sequence[str] | None,
    start: int,
    stop: int | None,
    limit: int,
) -> list[Row]:
    """See HistoryStore.rows."""
    times = _times(connection, reader, run, keys, start, None if stop is None else stop - 1)
    steps = sorted(times)
    if keys is None:
        window = steps[:limit]
        return _assemble(connection, reader, run, _plain_keys(connection, reader, run), window, times)
    out: list[Row] = []
    size = max(limit, 256)
    at = 0
    while at < len(steps) and len(out) < limit:
        found = _assemble(connection, reader, run, keys, steps[at : at + size], times)
        out.extend(row for row in found if row.values)
        at += size
        size *= 2
    return out[:limit]


def values(connection: Connection, reader: Reader, run: int, key: str, start: int, limit: int) -> list[Point]:
    """See HistoryStore.values."""
    points = reader.points(connection, run, [key], start).get(key)
    if points is None:
        return []
    texts = points.take(np.flatnonzero(points.cells.kinds == TEXT)[:limit])
    if not len(texts):
        return []
    times = _times(connection, reader, run, [key], int(texts.steps[0]), int(texts.steps[-1]))
    found = zip(texts.steps.tolist(), texts.cells.python(), strict=True)
    return [Point(step, times[step], value) for step, value in found]


def _times(
    connection: Connection, reader: Reader, run: int, keys: Sequence[str] | None, low: int, high: int | None
) -> dict[int, float]:
    """When each step was logged, of the timelines that the keys need; the main one is believed first."""
    names = [SYSTEM_TIMES] if keys and any(key.startswith(SYSTEM) for key in keys) else []
    if keys is None or not keys or not all(key.startswith(SYSTEM) for key in keys):
        names.append(TIMES)
    found = reader.points(connection, run, names, low, high)
    out: dict[int, float] = {}
    for name in names:
        if name in found:
            out.update(zip(found[name].steps.tolist(), found[name].cells.numbers().tolist(), strict=True))
    return out


def _plain_keys(connection: Connection, reader: Reader, run: int) -> list[str]:
    every = {key for _, key in known(connection, [run], None)} | {key for _, key in reader.tails(connection, [run])}
    return sorted(key for key in every if not key.startswith(SYSTEM) and key not in TIMELINES)


def _assemble(
    connection: Connection,
    reader: Reader,
    run: int,
    keys: Sequence[str],
    steps: Sequence[int],
    times: dict[int, float],
) -> list[Row]:
    if not steps:
        return []
    out = {step: Row(step, times[step], {}) for step in steps}
    found: dict[str, Points] = reader.points(connection, run, keys, steps[0], steps[-1])
    for key, points in found.items():
        for step, value in zip(points.steps.tolist(), points.cells.python(), strict=True):
            if step in out:
                out[step].values[key] = value
    return list(out.values())
