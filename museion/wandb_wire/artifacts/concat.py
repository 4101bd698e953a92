"""Several contents read as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from museion.blobs.store import BlobStore


class Concatenated:
    """The contents `digests`, one after the other, as a file to read from."""

    def __init__(self, blobs: BlobStore, digests: Sequence[str]) -> None:
        self._pieces = self._read(blobs, digests)
        self._rest = memoryview(b"")

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill `buffer`; returns how many bytes, 0 at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _read(self, blobs: BlobStore, digests: Sequence[str]) -> Iterator[bytes]:
        for digest in digests:
            yield from (piece for piece in blobs.open(digest) if piece)
