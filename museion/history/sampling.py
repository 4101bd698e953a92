"""Curves for a chart: from pyramids over the full range, from points when zoomed or short."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from museion.history import buckets, stats
from museion.history.buckets import Buckets
from museion.history.cells import TEXT
from museion.history.compactor import stored_from, with_pyramid
from museion.history.packing import Floats
from museion.history.points import Points, join
from museion.history.reading import SYSTEM, SYSTEM_TIMES, TIMELINES, TIMES, Known, Reader, known
from museion.history.stats import Stats

STEP, RUNTIME, TIMESTAMP = "_step", "_runtime", "_timestamp"
RAW_COLUMNS = ("x", "y")
BUCKET_COLUMNS = ("x", "x_end", "x_min", "x_max", "min", "max", "mean", "count")


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. `columns` are f64 arrays of one length.

    Not bucketed: `x`, `y`, every point. Bucketed: `x` and `x_end` (its first and last x), `min` at `x_min`, `max` at
    `x_max`, `mean`, `count`. `points` counts what lies in the range asked for; `minimum` and `maximum` are over it,
    without NaN; `last` is the value at the highest x. None where there is no such number.
    """

    run: str
    key: str
    bucketed: bool
    points: int
    minimum: float | None
    maximum: float | None
    last: float | None
    columns: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a chart wants: x is `_step`, `_runtime`, `_timestamp` or a key; start ≤ x ≤ stop."""

    x: str
    width: int
    start: float | None
    stop: float | None

    @property
    def whole(self) -> bool:
        return self.start is None and self.stop is None

    @property
    def from_pyramid(self) -> bool:
        return self.whole and self.x in (STEP, RUNTIME, TIMESTAMP)


def sample(
    connection: Connection, reader: Reader, runs: Mapping[str, int], keys: Sequence[str], ask: Ask
) -> list[Series]:
    """Curves by run, then key; a run without the key gives none."""
    numbers = sorted(set(runs.values()))
    wanted = set(keys)
    axis = _axis_keys(ask.x)
    found = known(connection, numbers, wanted | axis)
    tails = reader.tails(connection, numbers, wanted | axis)
    pyramids = reader.pyramids(connection, [item for item in found.values() if item.key in wanted and ask.from_pyramid])
    out: list[Series] = []
    for name, run in runs.items():
        of_run = _Run(connection, reader, run, found, tails, pyramids)
        out.extend(curve for key in keys if (curve := of_run.curve(name, key, ask)) is not None)
    return out


def _axis_keys(x: str) -> set[str]:
    return set() if x == STEP else set(TIMELINES) if x in (RUNTIME, TIMESTAMP) else {x}


class _Run:
    """One run's part of a request; what is read for one key is kept for the next."""

    def __init__(
        self,
        connection: Connection,
        reader: Reader,
        run: int,
        found: dict[tuple[int, str], Known],
        tails: dict[tuple[int, str], Points],
        pyramids: dict[tuple[int, int], Buckets],
    ) -> None:
        self._connection, self._reader, self._run = connection, reader, run
        self._found, self._tails, self._pyramids = found, tails, pyramids
        self._kept: dict[str, tuple[NDArray[np.int64], Floats]] = {}

    def curve(self, name: str, key: str, ask: Ask) -> Series | None:
        if (self._run, key) not in self._found and (self._run, key) not in self._tails:
            return None
        if ask.from_pyramid and (whole := self._whole(key)) is not None and whole.pyramid is not None:
            placed = self._place(whole.pyramid, key, ask.x)
            if placed is not None:
                return _draw(name, key, placed, ask.width, float(whole.last))
        x, y = self._points(key, ask)
        return _draw(name, key, buckets.single(x, y), ask.width, float(y[-1])) if len(x) else None

    def _whole(self, key: str) -> Stats | None:
        """Stats and pyramid with the live tail in them; None for a series without a pyramid, or that ends in a text."""
        item = self._found.get((self._run, key))
        before = with_pyramid(item, self._pyramids)
        if before is None or before.pyramid is None:
            return None
        new, read = self._tails.get((self._run, key)), stored_from
        if new is not None:
            before = stats.extend(before, new, lambda low: read(self._connection, self._reader, item, low))
        return before if isinstance(before.last, (int, float)) else None

    def _place(self, pyramid: Buckets, key: str, x: str) -> Buckets | None:
        """Steps turned into x; None if time does not grow with the step, so that buckets would overlap."""
        if x == STEP:
            places = [column.astype(np.float64) for column in pyramid.columns()[:4]]
        else:
            steps, times = self._clock(key, x)
            if (np.diff(times) < 0).any():
                return None
            places = [times[np.searchsorted(steps, column)] for column in pyramid.columns()[:4]]
        return Buckets(places[0], places[1], places[2], places[3], *pyramid.columns()[4:])

    def _clock(self, key: str, x: str) -> tuple[NDArray[np.int64], Floats]:
        line = SYSTEM_TIMES if key.startswith(SYSTEM) else TIMES
        steps, times = self._numbers(line)
        if x == TIMESTAMP:
            return steps, times
        return steps, times - min(float(self._numbers(each)[1].min(initial=np.inf)) for each in TIMELINES)

    def _numbers(self, key: str, low: int | None = None, high: int | None = None) -> tuple[NDArray[np.int64], Floats]:
        """The settled numeric points of a key. Kept when the whole series was asked for."""
        if low is None and high is None and key in self._kept:
            return self._kept[key]
        item = self._found.get((self._run, key))
        ids = [item.id] if item else []
        stored = self._reader.stored(self._connection, self._run, ids, low, high)
        parts = [*stored.values()]
        if (self._run, key) in self._tails:
            parts.append(self._tails[self._run, key].between(low, high))
        settled = join(parts).settled()
        numeric = np.flatnonzero(settled.cells.kinds != TEXT)
        out = settled.steps[numeric], settled.cells.take(numeric).numbers()
        if low is None and high is None:
            self._kept[key] = out
        return out

    def _points(self, key: str, ask: Ask) -> tuple[Floats, Floats]:
        if ask.x == STEP:
            steps, y = self._numbers(key, _ceil(ask.start), _floor(ask.stop))
            return steps.astype(np.float64), y
        steps, y = self._numbers(key)
        axis, values = self._clock(key, ask.x) if ask.x in (RUNTIME, TIMESTAMP) else self._numbers(ask.x)
        x, y = _lookup(steps, y, axis, values)
        keep = np.isfinite(x)
        if ask.start is not None:
            keep &= x >= ask.start
        if ask.stop is not None:
            keep &= x <= ask.stop
        x, y = x[keep], y[keep]
        order = np.argsort(x, kind="stable")
        return x[order], y[order]


def _lookup(steps: NDArray[np.int64], y: Floats, axis: NDArray[np.int64], values: Floats) -> tuple[Floats, Floats]:
    """The x of each point is the value of the axis at the same step; points without one are left out."""
    _, mine, theirs = np.intersect1d(steps, axis, assume_unique=True, return_indices=True)
    return values[theirs], y[mine]


_STEP_LIMIT = float(2**63)


def _ceil(x: float | None) -> int | None:
    if x is None or np.isnan(x) or x <= -_STEP_LIMIT:
        return None
    return 2**63 - 1 if x >= _STEP_LIMIT else int(np.ceil(x))


def _floor(x: float | None) -> int | None:
    if x is None or np.isnan(x) or x >= _STEP_LIMIT:
        return None
    return -(2**63) if x < -_STEP_LIMIT else int(np.floor(x))


def _draw(run: str, key: str, fine: Buckets, width: int, last: float) -> Series:
    """Every point where they are few (2 × width, what as many buckets would weigh), `width` buckets otherwise."""
    raw = len(fine) <= 2 * width and bool((fine.count == 1).all())
    drawn = fine if raw else buckets.shrink(fine, width)
    valid = bool(fine.valid.any())
    low = float(np.fmin.reduce(fine.min)) if valid else None
    high = float(np.fmax.reduce(fine.max)) if valid else None
    return Series(run, key, not raw, int(fine.count.sum()), low, high, last, _columns(drawn, raw))


def _columns(drawn: Buckets, raw: bool) -> dict[str, Floats]:
    if raw:
        return dict(zip(RAW_COLUMNS, (drawn.first, drawn.min), strict=True))
    order: list[NDArray[Any]] = [
        drawn.first,
        drawn.last,
        drawn.at_min,
        drawn.at_max,
        drawn.min,
        drawn.max,
        drawn.mean,
        drawn.count.astype(np.float64),
    ]
    return dict(zip(BUCKET_COLUMNS, order, strict=True))
