"""What the summary of a run is, judged by the rows it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from museion.actions.stores import Stores
from museion.history.packing import Floats
from museion.history.reading import SYSTEM
from museion.model.summary import Fold, MetricRule


def logged_keys(stores: Stores, run: int) -> set[str]:
    """The keys whose summary follows from the history."""
    return {info.key for info in stores.history.keys(run)}


def seen_summary(stores: Stores, run: int, metrics: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The last value of each key, or what the run's rules ask for."""
    fold = Fold()
    for said in metrics:
        fold.define(MetricRule.from_json(said))
    out: dict[str, Any] = {}
    for info in stores.history.keys(run):
        if info.key.startswith(SYSTEM):
            continue
        rule = fold.rule(info.key)
        if rule is None or not rule.statistics:
            out[info.key] = info.last
        elif "none" not in rule.statistics:
            out[info.key] = _asked(rule, stores.history.numbers(run, info.key), info.last)
    return out


def _asked(rule: MetricRule, values: Floats, last: Any) -> Any:
    """What `Fold` would have come to, from all values of a key at once."""
    if not isinstance(last, (int, float)) or isinstance(last, bool):
        return last
    known = {"last": last, "copy": last, "first": _plain(values[0])}
    real = values[~np.isnan(values)]
    if len(real):
        known |= {"min": _plain(real.min()), "max": _plain(real.max()), "mean": float(real.mean())}
        known["best"] = known["max"] if rule.goal == "maximize" else known["min"]
    words = rule.statistics
    if words in (("copy",), ("last",), ("first",)):
        return known[words[0]]
    return {word: known[word] for word in words if word in known}


def _plain(value: np.float64) -> float | int:
    """A whole number as an int, as JSON has it."""
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < 2**53 else number
