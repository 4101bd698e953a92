"""Curves for a chart: from pyramids over the full range, from points when zoomed, short, smoothed or cleaned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from museion.history import bands, buckets, outliers
from museion.history.bands import Band
from museion.history.buckets import Buckets
from museion.history.packing import Floats
from museion.history.reading import SYSTEM, SYSTEM_TIMES, TIMELINES, TIMES, Reader
from museion.history.smoothing import Smoothing
from museion.history.view import View, fetch_pyramids, look

STEP, RUNTIME, TIMESTAMP = "_step", "_runtime", "_timestamp"
_SMOOTH_BUCKETS = ("smooth_x_min", "smooth_x_max", "smooth_min", "smooth_max")
LAYOUTS: Mapping[str, tuple[str, ...]] = {
    "raw": ("x", "y"),
    "buckets": ("x", "x_end", "x_min", "x_max", "min", "max", "mean", "count"),
    "raw_smooth": ("x", "y", "smooth"),
    "buckets_smooth": ("x", "x_end", "x_min", "x_max", "min", "max", "mean", "count", *_SMOOTH_BUCKETS),
    "band": bands.COLUMNS,
}


@dataclass(frozen=True, slots=True)
class Series:
    """One curve. `columns` are f64 arrays of one length, those that LAYOUTS names for its `layout`.

    `raw`: `x`, `y`, every point. `buckets`: `x` and `x_end` (its first and last x), `min` at `x_min`, `max` at
    `x_max`, `mean`, `count`. `…_smooth`: the same of the points as logged, and beside them the smoothed ones: all of
    them, or the extremes of the smoothed line in each bucket. `band`: see `bands`; `run` is the name of the group.
    `points` counts what lies in the range asked for; `minimum` and `maximum` are over it, without NaN; `last` is the
    value at the highest x. None where there is no such number. `excluded` points of these are outliers, not drawn.
    """

    run: str
    key: str
    layout: str
    points: int
    minimum: float | None
    maximum: float | None
    last: float | None
    columns: Mapping[str, Floats]
    excluded: int = 0

    @property
    def bucketed(self) -> bool:
        return self.layout not in ("raw", "raw_smooth")


@dataclass(frozen=True, slots=True)
class Ask:
    """What a chart wants: x is `_step`, `_runtime`, `_timestamp` or a key; start ≤ x ≤ stop; `layer` as in `View`.

    Smoothing and outliers look at the whole series, whatever the range. With `groups` (name → runs) the answer has one
    band for each group and key.
    """

    x: str = STEP
    width: int = 750
    start: float | None = None
    stop: float | None = None
    smoothing: Smoothing | None = None
    outliers: outliers.Rule | None = None
    groups: Mapping[str, Sequence[str]] | None = field(default=None, hash=False)
    band: Band = "std"
    layer: int | None = None

    @property
    def plain(self) -> bool:
        return self.smoothing is None and self.outliers is None

    @property
    def from_pyramid(self) -> bool:
        whole = self.start is None and self.stop is None
        return whole and self.plain and self.x in (STEP, RUNTIME, TIMESTAMP)


def sample(
    connection: Connection, reader: Reader, runs: Mapping[str, int], keys: Sequence[str], ask: Ask
) -> list[Series]:
    """Curves by run (or group), then key; a run without the key gives none."""
    numbers, wanted = sorted(set(runs.values())), set(keys)
    views = look(connection, reader, numbers, wanted | _axis_keys(ask.x), layer=ask.layer)
    seen = {name: _Run(views[run], reader) for name, run in runs.items()}
    if ask.from_pyramid:
        each = ((one, key) for one in seen.values() for key in keys)
        fetch_pyramids([(one.view, key) for one, key in each if ask.groups is not None or not one.remembers(key, ask)])
    if ask.groups is None:
        found = [one.curve(name, key, ask) for name, one in seen.items() for key in keys]
    else:
        members = {name: [seen[run] for run in held if run in seen] for name, held in ask.groups.items()}
        found = [_band(name, key, held, ask) for name, held in members.items() for key in keys]
    return [curve for curve in found if curve is not None]


def _axis_keys(x: str) -> set[str]:
    return set() if x == STEP else set(TIMELINES) if x in (RUNTIME, TIMESTAMP) else {x}


@dataclass(frozen=True, slots=True)
class _Line:
    """What there is of a key within the range, by x: points or pyramid, and the smoothed values beside points.

    `minimum`, `maximum` and `excluded` tell of the points that were left out, too.
    """

    fine: Buckets
    last: float
    minimum: float | None
    maximum: float | None
    smooth: Floats | None = None
    excluded: int = 0

    @property
    def shown(self) -> Buckets:
        return self.fine if self.smooth is None else buckets.single(self.fine.first, self.smooth)

    @property
    def size(self) -> int:
        return 72 * len(self.fine)


class _Run:
    """One run's part of a request."""

    def __init__(self, view: View, reader: Reader) -> None:
        self.view, self._reader = view, reader

    def curve(self, name: str, key: str, ask: Ask) -> Series | None:
        if not self.view.has(key):
            return None
        drawn = self._reader.remember(self._mark(key, ask), lambda: self._drawn(key, ask), _weight)
        return None if drawn is None else _named(drawn, name)

    def remembers(self, key: str, ask: Ask) -> bool:
        return self._reader.remembers(self._mark(key, ask))

    def _mark(self, key: str, ask: Ask) -> tuple[Any, ...]:
        """Another one whenever another curve would be drawn."""
        seen = tuple(self.view.mark(each) for each in (key, *sorted(_axis_keys(ask.x))))
        return "curve", seen, key, ask

    def _drawn(self, key: str, ask: Ask) -> Series | None:
        line = self._line(key, ask)
        return None if line is None else _draw("", key, line, ask.width)

    def line(self, key: str, ask: Ask) -> _Line | None:
        """What a group takes of this run."""
        return self._line(key, ask) if self.view.has(key) else None

    def _line(self, key: str, ask: Ask) -> _Line | None:
        if ask.from_pyramid and (placed := self._whole(key, ask.x)) is not None:
            return placed
        x, y = self._points(key, ask)
        smooth: Floats | None = None
        out = np.zeros(len(x), np.bool_) if ask.outliers is None else outliers.outside(y, ask.outliers)
        if ask.smoothing is not None:
            smooth = np.full(len(y), np.nan)
            smooth[~out] = ask.smoothing.apply(x[~out], y[~out])
        seen = _within(x, ask)
        if not seen.any():
            return None
        low, high = _range(y[seen])
        last, drawn = float(y[seen][-1]), seen & ~out
        kept = None if smooth is None else smooth[drawn]
        return _Line(buckets.single(x[drawn], y[drawn]), last, low, high, kept, int((seen & out).sum()))

    def _whole(self, key: str, x: str) -> _Line | None:
        """The pyramid with the live tail in it; None for a series without one, or that ends in a text."""
        known = self.view.stats(key)
        if known is None or known.pyramid is None or not isinstance(known.last, (int, float)):
            return None
        placed = self._place(known.pyramid, key, x)
        return None if placed is None else _Line(placed, float(known.last), *_range(placed.min, placed.max))

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
        steps, times = self.view.numbers(line)
        if x == TIMESTAMP:
            return steps, times
        return steps, times - min(float(self.view.numbers(each)[1].min(initial=np.inf)) for each in TIMELINES)

    def _points(self, key: str, ask: Ask) -> tuple[Floats, Floats]:
        """By x. Only the range where nothing outside it matters, which the step can tell without reading on."""
        if ask.x == STEP:
            ends = (_ceil(ask.start), _floor(ask.stop)) if ask.plain else (None, None)
            steps, y = self.view.numbers(key, *ends)
            return steps.astype(np.float64), y
        steps, y = self.view.numbers(key)
        axis, values = self._clock(key, ask.x) if ask.x in (RUNTIME, TIMESTAMP) else self.view.numbers(ask.x)
        x, y = _lookup(steps, y, axis, values)
        keep = np.isfinite(x)
        x, y = x[keep], y[keep]
        order = np.argsort(x, kind="stable")
        return x[order], y[order]


def _within(x: Floats, ask: Ask) -> NDArray[np.bool_]:
    keep = np.ones(len(x), np.bool_)
    if ask.start is not None and not (ask.x == STEP and np.isnan(ask.start)):
        keep &= x >= ask.start
    if ask.stop is not None and not (ask.x == STEP and np.isnan(ask.stop)):
        keep &= x <= ask.stop
    return keep


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


def _range(low: Floats, high: Floats | None = None) -> tuple[float | None, float | None]:
    high = low if high is None else high
    if np.isnan(low).all():
        return None, None
    return float(np.fmin.reduce(low)), float(np.fmax.reduce(high))


def _draw(run: str, key: str, line: _Line, width: int) -> Series:
    """Every point where they are few (2 × width, what as many buckets would weigh), `width` buckets otherwise."""
    fine = line.fine
    raw = len(fine) <= 2 * width and bool((fine.count == 1).all())
    starts = np.arange(len(fine)) if raw else buckets.cuts(fine, width)
    columns = _columns(fine if raw else buckets.merge(fine, starts), raw)
    if line.smooth is not None:
        columns |= _smoothed(line.shown, starts, raw)
    layout = ("raw" if raw else "buckets") + ("" if line.smooth is None else "_smooth")
    total = int(fine.count.sum()) + line.excluded
    return Series(run, key, layout, total, line.minimum, line.maximum, line.last, columns, line.excluded)


def _columns(drawn: Buckets, raw: bool) -> dict[str, Floats]:
    if raw:
        return {"x": drawn.first, "y": drawn.min}
    places: list[NDArray[Any]] = [drawn.first, drawn.last, drawn.at_min, drawn.at_max]
    values = [drawn.min, drawn.max, drawn.mean, drawn.count.astype(np.float64)]
    return dict(zip(LAYOUTS["buckets"], [*places, *values], strict=True))


def _smoothed(shown: Buckets, starts: NDArray[np.intp], raw: bool) -> dict[str, Floats]:
    if raw:
        return {"smooth": shown.min}
    merged = buckets.merge(shown, starts)
    return dict(zip(_SMOOTH_BUCKETS, (merged.at_min, merged.at_max, merged.min, merged.max), strict=True))


def _weight(drawn: Series | None) -> int:
    return 200 if drawn is None else 200 + sum(column.nbytes for column in drawn.columns.values())


def _named(drawn: Series, name: str) -> Series:
    ends = drawn.minimum, drawn.maximum, drawn.last
    return Series(name, drawn.key, drawn.layout, drawn.points, *ends, drawn.columns, drawn.excluded)


def _band(name: str, key: str, members: Sequence[_Run], ask: Ask) -> Series | None:
    """One band out of the runs of a group; outliers and smoothing are each run's own."""
    lines = [line for one in members if (line := one.line(key, ask)) is not None]
    if not lines:
        return None
    columns = bands.bands([line.shown for line in lines], ask.width, ask.band)
    low = _range(np.array([np.nan if line.minimum is None else line.minimum for line in lines]))[0]
    high = _range(np.array([np.nan if line.maximum is None else line.maximum for line in lines]))[1]
    excluded = sum(line.excluded for line in lines)
    total = sum(int(line.fine.count.sum()) for line in lines) + excluded
    last = float(columns["mean"][-1]) if len(columns["mean"]) else None
    return Series(name, key, "band", total, low, high, last, columns, excluded)
