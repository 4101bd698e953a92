"""The one place that says which entry paths are allowed.

A path inside an artifact or among a run's files is relative, uses `/`, and can never leave its folder on any system:
no empty part, no `.` or `..`, no NUL or control character, no backslash, no drive, at most 1,024 bytes in all and 255
in a part. It is decoded once, by whoever parsed the request, and never again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from museion.errors import PathInvalid

MAX_PATH = 1024
MAX_PART = 255
# What almost every path looks like, told by one look: plain ASCII, no part that is `.` or `..`.
_PLAIN_PART = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._@=+,~ -]{1,255}"
_PLAIN = re.compile(rf"{_PLAIN_PART}(?:/{_PLAIN_PART})*")


def check_path(text: object) -> str:
    """Return `text` unchanged if it is a safe entry path, else raise PathInvalid saying why."""
    if not isinstance(text, str) or not text:
        raise PathInvalid("The path is empty.")
    if len(text) <= MAX_PATH and _PLAIN.fullmatch(text):
        return text
    if any(ord(c) < 32 or ord(c) == 127 for c in text):
        raise PathInvalid(f"The path {text!r} has a control character in it.")
    if "\\" in text:
        raise PathInvalid(f"The path {text!r} has a backslash in it.")
    if text.startswith("/") or (len(text) > 1 and text[1] == ":" and text[0].isalpha()):
        raise PathInvalid(f"The path {text!r} is absolute.")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise PathInvalid(f"The path {text!r} is not valid Unicode.") from None
    if size > MAX_PATH:
        raise PathInvalid(f"The path {text[:40]!r}… has {size} bytes, more than {MAX_PATH}.")
    for part in text.split("/"):
        _check_part(text, part)
    return text


def _check_part(text: str, part: str) -> None:
    if part in ("", ".", ".."):
        raise PathInvalid(f"The path {text!r} has the part {part!r} in it.")
    if len(part.encode()) > MAX_PART:
        raise PathInvalid(f"The path {text[:40]!r}… has a part of more than {MAX_PART} bytes.")


def inside(root: Path, path: str) -> Path:
    """`root / path`, checked; raises PathInvalid if a symbolic link under `root` leads out of it."""
    target = root / check_path(path)
    base = os.path.realpath(root)
    if os.path.commonpath([base, os.path.realpath(target)]) != base:
        raise PathInvalid(f"The path {path!r} leads out of {root} through a link.")
    return target
