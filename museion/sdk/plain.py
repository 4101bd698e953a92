"""Plain JSON out of a training script's values, checked where it is handed over and with the key path in the error."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from museion.errors import TooLarge, ValueInvalid
from museion.model import values
from museion.model.values import to_json as wire

__all__ = ["plain", "plain_object", "wire"]

MAX_BYTES = 4 << 20


def plain(value: Any, where: str) -> Any:
    """`value` with nothing in it but dict, list, str, int, float, bool and None; NaN and infinities are kept.

    Raises ValueInvalid naming the key path (`metadata.model.layers[3]`) of what JSON cannot hold.
    """
    found = values.plain(value, where)
    if isinstance(found, str):
        _check_text(found, where)
    return found


def plain_object(value: Any, where: str) -> dict[str, Any]:
    """`value` as a plain JSON object of at most 4 MiB; TooLarge, or ValueInvalid with the key path."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ValueInvalid(f"The {where} is a {type(value).__name__}.", advice="Give a dict.")
    found: dict[str, Any] = values.plain(value, where)
    size = len(_check_text(json.dumps(found, ensure_ascii=False), where))
    if size > MAX_BYTES:
        raise TooLarge(
            f"The {where} takes {size:,} bytes, more than {MAX_BYTES:,}.", advice="Put large values into a file."
        )
    return found


def _check_text(text: str, where: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise ValueInvalid(f"{where} has text that is not valid Unicode.") from None
