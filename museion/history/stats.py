"""What is known of a series without reading its points, kept right as points come, late ones too."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from museion.history import buckets
from museion.history.buckets import Buckets
from museion.history.cells import TEXT
from museion.history.points import Points, join

PYRAMID_FROM = 2 * buckets.MAX_BUCKETS
ReadFrom = Callable[[int | None], Points]


@dataclass(frozen=True, slots=True)
class Stats:
    """Of the settled series: one point a step. `numbers` of its `points` are numeric; `last` is at the highest step.

    `minimum` and `maximum` leave NaN out and are None where nothing else is there. Only a series with more than
    PYRAMID_FROM numbers has a pyramid.
    """

    points: int
    numbers: int
    first_step: int
    last_step: int
    minimum: float | None
    maximum: float | None
    last: Any
    pyramid: Buckets | None


def of(points: Points) -> Stats:
    """From all points of a series, settled, at least one."""
    numeric = np.flatnonzero(points.cells.kinds != TEXT)
    fine = buckets.single(points.steps[numeric], points.cells.take(numeric).numbers())
    pyramid = buckets.compact(fine) if len(numeric) > PYRAMID_FROM else None
    low, high = _range(fine)
    ends = int(points.steps[0]), int(points.steps[-1])
    return Stats(len(points), len(numeric), *ends, low, high, _last(points), pyramid)


def extend(old: Stats | None, new: Points, read: ReadFrom) -> Stats:
    """After `new` points arrived. `read(step)` gives the stored points from that step on (None: all of them)."""
    if old is None:
        return of(new.settled())
    in_order = new.ordered and int(new.steps[0]) > old.last_step
    if in_order and (old.pyramid is not None or old.numbers + len(new) <= PYRAMID_FROM):
        return _append(old, of(new), new)
    pure = old.points == old.numbers and not (new.cells.kinds == TEXT).any()
    if old.pyramid is not None and pure:
        return _repair(old, old.pyramid, new, read)
    return of(join([read(None), new]).settled())


def _append(old: Stats, more: Stats, new: Points) -> Stats:
    pyramid = old.pyramid
    if pyramid is not None and more.numbers:
        numeric = np.flatnonzero(new.cells.kinds != TEXT)
        fine = buckets.single(new.steps[numeric], new.cells.take(numeric).numbers())
        pyramid = buckets.compact(buckets.join(pyramid, fine))
    return _sum(old, more, pyramid)


def _sum(old: Stats, more: Stats, pyramid: Buckets | None) -> Stats:
    return Stats(
        old.points + more.points,
        old.numbers + more.numbers,
        old.first_step,
        more.last_step,
        _pick(min, old.minimum, more.minimum),
        _pick(max, old.maximum, more.maximum),
        more.last,
        pyramid,
    )


def _repair(old: Stats, pyramid: Buckets, new: Points, read: ReadFrom) -> Stats:
    """Build again only the buckets that the new points fall into, or come before."""
    kept = int(np.searchsorted(pyramid.last, int(new.steps.min()), side="left"))
    stored = [read(int(pyramid.first[kept]))] if kept < len(pyramid) else []
    return joined(pyramid.take(slice(0, kept)), join([*stored, new]).settled())


def joined(head: Buckets, rest: Points) -> Stats:
    """Of numbers alone: those that `head` stands for, then `rest`, settled, at least one."""
    fine = buckets.join(head, buckets.single(rest.steps, rest.cells.numbers()))
    low, high = _range(fine)
    total = int(fine.count.sum())
    last = _last(rest)
    return Stats(total, total, int(fine.first[0]), int(fine.last[-1]), low, high, last, buckets.compact(fine))


def followed(old: Stats, more: Stats, old_fine: Callable[[], Buckets], more_fine: Callable[[], Buckets]) -> Stats:
    """Two stretches of one series, `more` after `old`; their numbers are asked for only where one has a pyramid."""
    pyramid = None
    if old.pyramid is not None or more.pyramid is not None:
        pyramid = buckets.compact(buckets.join(old.pyramid or old_fine(), more.pyramid or more_fine()))
    return _sum(old, more, pyramid)


def _range(fine: Buckets) -> tuple[float | None, float | None]:
    if not fine.valid.any():
        return None, None
    return float(np.fmin.reduce(fine.min)), float(np.fmax.reduce(fine.max))


def _pick(choose: Callable[[float, float], float], a: float | None, b: float | None) -> float | None:
    return b if a is None else a if b is None else choose(a, b)


def _last(points: Points) -> Any:
    return points.take(slice(len(points) - 1, None)).cells.python()[0]


def last_to_text(last: Any) -> str:
    return json.dumps(last, separators=(",", ":"))
