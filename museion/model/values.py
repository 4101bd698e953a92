"""Values as people hand them over, made plain: None, bool, int, float, str, and lists and dicts of these.

numpy, torch, jax and pandas values are known by their shape, never by importing those libraries.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from os import PathLike, fspath
from typing import Any

from museion.errors import TooLarge, ValueInvalid

MAX_ARRAY = 10_000
MAX_DEPTH = 64
MAX_KEY = 1024
MAX_BYTES = 4 << 20

PLAIN = frozenset({float, int, str, bool, type(None)})
_INT_MIN, _INT_MAX = -(2**63), 2**63 - 1


def scalar(value: Any) -> Any:
    """A number, string, bool or None out of a 0-d array, a one-element tensor or a number class; else `value`."""
    kind = type(value)
    if kind is int:
        return value if _INT_MIN <= value <= _INT_MAX else float(value)
    if kind in PLAIN:
        return value
    if isinstance(value, Enum):
        return scalar(value.value)
    if isinstance(value, (bool, int, float, str)):
        return scalar(_base(value))
    if isinstance(value, (Decimal, Fraction)):
        return float(value)
    item = getattr(value, "item", None)
    if callable(item) and not isinstance(value, type) and _elements(value) == 1:
        return _item(value, item)
    return value


def _base(value: bool | int | float | str) -> Any:
    """A subclass of a plain type, as the plain type (numpy's float64 is a float)."""
    for kind in (bool, int, float):
        if isinstance(value, kind):
            return kind(value)
    return str.__str__(value)


def _item(value: Any, item: Callable[[], Any]) -> Any:
    got = item()
    if type(got) in PLAIN:
        return scalar(got)
    if isinstance(got, (datetime, date, time, timedelta)):
        return _moment(got)
    if isinstance(got, (bytes, complex)) or type(got) is type(value):
        return value
    return scalar(got)


def _elements(value: Any) -> int | None:
    """How many elements an array-like has; None if it is not one."""
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple):
        try:
            shape = tuple(shape) if shape is not None else None
        except TypeError:
            return None
    return math.prod(shape) if shape is not None else None


def _moment(value: datetime | date | time | timedelta) -> Any:
    return value.total_seconds() if isinstance(value, timedelta) else value.isoformat()


def plain(value: Any, where: str = "value", depth: int = 0) -> Any:
    """`value` as plain JSON-able data, NaN and infinities kept; raises ValueInvalid naming `where` and the type."""
    got = scalar(value)
    if type(got) in PLAIN:
        return check_text(got, where) if type(got) is str else got
    if depth > MAX_DEPTH:
        raise ValueInvalid(f"{where} is nested deeper than {MAX_DEPTH} levels.", advice="Make it flatter.")
    if isinstance(got, Mapping):
        return {_key(k, where): plain(v, f"{where}.{k}", depth + 1) for k, v in got.items()}
    if isinstance(got, (list, tuple, set, frozenset, range)):
        items = sorted(got, key=repr) if isinstance(got, (set, frozenset)) else got
        return [plain(v, f"{where}[{i}]", depth + 1) for i, v in enumerate(items)]
    return _special(got, where, depth)


def plain_object(value: Any, where: str) -> dict[str, Any]:
    """`value` as a plain JSON object of at most 4 MiB; TooLarge, or ValueInvalid with the key path."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueInvalid(f"The {where} is a {type(value).__name__}.", advice="Give a dict.")
    found: dict[str, Any] = plain(value, where)
    size = len(json.dumps(found, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        raise TooLarge(
            f"The {where} takes {size:,} bytes, more than {MAX_BYTES:,}.", advice="Put large values into a file."
        )
    return found


def check_text(text: str, where: str) -> str:
    """`text` if it can be written down; raises ValueInvalid for halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueInvalid(f"{where} has text that is not valid Unicode.") from None
    return text


def _special(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, (datetime, date, time, timedelta)):
        return _moment(value)
    if isinstance(value, PathLike):
        return plain(fspath(value), where)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return plain(fields, where, depth + 1)
    if callable(lister := getattr(value, "tolist", None)) and not isinstance(value, type):
        return plain(_listed(value, lister, where), where, depth + 1)
    raise ValueInvalid(
        f"{where} is a {type(value).__module__}.{type(value).__qualname__}, which cannot be stored.",
        advice="Use numbers, text, lists and dicts, or one of Museion's media types.",
    )


def _listed(value: Any, lister: Callable[[], Any], where: str) -> Any:
    count = _elements(value)
    if count is not None and count > MAX_ARRAY:
        raise ValueInvalid(
            f"{where} is an array of {count:,} elements, more than {MAX_ARRAY:,}.",
            advice="Log a Histogram or a Table, or keep it in an Artifact.",
        )
    return lister()


def _key(key: Any, where: str) -> str:
    got = scalar(key)
    text = got if isinstance(got, str) else str(got)
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise ValueInvalid(f"{where} has the key {text!r}, which is not valid Unicode.") from None
    if size > 4 * MAX_KEY:
        raise ValueInvalid(f"{where} has a key of {size} bytes.", advice=f"Keys have up to {MAX_KEY} characters.")
    return text


def to_json(value: Any) -> Any:
    """Plain data with NaN and infinities as the strings "NaN", "Infinity", "-Infinity", as the HTTP API has them."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if value != value else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_json(v) for v in value]
    return value


def from_json(value: Any) -> Any:
    """What `to_json` wrote, with the three strings read back as numbers."""
    if isinstance(value, str):
        return float(value) if value in ("NaN", "Infinity", "-Infinity") else value
    if isinstance(value, dict):
        return {k: from_json(v) for k, v in value.items()}
    return [from_json(v) for v in value] if isinstance(value, list) else value
