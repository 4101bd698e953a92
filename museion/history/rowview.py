"""History as rows, merged by step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from museion.history.batch import Row
from museion.history.cells import TEXT
from museion.history.packing import Ints
from museion.history.reading import SYSTEM, SYSTEM_TIMES, TIMES
from museion.history.view import View


@dataclass(frozen=True, slots=True)
class Point:
    """One value of one key. `time` is UTC seconds."""

    step: int
    time: float
    value: Any


def clocks(keys: Sequence[str] | None) -> list[str]:
    """The timelines that rows of these keys need; None is all but system metrics."""
    names = [SYSTEM_TIMES] if keys and any(key.startswith(SYSTEM) for key in keys) else []
    return [*names, TIMES] if not keys or not all(key.startswith(SYSTEM) for key in keys) else names


def rows(view: View, keys: Sequence[str] | None, start: int, stop: int | None, limit: int) -> list[Row]:
    """See HistoryStore.rows."""
    times = _times(view, clocks(keys), start, None if stop is None else stop - 1)
    steps = sorted(times)
    if keys is None:
        return _assemble(view, view.plain_keys(), steps[:limit], times)
    out: list[Row] = []
    size = max(limit, 256)
    at = 0
    while at < len(steps) and len(out) < limit:
        out.extend(row for row in _assemble(view, keys, steps[at : at + size], times) if row.values)
        at += size
        size *= 2
    return out[:limit]


def spread(
    view: View, keys: Sequence[str] | None, low: int | None, high: int | None, count: int, *, full: bool
) -> list[Row]:
    """See HistoryStore.sampled_rows."""
    wanted = view.plain_keys() if keys is None else list(dict.fromkeys(keys))
    clock = _Clock(view, clocks(keys), low, high)
    steps = clock.steps
    for key in wanted if full else ():
        steps = np.intersect1d(steps, view.points(key, low, high).steps, assume_unique=True)
    if len(steps) > count:
        steps = steps[np.round(np.linspace(0, len(steps) - 1, count)).astype(np.intp) if count > 1 else [-1]]
    out = {step: Row(step, time, {}) for step, time in zip(steps.tolist(), clock.at(steps), strict=True)}
    for key in wanted:  # one after another: memory holds a whole column of one
        points = view.points(key, low, high)
        some = points.take(np.flatnonzero(np.isin(points.steps, steps, assume_unique=True)))
        for step, value in zip(some.steps.tolist(), some.cells.python(), strict=True):
            out[step].values[key] = value
    return list(out.values())


class _Clock:
    """When each step was logged; the first of the timelines is believed most."""

    def __init__(self, view: View, names: Sequence[str], low: int | None, high: int | None) -> None:
        self._lines = [view.numbers(name, low, high) for name in names]
        self.steps: Ints = np.unique(np.concatenate([np.empty(0, np.int64), *(line[0] for line in self._lines)]))

    def at(self, steps: Ints) -> list[float]:
        out = np.empty(len(steps))
        for known, times in self._lines:
            hit = np.isin(steps, known, assume_unique=True)
            out[hit] = times[np.searchsorted(known, steps[hit])]
        return [float(time) for time in out]


def values(view: View, key: str, start: int, limit: int) -> list[Point]:
    """See HistoryStore.values."""
    points = view.points(key, start)
    texts = points.take(np.flatnonzero(points.cells.kinds == TEXT)[:limit])
    if not len(texts):
        return []
    times = _times(view, clocks([key]), int(texts.steps[0]), int(texts.steps[-1]))
    found = zip(texts.steps.tolist(), texts.cells.python(), strict=True)
    return [Point(step, times[step], value) for step, value in found]


def _times(view: View, names: Sequence[str], low: int, high: int | None) -> dict[int, float]:
    """When each step was logged; the main timeline is believed first."""
    out: dict[int, float] = {}
    for name in names:
        steps, times = view.numbers(name, low, high)
        out.update(zip(steps.tolist(), times.tolist(), strict=True))
    return out


def _assemble(view: View, keys: Sequence[str], steps: Sequence[int], times: dict[int, float]) -> list[Row]:
    if not steps:
        return []
    out = {step: Row(step, times[step], {}) for step in steps}
    for key, points in view.many(keys, steps[0], steps[-1]).items():
        for step, value in zip(points.steps.tolist(), points.cells.python(), strict=True):
            if step in out:
                out[step].values[key] = value
    return list(out.values())
