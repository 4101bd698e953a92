"""The x axes that metrics want in their rows: where a row comes without, the last value of the axis goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.model.summary import Fold

MOST = 1_000
"""So many different sets of keys are remembered; for more, the rules are asked each time."""


class Axes:
    """Knows the rules that `fold` has, and the last value of every axis they name."""

    def __init__(self, fold: Fold) -> None:
        self._fold = fold
        self._axes: tuple[str, ...] = ()
        self._last: dict[str, Any] = {}
        self._wanted: dict[tuple[str, ...], tuple[str, ...]] = {}

    def define(self) -> None:
        """The rules have changed."""
        rules = self._fold.rules.values()
        self._axes = tuple(dict.fromkeys(rule.step_metric for rule in rules if rule.step_sync and rule.step_metric))
        self._wanted = {}

    def fill(self, data: Any) -> Any:
        """`data`, with the axes that its keys want and it does not have, if they were ever logged."""
        if not isinstance(data, Mapping):
            return data
        for axis in self._axes:
            if axis in data:
                self._last[axis] = data[axis]
        keys = tuple(data)
        wanted = self._wanted.get(keys)
        if wanted is None:
            wanted = self._find(keys)
        missing = {axis: self._last[axis] for axis in wanted if axis in self._last}
        return {**data, **missing} if missing else data

    def _find(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        rules = [self._fold.rule(key) for key in keys if isinstance(key, str)]
        axes = [rule.step_metric for rule in rules if rule and rule.step_sync and rule.step_metric]
        wanted = tuple(axis for axis in dict.fromkeys(axes) if axis not in keys)
        if len(self._wanted) < MOST:
            self._wanted[keys] = wanted
        return wanted
