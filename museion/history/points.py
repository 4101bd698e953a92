"""One series as points in order of arrival, and the rule that the last write at a step is the one that is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from museion.history.cells import NO_CELLS, Cells, join_cells
from museion.history.packing import Index, Ints


@dataclass(frozen=True, slots=True)
class Points:
    """`cells` at `steps`; later in the arrays is later written."""

    steps: Ints
    cells: Cells

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def ordered(self) -> bool:
        """Steps grow strictly: nothing is late, nothing repeated."""
        return bool((self.steps[1:] > self.steps[:-1]).all())

    def take(self, index: Index | slice) -> Points:
        return Points(self.steps[index], self.cells.take(index))

    def settled(self) -> Points:
        """By step, one point a step: the last write."""
        if self.ordered:
            return self
        order = np.argsort(self.steps, kind="stable")
        steps = self.steps[order]
        keep = np.ones(len(order), np.bool_)
        keep[:-1] = steps[1:] != steps[:-1]
        return self.take(order[keep])

    def between(self, low: int | None, high: int | None) -> Points:
        """Those with low ≤ step ≤ high."""
        keep = np.ones(len(self), np.bool_)
        if low is not None:
            keep &= self.steps >= low
        if high is not None:
            keep &= self.steps <= high
        return self if keep.all() else self.take(np.flatnonzero(keep))


NO_POINTS = Points(np.empty(0, np.int64), NO_CELLS)


def join(parts: Sequence[Points]) -> Points:
    """One after another, in order of arrival."""
    full = [part for part in parts if len(part)]
    if len(full) <= 1:
        return full[0] if full else NO_POINTS
    return Points(np.concatenate([part.steps for part in full]), join_cells([part.cells for part in full]))
