"""Whether a single value passes one comparison: the meaning of the language, value by value.

Numbers are compared with numbers, texts with texts, truth values with truth values; across kinds nothing is equal,
less or greater. A list passes if one of its elements does.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from museion.errors import QueryInvalid
from museion.model.query import regex
from museion.model.query.tree import Among, Compare, Matches, Value

Test = Callable[[Any], bool]

MAX_EFFORT = 30_000_000
"""States of a pattern's machine that may be looked at in one comparison over all runs."""

_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def test_of(node: Compare | Among | Matches) -> Test:
    """The comparison as a function of a value: a number, text, truth value, list or anything else of JSON."""
    match node:
        case Compare(_, "=", value):
            return _on_elements(equals(value))
        case Compare(_, relation, value):
            return _on_elements(_ordered(relation, value))
        case Among(_, values):
            return _on_elements(_one_of(values))
        case Matches(_, pattern):
            return _on_elements(_found(pattern))


def _on_elements(test: Test) -> Test:
    return lambda value: any(map(test, value)) if isinstance(value, list | tuple) else test(value)


def kind_of(value: Any) -> str:
    """number, text, bool or other."""
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "other"


def equals(wanted: Value) -> Test:
    """Equal, and of the same kind; NaN equals NaN, so that diverged runs can be found."""
    if isinstance(wanted, float) and math.isnan(wanted):
        return lambda value: isinstance(value, float) and math.isnan(value)
    kind = kind_of(wanted)
    return lambda value: value == wanted and kind_of(value) == kind


def _ordered(relation: str, limit: Value) -> Test:
    compare, kind = _RELATIONS[relation], kind_of(limit)
    return lambda value: kind_of(value) == kind and compare(value, limit)


def _one_of(values: tuple[Value, ...]) -> Test:
    tests = [equals(value) for value in values]
    known = {(kind_of(value), value) for value in values}
    if len(known) < 4:
        return lambda value: any(test(value) for test in tests)

    def among(value: Any) -> bool:
        kind = kind_of(value)
        return kind != "other" and ((kind, value) in known or (value != value and any(test(value) for test in tests)))

    return among


def _found(text: str) -> Test:
    pattern = regex.compile(text)
    begun = pattern.effort

    def found(value: Any) -> bool:
        if pattern.effort - begun > MAX_EFFORT:
            raise QueryInvalid(f"The pattern {text!r} takes too long here.", advice="Make it simpler.")
        return isinstance(value, str) and pattern.found_in(value)

    return found
