"""Which points of a series are outliers, judged over all of it. Gaps are none."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from museion.history.packing import Floats

Rule = Literal["percentile", "iqr"]
LOW, HIGH = 5.0, 95.0
FENCE = 3.0


def outside(y: Floats, rule: Rule) -> NDArray[np.bool_]:
    """True where a point lies outside.

    `percentile`: below the 5th or above the 95th percentile, as W&B has it. `iqr`: more than 3 interquartile ranges
    beyond the quartiles, which hits true outliers alone. Infinities are outliers wherever there is a finite range.
    """
    finite = y[np.isfinite(y)]
    if not len(finite):
        return np.zeros(len(y), np.bool_)
    if rule == "percentile":
        low, high = np.percentile(finite, [LOW, HIGH])
    else:
        first, third = np.percentile(finite, [25.0, 75.0])
        low, high = first - FENCE * (third - first), third + FENCE * (third - first)
    found: NDArray[np.bool_] = (y < low) | (y > high)
    return found
