"""The filters clients put on lists of artifacts and collections: MongoDB's words, over fields that are at hand.

Patterns are taken as far as they need no search: plain text with `^`, `$`, `.*` and `\\.`. Anything else of a regular
expression is refused, because a pattern can be written to take for ever.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from museion.errors import ValueInvalid

MAX_TEXT = 20_000
MAX_DEPTH = 12
MAX_PATTERN = 256
MAX_GAPS = 3
_PLAIN = re.compile(r"(?:[^\\.*+?()\[\]{}|^$]|\\[^A-Za-z0-9]|\.\*|\.)*")
_ORDERS = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
Fields = Mapping[str, Any]
Test = Callable[[Fields], bool]


def parse(text: str | None) -> Test:
    """A test for rows; raises ValueInvalid for what it does not know."""
    if not text:
        return lambda fields: True
    try:
        found = json.loads(text) if len(text) <= MAX_TEXT else None
    except (ValueError, RecursionError):
        found = None
    if found is None:
        raise ValueInvalid("The filters are not JSON.")
    return _test(found, 0)


def _test(node: Any, depth: int) -> Test:
    if not isinstance(node, dict) or depth > MAX_DEPTH:
        raise ValueInvalid("A filter is an object, and not nested deep.")
    tests = [_one(key, value, depth) for key, value in node.items()]
    return lambda fields: all(test(fields) for test in tests)


def _one(key: str, value: Any, depth: int) -> Test:
    if key in ("$and", "$or", "$nor"):
        inner = [_test(node, depth + 1) for node in value] if isinstance(value, list) else []
        if not inner:
            raise ValueInvalid(f"{key} takes a list of filters.")
        join = all if key == "$and" else any
        return lambda fields: join(test(fields) for test in inner) != (key == "$nor")
    if key == "$not":
        negated = _test(value, depth + 1)
        return lambda fields: not negated(fields)
    if isinstance(value, dict):
        checks = [_operator(word, operand, depth) for word, operand in value.items()]
        return lambda fields: all(check(_field(fields, key)) for check in checks)
    return lambda fields: _same(_field(fields, key), value)


def _field(fields: Fields, key: str) -> Any:
    return fields.get(_snake(key))


def _snake(key: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower()


def _same(found: Any, value: Any) -> bool:
    return value in found if isinstance(found, list | tuple) and not isinstance(value, list) else bool(found == value)


def _operator(word: str, operand: Any, depth: int) -> Callable[[Any], bool]:
    if word in ("$eq", "$ne"):
        return lambda found: _same(found, operand) == (word == "$eq")
    if word in ("$in", "$nin") and isinstance(operand, list):
        return lambda found: any(_same(found, value) for value in operand) == (word == "$in")
    if word in ("$gt", "$gte", "$lt", "$lte"):
        return lambda found: _ordered(word, found, operand)
    if word == "$exists":
        return lambda found: (found is not None) == bool(operand)
    if word in ("$regex", "$contains") and isinstance(operand, str):
        shape = _pattern(operand) if word == "$regex" else re.compile(re.escape(operand))
        return lambda found: any(shape.search(str(one)) is not None for one in _each(found))
    if word == "$not" and isinstance(operand, dict):
        inner = [_operator(*pair, depth + 1) for pair in operand.items()]
        return lambda found: not all(test(found) for test in inner)
    raise ValueInvalid(f"The filter operator {word[:40]!r} is not known here.")


def _each(found: Any) -> list[Any]:
    return list(found) if isinstance(found, list | tuple) else [] if found is None else [found]


def _ordered(word: str, found: Any, operand: Any) -> bool:
    if found is None or isinstance(found, str) != isinstance(operand, str):
        return False
    try:
        return bool(_ORDERS[word](found, operand))
    except TypeError:
        return False


def _pattern(text: str) -> re.Pattern[str]:
    body = text.removeprefix("(?i)")
    flags = re.IGNORECASE if body != text else 0
    start, end = body.startswith("^"), body.endswith("$") and not body.endswith("\\$")
    middle = body[start : len(body) - end]
    if len(text) > MAX_PATTERN or middle.count(".*") > MAX_GAPS or not _PLAIN.fullmatch(middle):
        raise ValueInvalid(f"The pattern {text[:80]!r} is not taken here.", advice="Use plain text, ^, $ and .*")
    return re.compile(f"{'^' if start else ''}{middle}{'$' if end else ''}", flags)


def order_key(order: str | None, default: str) -> tuple[str, bool]:
    """`-created_at` → (`created_at`, True): the field to sort by, and whether the largest comes first."""
    text = (order or default).strip()
    return _snake(text.lstrip("+-")), text.startswith("-")
