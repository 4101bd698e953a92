"""Which runs of a sweep are not worth going on with: hyperband, as the sweep's `early_terminate` asks for it.

At each of its iterations (values of the metric logged so far) a run must be among the best 1/eta of those that got
there, by the best value that each had by then.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from museion.errors import ValueInvalid
from museion.history.packing import Floats

MAX_BANDS = 64


@dataclass(frozen=True, slots=True)
class Hyperband:
    """`bands` are iterations, rising; of the runs that reach one, the best 1/eta go on."""

    bands: tuple[int, ...]
    eta: float


def read_hyperband(found: Any) -> Hyperband | None:
    """What `early_terminate` asks for; None for nothing. Raises ValueInvalid."""
    if not found:
        return None
    if not isinstance(found, Mapping) or found.get("type") != "hyperband":
        raise ValueInvalid("early_terminate knows one type.", advice="Use {type: hyperband, min_iter: 3}.")
    eta = found.get("eta", 3)
    if not _number(eta) or eta <= 1:
        raise ValueInvalid("The eta of early_terminate is a number above 1.")
    low, high, count = found.get("min_iter"), found.get("max_iter"), found.get("s", MAX_BANDS)
    if _number(low) and low >= 1:
        bands = [low * eta**at for at in range(MAX_BANDS) if low * eta**at < 2**40]
    elif _number(high) and high >= 1 and isinstance(count, int) and count >= 1:
        bands = [high / eta**at for at in range(1, min(count, MAX_BANDS) + 1)]
    else:
        raise ValueInvalid("early_terminate needs min_iter, or max_iter with s.")
    return Hyperband(tuple(sorted({int(band) for band in bands if band >= 1})), float(eta))


def _number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**40


def hopeless(rule: Hyperband, values: Mapping[str, Floats], running: Iterable[str], *, maximize: bool) -> list[str]:
    """Those of `running` that are not to go on; `values` are what each run logged of the metric, in order."""
    signed = {run: -found if maximize else found for run, found in values.items()}
    return [run for run in running if run in signed and not _holds(rule, signed, run)]


def _holds(rule: Hyperband, values: Mapping[str, Floats], run: str) -> bool:
    for band in rule.bands:
        if len(values[run]) < band:
            return True
        reached = sorted(_best(found[:band]) for found in values.values() if len(found) >= band)
        if _best(values[run][:band]) > reached[math.ceil(len(reached) / rule.eta) - 1]:
            return False
    return True


def _best(values: Floats) -> float:
    return float(np.fmin.reduce(values, initial=math.inf))
