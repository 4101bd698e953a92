"""Several runs as one line: the mean over the runs at each x, and a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from museion.history.buckets import Buckets
from museion.history.packing import Floats, Index

Band = Literal["std", "stderr", "minmax"]
COLUMNS = ("x", "x_end", "mean", "low", "high", "min", "max", "runs")


def bands(curves: Sequence[Buckets], width: int, band: Band) -> dict[str, Floats]:
    """The columns of COLUMNS, by x; each curve is one run's and counts once wherever it has points.

    Where the runs share their x and there are few, a place is one x; otherwise the range of x is cut into at most
    `width` even parts. `low` and `high` are a standard deviation (of a sample), a standard error, or the true
    extremes away from the mean; `min` and `max` are the extremes of all points, so a spike of one run is not lost.
    """
    curves = [curve for curve in curves if len(curve)]
    if not curves:
        return {name: np.empty(0) for name in COLUMNS}
    place, count = _places(curves, width)
    means = np.full((len(curves), count), np.nan)
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    start, end = np.full(count, np.inf), np.full(count, -np.inf)
    for row, (curve, at) in enumerate(zip(curves, place, strict=True)):
        means[row] = _means(curve, at, count)
        np.fmin.at(low, at, curve.min)
        np.fmax.at(high, at, curve.max)
        np.minimum.at(start, at, curve.first)
        np.maximum.at(end, at, curve.last)
    used = np.flatnonzero(np.isfinite(start))
    return _columns(means[:, used], low[used], high[used], start[used], end[used], band)


def _places(curves: Sequence[Buckets], width: int) -> tuple[list[Index], int]:
    """For each bucket of each curve the number of its place, and how many places there are."""
    if all((curve.count == 1).all() for curve in curves):
        every = np.unique(np.concatenate([curve.first for curve in curves]))
        if len(every) <= 2 * width:
            return [np.searchsorted(every, curve.first) for curve in curves], len(every)
    low = min(float(curve.first[0]) for curve in curves)
    reach = max(float(curve.last[-1]) for curve in curves) - low
    count = max(1, min(width, int(np.median([len(curve) for curve in curves]))))
    scale = count / reach if reach > 0 else 0.0
    middles = [(curve.first / 2 + curve.last / 2 - low) * scale for curve in curves]
    return [np.clip(middle, 0, count - 1).astype(np.intp) for middle in middles], count


def _means(curve: Buckets, at: Index, count: int) -> Floats:
    """The mean of one run's points in each place; NaN where it has none."""
    weights = np.bincount(at, curve.valid, count)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        sums = np.bincount(at, np.where(curve.valid > 0, curve.mean, 0.0) * curve.valid, count)
        found: Floats = sums / weights
    return found


def _columns(means: Floats, low: Floats, high: Floats, start: Floats, end: Floats, band: Band) -> dict[str, Floats]:
    there: NDArray[np.bool_] = ~np.isnan(means)
    runs = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean = np.where(there, means, 0.0).sum(axis=0) / runs
        spread = np.sqrt((np.where(there, means - mean, 0.0) ** 2).sum(axis=0) / np.maximum(1, runs - 1))
        if band == "stderr":
            spread = spread / np.sqrt(runs)
        edges = (low, high) if band == "minmax" else (mean - spread, mean + spread)
    return dict(zip(COLUMNS, (start, end, mean, *edges, low, high, runs.astype(np.float64)), strict=True))
