"""Text: its beginning."""

from __future__ import annotations

from typing import BinaryIO

from museion.previews.answer import Answer
from museion.previews.limits import MAX_TEXT


def preview_text(file: BinaryIO, path: str) -> Answer:
    """The first characters, or what the bytes look like if they are no text."""
    data = file.read(MAX_TEXT + 4)
    text = decoded(data)
    if text is None:
        return {"kind": "binary", "format": "bytes", "head": data[:256].hex()}
    shown = text[:MAX_TEXT]
    return {"kind": "text", "format": "text", "text": shown, "truncated": bool(file.read(1)) or len(shown) < len(text)}


def decoded(data: bytes) -> str | None:
    """`data` as UTF-8 text, a letter cut off at its end forgiven; None if it is none."""
    if b"\0" in data:
        return None
    for cut in range(min(4, len(data)) + 1):
        try:
            return data[: len(data) - cut].decode()
        except UnicodeDecodeError:
            continue
    return None
