"""A whole run in pieces that fit into memory: consecutive steps, by column."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from museion.history.buckets import Buckets
from museion.history.cells import Nature
from museion.history.packing import Floats, Index, Ints
from museion.history.points import Points
from museion.history.reading import TIMES
from museion.history.rowview import clocks
from museion.history.view import View

CELLS = 1 << 21
MOST_ROWS = 1 << 16
LEAST_ROWS = 1 << 10


@dataclass(frozen=True, slots=True)
class Outline:
    """What a run holds: its keys with what their values consist of, and steps at which to cut it into pieces.

    `cuts` are pairs of first and last step, None for the open ends; `origin` is the time `_runtime` counts from.
    """

    natures: Mapping[str, Nature]
    cuts: Sequence[tuple[int | None, int | None]]
    origin: float


@dataclass(frozen=True, slots=True)
class Window:
    """Rows by step: `places[key]` are the rows that have a value of the key, `points[key]` these values."""

    steps: Ints
    times: Floats
    places: Mapping[str, Index]
    points: Mapping[str, Points]


def outline(view: View, keys: Sequence[str] | None) -> Outline:
    """The view must show the clocks; `keys` None is all but system metrics."""
    there = set(view.names())
    wanted = view.plain_keys() if keys is None else [key for key in dict.fromkeys(keys) if key in there]
    clock = view.stats(clocks(wanted)[-1])
    main = view.stats(TIMES) or clock
    origin = 0.0 if main is None or main.minimum is None else main.minimum
    rows = max(LEAST_ROWS, min(MOST_ROWS, CELLS // (len(wanted) + 1)))
    return Outline(view.natures(wanted), [] if clock is None else _cuts(clock.pyramid, rows), origin)


def _cuts(pyramid: Buckets | None, rows: int) -> list[tuple[int | None, int | None]]:
    """Stretches of about so many rows; a run without a pyramid is one."""
    if pyramid is None:
        return [(None, None)]
    group = (np.cumsum(pyramid.count) - pyramid.count) // rows
    firsts = pyramid.first[np.flatnonzero(np.diff(group)) + 1].tolist()
    return list(zip([None, *firsts], [*(first - 1 for first in firsts), None], strict=True))


def read(view: View, keys: Collection[str], low: int | None, high: int | None) -> Window:
    """The rows with low ≤ step ≤ high."""
    found = view.many([*keys, *clocks(list(keys))], low, high)
    clock = {name: found.pop(name) for name in reversed(clocks(list(keys))) if name in found}
    steps = np.unique(np.concatenate([np.empty(0, np.int64), *(points.steps for points in clock.values())]))
    times = np.empty(len(steps))
    for points in reversed(clock.values()):  # the main one is believed first
        times[np.searchsorted(steps, points.steps)] = points.cells.numbers()
    places = {key: np.searchsorted(steps, points.steps) for key, points in found.items()}
    return Window(steps, times, places, found)
