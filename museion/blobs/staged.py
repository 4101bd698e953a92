"""Reading staged content back, verified: from the segments, or from the file that was added in place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from blake3 import blake3

from museion.blobs import ledger as books
from museion.blobs.ledger import Ledger
from museion.blobs.recipe import Recipe
from museion.blobs.segments import Spot
from museion.blobs.source import Source
from museion.errors import BlobCorrupt, BlobNotFound, FileChanged

_BATCH = 256
Step = tuple[bytes, int, int]  # hash, offset in the file, length


class StagedReader:
    """Content by recipe."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger

    def recipe(self, digest: str) -> Recipe:
        """Raises BlobNotFound if it is not staged."""
        with self._ledger.read() as db:
            recipe = books.find_recipe(db, digest) if books.is_held(db, digest) else None
        if recipe is None:
            raise BlobNotFound(f"The content {digest} is not staged on this machine.", digest=digest)
        return recipe

    def spots(self, keys: list[bytes]) -> dict[bytes, Spot]:
        """Where chunks lie."""
        with self._ledger.read() as db:
            return books.find_chunks(db, keys)

    def is_sealed(self, segment: str) -> bool:
        """Whether a segment is a whole pack."""
        with self._ledger.read() as db:
            return books.is_sealed(db, segment)

    def read(self, recipe: Recipe, wanted: set[bytes] | None = None) -> Iterator[tuple[bytes, bytes]]:
        """(hash, content) of every chunk in order, or of each wanted one once."""
        files = _Files(self._folder)
        rest = _steps(recipe, wanted)
        try:
            while batch := list(islice(rest, _BATCH)):
                spots = self.spots([key for key, _, _ in batch])
                for step in batch:
                    yield step[0], self._chunk(files, recipe.digest, step, spots.get(step[0]))
        finally:
            files.close()

    def _chunk(self, files: _Files, digest: str, step: Step, spot: Spot | None) -> bytes:
        key, _, length = step
        if spot is None:
            return self._in_place(files, digest, step)
        try:
            data = os.pread(files.segment(spot.segment), length, spot.offset)
        except FileNotFoundError:
            data = b""
        if blake3(data).digest() != key:
            message = f"The chunk {key.hex()} of {digest} in the staged pack {spot.segment} has other content."
            raise BlobCorrupt(message, advice="Add the file again.", digest=digest, chunk=key.hex(), pack=spot.segment)
        return data

    def _in_place(self, files: _Files, digest: str, step: Step) -> bytes:
        key, offset, length = step
        with self._ledger.read() as db:
            where = books.find_source(db, digest)
        if where is None:
            raise BlobNotFound(f"The chunk {key.hex()} of {digest} is not staged on this machine.", digest=digest)
        path, size, mtime = where
        source = files.source(path)
        data = os.pread(source.fd, length, offset)
        now = os.fstat(source.fd)
        if (now.st_size, now.st_mtime_ns) != (size, mtime) or blake3(data).digest() != key:
            advice = 'Add it again; use policy="mutable" for files that are written to.'
            message = f'The file {path} was added as "immutable" and was written to before it was sent.'
            raise FileChanged(message, advice=advice, path=str(path))
        return data


class _Files:
    """Files that are open while a recipe is read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = ""
        self._fd: int | None = None
        self._source: Source | None = None

    def segment(self, name: str) -> int:
        if self._fd is None or name != self._name:
            self._close_segment()
            self._fd = os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
            self._name = name
        return self._fd

    def source(self, path: Path) -> Source:
        if self._source is None:
            self._source = Source(path)
        return self._source

    def close(self) -> None:
        self._close_segment()
        if self._source is not None:
            os.close(self._source.fd)

    def _close_segment(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def _steps(recipe: Recipe, wanted: set[bytes] | None) -> Iterator[Step]:
    left = None if wanted is None else set(wanted)
    at = 0
    for name, length in recipe.chunks:
        key = bytes.fromhex(name)
        if left is None or key in left:
            yield key, at, length
            if left is not None:
                left.discard(key)
        at += length
