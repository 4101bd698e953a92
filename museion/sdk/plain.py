"""Values of a training script as plain JSON: numpy and torch scalars, dates, paths, enums, dataclasses.

NaN and the infinities are allowed as floats; `wire` turns them into the strings that travel.
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from typing import Any

from museion.errors import TooLarge, ValueInvalid
from museion.sdk.media.arrays import as_numpy, is_array

MAX_DEPTH = 32
MAX_BYTES = 4 << 20
MAX_ARRAY = 100_000


def plain(value: Any, where: str, depth: int = 0) -> Any:
    """`value` with nothing in it but dict, list, str, int, float, bool and None.

    Raises ValueInvalid naming the key path (`metadata.model.layers[3]`) of what JSON cannot hold.
    """
    if value is None or (isinstance(value, bool | int | float | str) and not isinstance(value, Enum)):
        return _scalar(value, where)
    if depth > MAX_DEPTH:
        raise ValueInvalid(f"{where[:80]} is nested deeper than {MAX_DEPTH} levels, or contains itself.")
    if isinstance(value, Mapping):
        return {_key(k, where): plain(v, f"{where}.{k}", depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v, f"{where}[{i}]", depth + 1) for i, v in enumerate(value)]
    return _other(value, where, depth)


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


def wire(value: Any) -> Any:
    """Plain JSON with NaN and the infinities as the strings "NaN", "Infinity" and "-Infinity"."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: wire(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [wire(inner) for inner in value]
    return value


def _scalar(value: Any, where: str) -> Any:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueInvalid(f"{where} is not valid Unicode.") from None
        return str(value)
    if isinstance(value, bool) or value is None:
        return value
    return float(value) if isinstance(value, float) else int(value)


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        found: str = _scalar(key, f"A key of {where}")
        return found
    if isinstance(key, Enum):
        return _key(key.value, where)
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    if is_array(key) and as_numpy(key).ndim == 0:
        return _key(as_numpy(key).item(), where)
    raise ValueInvalid(f"{where} has the key {key!r} of type {type(key).__name__}.", advice="Use text for keys.")


def _other(value: Any, where: str, depth: int) -> Any:
    if isinstance(value, Enum):
        return plain(value.value, where, depth + 1)
    if is_array(value):
        return _array(value, where)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, set | frozenset):
        return [plain(v, f"{where}{{}}", depth + 1) for v in sorted(value, key=repr)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return plain({f.name: getattr(value, f.name) for f in dataclasses.fields(value)}, where, depth + 1)
    raise ValueInvalid(
        f"{where} is a {type(value).__name__}, which JSON cannot hold.",
        advice="Use dicts, lists, text, numbers, booleans and None.",
    )


def _array(value: Any, where: str) -> Any:
    array = as_numpy(value)
    if array.size > MAX_ARRAY:
        raise TooLarge(f"{where} is an array of {array.size:,} values.", advice="Put it into a file of the artifact.")
    if array.dtype.kind in "Mm":
        array = array.astype(str)
    return plain(array.tolist(), where, MAX_DEPTH - array.ndim)
