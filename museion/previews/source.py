"""Where a preview reads from: ranges of one file, behind the interface of an open file."""

from __future__ import annotations

import io
from typing import Any, Protocol

from museion.errors import TooLarge
from museion.previews.limits import MAX_READ

_BUFFER = 256 << 10


class Source(Protocol):
    """Ranges of one file."""

    @property
    def size(self) -> int:
        """Bytes in the file."""

    def read(self, offset: int, length: int) -> bytes:
        """The bytes at `[offset, offset + length)`, which lie inside the file."""


class Window(io.RawIOBase):
    """A source as a file to read and seek in; TooLarge once more than `budget` bytes were asked for."""

    def __init__(self, source: Source, budget: int = MAX_READ) -> None:
        super().__init__()
        self._source = source
        self._at = 0
        self._left = budget

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        length = min(len(buffer), max(0, self._source.size - self._at))
        if length > self._left:
            raise TooLarge("A preview of this file would read too much of it.", advice="Download it.")
        data = self._source.read(self._at, length) if length else b""
        buffer[: len(data)] = data
        self._at += len(data)
        self._left -= len(data)
        return len(data)


def opened(source: Source) -> io.BufferedReader:
    """`source` as a buffered file."""
    return io.BufferedReader(Window(source), _BUFFER)


class Held:
    """A source in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    @property
    def size(self) -> int:
        return len(self._data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]
