"""The Range header: one range of bytes, as RFC 9110 has it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `start` up to and without `stop`."""

    start: int
    stop: int


class RangeUnsatisfiable(Exception):
    """Nothing of the file lies in the range: 416."""


def parse_range(text: str | None, size: int) -> Span | None:
    """The span asked for, or None for the whole file: without a header, and for one we need not understand
    (several ranges, another unit, nonsense), which a server is to ignore."""
    found = _ONE.fullmatch(text.strip()) if text else None
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        return _tail(int(last), size)
    start, stop = int(first), min(int(last) + 1, size) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise RangeUnsatisfiable
    return Span(start, stop)


def _tail(length: int, size: int) -> Span:
    if length == 0 or size == 0:
        raise RangeUnsatisfiable
    return Span(max(0, size - length), size)


def matches(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names `etag` (weak or strong), or is `*`."""
    if header is None:
        return False
    given = [tag.strip().removeprefix("W/") for tag in header.split(",")]
    return "*" in given or etag in given
