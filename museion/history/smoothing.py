"""Smoothing of a whole series, before anything is left out for a chart. Gaps (not finite) stay gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from museion.errors import ValueInvalid
from museion.history.packing import Floats, Index

Kind = Literal["ema", "time_ema", "gaussian", "mean"]
VIEWPORT = 1000.0
"""The range of x that the time-weighted average takes as one chart's width, as W&B does."""
_SPAN = 300.0
"""Largest exponent within a block: e³⁰⁰ leaves room in an f64 for sums of values of size 1."""
_DIRECT = 1 << 25
_REACH = 4.0


@dataclass(frozen=True, slots=True)
class Smoothing:
    """How to smooth.

    `ema`: each point weighs `strength` (0 to 1, 1 excluded) less than the next, start-up bias taken out. `time_ema`:
    the same over distances on the x axis, the whole range being 1,000 of W&B's units. `gaussian`: a bell whose
    standard deviation is `strength` points. `mean`: of the `strength` points around. Raises ValueInvalid.
    """

    kind: Kind
    strength: float

    def __post_init__(self) -> None:
        low, high = (0.0, 1.0) if self.kind in ("ema", "time_ema") else (0.0, 1e6)
        if not low <= self.strength <= high or (high == 1.0 == self.strength):
            raise ValueInvalid(
                f"A smoothing {self.kind!r} of strength {self.strength} cannot be.",
                advice="Averages take 0 up to but not including 1; gaussian and mean 0 to 1,000,000 points.",
            )

    def apply(self, x: Floats, y: Floats) -> Floats:
        """`y` smoothed; `x` grows. Both have one length, as the answer has."""
        solid = np.isfinite(y)
        if self.strength == 0 or not solid.any():
            return y
        out = np.full(len(y), np.nan)
        out[solid] = _KINDS[self.kind](x[solid], y[solid], self.strength)
        return out


def _ema(_: Floats, y: Floats, weight: float) -> Floats:
    return _decaying(np.arange(len(y)) * -np.log(weight), y)


def _time_ema(x: Floats, y: Floats, strength: float) -> Floats:
    """W&B's time-weighted average: its weight is min(√strength, 0.999) for each thousandth of the range."""
    reach = float(x[-1] - x[0])
    if not np.isfinite(reach) or reach <= 0:
        return _ema(x, y, strength)
    weight = min(np.sqrt(strength), 0.999)
    return _decaying((x - x[0]) / reach * VIEWPORT * -np.log(weight), y)


def _decaying(age: Floats, y: Floats) -> Floats:
    """The average of all points so far, each weighing e^-(age now - its age).

    Sums are taken over blocks in which the ages differ by so little that e^age neither overflows nor vanishes.
    """
    scale = float(np.abs(y).max()) or 1.0
    block = np.floor(age / _SPAN).astype(np.int64)
    edges = [*np.flatnonzero(np.concatenate(([True], block[1:] != block[:-1]))).tolist(), len(y)]
    out = np.empty(len(y))
    total = mass = 0.0
    for a, b in pairwise(edges):
        grown = np.exp(age[a:b] - age[a])
        carry = np.exp(-(age[a] - age[a - 1])) if a else 0.0
        values, masses = np.cumsum(y[a:b] / scale * grown), np.cumsum(grown)
        values, masses = values + total * carry, masses + mass * carry
        out[a:b] = values / masses * scale
        total, mass = values[-1] / grown[-1], masses[-1] / grown[-1]
    return np.clip(out, y.min(), y.max())


def _gaussian(_: Floats, y: Floats, deviation: float) -> Floats:
    half = min(int(np.ceil(_REACH * deviation)), len(y) - 1)
    kernel = np.exp(-0.5 * (np.arange(-half, half + 1) / deviation) ** 2)
    return np.clip(_convolved(y, kernel) / _convolved(np.ones(len(y)), kernel), y.min(), y.max())


def _convolved(y: Floats, kernel: Floats) -> Floats:
    """`y` under `kernel`, of y's length; the ends see nothing beyond them."""
    half = len(kernel) // 2
    if len(y) * len(kernel) <= _DIRECT:
        return np.convolve(y, kernel)[half : half + len(y)]
    size = 1 << (len(y) + len(kernel) - 1).bit_length()
    product: Floats = np.fft.irfft(np.fft.rfft(y, size) * np.fft.rfft(kernel, size), size)
    return product[half : half + len(y)]


def _mean(_: Floats, y: Floats, points: float) -> Floats:
    """The mean of `points` neighbours, itself in their middle; fewer at the ends."""
    half = min(int(points) // 2, len(y))
    at: Index = np.arange(len(y))
    low, high = np.maximum(at - half, 0), np.minimum(at + half + 1, len(y))
    middle = float(y.mean()) if np.isfinite(y.mean()) else 0.0
    sums = np.concatenate(([0.0], np.cumsum(y - middle)))
    smooth: Floats = np.clip((sums[high] - sums[low]) / (high - low) + middle, y.min(), y.max())
    return smooth


_KINDS: dict[str, Callable[[Floats, Floats, float], Floats]] = {
    "ema": _ema,
    "time_ema": _time_ema,
    "gaussian": _gaussian,
    "mean": _mean,
}
