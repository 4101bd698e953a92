"""What a preview answers: plain JSON, every text cut and every number one that JSON has."""

from __future__ import annotations

import math
from typing import Any

from museion.previews.limits import MAX_CELL

Answer = dict[str, Any]
"""`kind` (text, json, table, tensors, image, audio, archive, binary) and `format` always; `truncated` if more is there;
`problem` if the file is not what its name says. The rest goes by kind: museion/previews/*.py say what."""

_SAFE = 2**53


def cell(value: Any) -> Any:
    """One value as JSON shows it: text is cut, what JSON has no number for becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if -_SAFE <= value <= _SAFE else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, bytes | bytearray):
        return f"{len(value):,} bytes"
    if isinstance(value, dict):
        return {str(key)[:MAX_CELL]: cell(item) for key, item in list(value.items())[:50]}
    if isinstance(value, list | tuple):
        return [cell(item) for item in list(value)[:50]]
    text = str(value)
    return text if len(text) <= MAX_CELL else text[:MAX_CELL] + "…"
