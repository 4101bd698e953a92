"""Reading: every chunk is hashed before a byte of it is handed on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3
from sqlalchemy import select

from museion.blobs import tables
from museion.blobs.index import BATCH, Index, Place, batches, find_chunks, mark_damaged
from museion.blobs.recipe import Recipe
from museion.errors import BlobCorrupt, BlobNotFound
from museion.model.digest import to_raw

_OPEN_PACKS = 8
Wanted = tuple[bytes, int, int, int]  # hash, length, and which bytes of the chunk are asked for: [first, last)


def pack_path(root: Path, pack: str) -> Path:
    """Where a pack lies."""
    return root / "packs" / pack[:2] / pack


class Packs:
    """A few open pack files; close it when done."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[str, int] = {}

    def pread(self, pack: str, offset: int, length: int) -> bytes:
        """Bytes of a pack; fewer than asked for where it ends; FileNotFoundError if it is not there."""
        fd = self._open.get(pack)
        if fd is None:
            if len(self._open) >= _OPEN_PACKS:
                os.close(self._open.pop(next(iter(self._open))))
            fd = self._open[pack] = os.open(pack_path(self._root, pack), os.O_RDONLY | os.O_CLOEXEC)
        return os.pread(fd, length, offset)

    def close(self) -> None:
        while self._open:
            os.close(self._open.popitem()[1])


class Reader:
    """Whole files and ranges of them, out of packs."""

    def __init__(self, root: Path, index: Index) -> None:
        self._root = root
        self._index = index

    def recipe(self, digest: str) -> Recipe:
        """How the file is put together; raises BlobNotFound."""
        table = tables.file
        with self._index.read() as conn:
            query = select(table.c.size, table.c.recipe).where(table.c.digest == to_raw(digest))
            row = conn.execute(query).one_or_none()
        if row is None:
            raise BlobNotFound(f"No content is stored under {digest}.", digest=digest)
        return Recipe.from_bytes(digest, row.size, bytes(row.recipe))

    def read(self, recipe: Recipe, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes `[start, stop)` of the file, in pieces of at most one chunk (1 MiB); raises BlobCorrupt."""
        packs = Packs(self._root)
        try:
            for batch in batches(_wanted(recipe, start, recipe.size if stop is None else stop), BATCH):
                with self._index.read() as conn:
                    places = find_chunks(conn, [key for key, *_ in batch])
                for key, length, first, last in batch:
                    data = self._chunk(packs, recipe.digest, key, length, places.get(key))
                    yield data[first:last] if last - first != length else data
        finally:
            packs.close()

    def _chunk(self, packs: Packs, digest: str, key: bytes, length: int, place: Place | None) -> bytes:
        if place is None or place.length != length:
            raise self._corrupt(digest, key, None, "is not in any pack")
        try:
            data = packs.pread(place.pack, place.offset, place.length)
        except FileNotFoundError:
            raise self._corrupt(digest, key, place.pack, "cannot be read, the pack is not there") from None
        if blake3(data).digest() != key:
            raise self._corrupt(digest, key, place.pack, "has other content")
        return data

    def _corrupt(self, digest: str, key: bytes, pack: str | None, what: str) -> BlobCorrupt:
        with self._index.write() as conn:
            mark_damaged(conn, to_raw(digest), key)
        where = f" in the pack {pack}" if pack else ""
        message = f"The chunk {key.hex()} of {digest}{where} {what}."
        return BlobCorrupt(message, digest=digest, chunk=key.hex(), pack=pack)


def _wanted(recipe: Recipe, start: int, stop: int) -> Iterator[Wanted]:
    at = 0
    for key, length in recipe.chunks:
        if at >= stop:
            return
        if at + length > start:
            yield bytes.fromhex(key), length, max(0, start - at), min(length, stop - at)
        at += length
