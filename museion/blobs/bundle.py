"""The bundle: the bytes of many files in one answer (docs/FORMAT.md, "Bundle"), written and read."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from museion.blobs.chunker import MAX_CHUNK
from museion.blobs.read import Piece
from museion.errors import MuseionError, ServerFault

MEDIA_TYPE = "application/vnd.museion.bundle"
_FRAME = struct.Struct("<II")
_LENGTH = struct.Struct("<I")
_ERROR = 0xFFFF_FFFF
_END = _FRAME.pack(0xFFFF_FFFF, 0)
_MAX_PROBLEM = 1 << 20


class Frame(NamedTuple):
    """The next bytes of the file number `part`; or, in `problem`, the JSON of the error that ends it."""

    part: int
    data: bytes
    problem: bytes | None = None


def frames(pieces: Iterable[Piece], told: Callable[[MuseionError], bytes]) -> Iterator[bytes]:
    """Pieces as they travel; `told` makes JSON of an error."""
    for part, data, error in pieces:
        if error is None:
            yield _FRAME.pack(part, len(data)) + data
        else:
            said = told(error)
            yield _FRAME.pack(part, _ERROR) + _LENGTH.pack(len(said)) + said
    yield _END


def read_frames(received: Iterable[bytes]) -> Iterator[Frame]:
    """What `frames` wrote, cut anywhere. Raises ServerFault for an end before its time and for what is no bundle."""
    stream = _Stream(received)
    while (head := stream.take(_FRAME.size)) != _END:
        part, length = _FRAME.unpack(head)
        if length == _ERROR:
            size = _LENGTH.unpack(stream.take(_LENGTH.size))[0]
            yield Frame(part, b"", stream.take(_at_most(size, _MAX_PROBLEM)))
        else:
            yield Frame(part, stream.take(_at_most(length, MAX_CHUNK)))


def _at_most(length: int, limit: int) -> int:
    if length > limit:
        raise ServerFault(f"The server's bundle has a frame of {length:,} bytes; {limit:,} are the most.")
    return length


class _Stream:
    def __init__(self, received: Iterable[bytes]) -> None:
        self._received = iter(received)
        self._waiting = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if len(self._waiting) - self._at < size:
            self._fill(size)
        self._at += size
        return self._waiting[self._at - size : self._at]

    def _fill(self, size: int) -> None:
        parts = [self._waiting[self._at :]]
        have = len(parts[0])
        while have < size:
            piece = next(self._received, None)
            if piece is None:
                raise ServerFault("The server's bundle broke off before its end.", advice="Try again.")
            parts.append(piece)
            have += len(piece)
        self._waiting, self._at = b"".join(parts), 0
