"""Manifests: their canonical bytes under their digest, compressed, never changed.

What a manifest names is not spread into rows: a version of 100,000 files is one row, and the digests in it are read
back from its bytes when a deletion or the garbage collector asks.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import zstandard
from sqlalchemy import Connection, delete, select

from museion.catalog import tables as t
from museion.catalog.sql import upsert
from museion.errors import BlobCorrupt
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Entry, Manifest, Reference

# A quote inside a path is written \" in JSON, so this can only match an entry's own field.
_STORED = re.compile(rb'"digest":"(blake3:[0-9a-f]{64})","size":(\d+)')
_MAX_BYTES = 4 << 30


class Shelf:
    """Manifests read lately, ready parsed: someone who pages through 100,000 files reads the manifest once.

    They never change, so nothing here can be stale. Holds at most `room` entries in all, or one manifest.
    """

    def __init__(self, room: int = 200_000) -> None:
        self._room = room
        self._known: OrderedDict[str, Manifest] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: str) -> Manifest | None:
        with self._lock:
            found = self._known.get(digest)
            if found is not None:
                self._known.move_to_end(digest)
            return found

    def put(self, digest: str, manifest: Manifest) -> None:
        with self._lock:
            self._known[digest] = manifest
            while len(self._known) > 1 and sum(map(len, self._known.values())) > self._room:
                self._known.popitem(last=False)


class Manifests:
    """The table `manifest`."""

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self._sql = connection
        self._shelf = shelf

    def put(self, manifest: Manifest) -> str:
        """Store it, if it is new; returns its digest."""
        data = manifest.canonical()
        digest = digest_bytes(data)
        packed = zstandard.ZstdCompressor(level=3).compress(data)
        row = {"digest": digest, "size": manifest.size, "files": len(manifest), "data": packed}
        self._sql.execute(upsert(self._sql, t.manifest).values(row).on_conflict_do_nothing())
        return digest

    def canonical(self, digest: str) -> bytes:
        """The bytes that were stored, checked against their digest; raises BlobCorrupt if they differ."""
        packed = self._sql.execute(select(t.manifest.c.data).where(t.manifest.c.digest == digest)).scalar_one()
        try:
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MAX_BYTES)
        except zstandard.ZstdError as error:
            raise BlobCorrupt(f"The manifest {digest} cannot be decompressed: {error}.") from None
        if digest_bytes(data) != digest:
            raise BlobCorrupt(f"The manifest {digest} does not match its digest.")
        return data

    def get(self, digest: str) -> Manifest:
        """The manifest; it was checked when it came in, and its digest says it is still the same."""
        if (known := self._shelf.get(digest)) is not None:
            return known
        entries = json.loads(self.canonical(digest))["entries"]
        manifest = Manifest({path: _entry(raw) for path, raw in entries.items()})
        self._shelf.put(digest, manifest)
        return manifest

    def contents(self, digest: str) -> dict[str, int]:
        """digest → size in bytes of all stored content this manifest names."""
        return {name.decode(): int(size) for name, size in _STORED.findall(self.canonical(digest))}

    def each(self) -> Iterator[str]:
        """Digests of all manifests."""
        yield from self._sql.execute(select(t.manifest.c.digest)).scalars()

    def named(self) -> Iterator[str]:
        """Digests of the manifests of all versions, and of all parts of versions in the making."""
        yield from self._sql.execute(select(t.version.c.digest).union(select(t.draft_part.c.digest))).scalars()

    def sweep(self) -> None:
        """Drop manifests that no version has any more, nor a draft, nor the trash."""
        d = t.manifest.c.digest
        unnamed = [d.not_in(select(table.c.digest)) for table in (t.version, t.draft_part, t.trash)]
        self._sql.execute(delete(t.manifest).where(*unnamed))


def _entry(raw: dict[str, Any]) -> Entry:
    return Content(**raw) if "digest" in raw else Reference(**raw)
