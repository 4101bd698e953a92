"""JSON that any reader takes: NaN and the infinities as strings, lone surrogates replaced."""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.responses import Response


class SafeJson(Response):
    """A JSON response. Config and history may hold what JSON lacks; see `plain`."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return encode(content)


def encode(content: Any) -> bytes:
    """`content` as strict JSON in UTF-8."""
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "replace")


def plain(value: Any) -> Any:
    """NaN → "NaN", ∞ → "Infinity", -∞ → "-Infinity", at any depth."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
