"""Packs that are mostly garbage are written anew with what is still needed of them, compressed where that pays.

The new pack is stored and indexed like any other; then, in one transaction, the chunks move to it, unless somebody
pinned the old pack or named a file in it meanwhile: then the old one stays, and the new one is garbage.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from blake3 import blake3
from sqlalchemy import Connection, delete, select, update

from museion.blobs import tables
from museion.blobs.codec import decode
from museion.blobs.disk import roomy, write_all
from museion.blobs.index import ANNOUNCED, STORED, Index, batches, delete_pack_rows, insert_new
from museion.blobs.pack import TARGET_PACK, Entry, PackWriter, overhead, pread_of, read_footer
from museion.blobs.packs import Packs, Span
from museion.blobs.recipe import steps
from museion.errors import PackCorrupt

MOSTLY = 0.4
"""A pack of which less than this part is needed is written anew."""


@dataclass(slots=True)
class Saved:
    """Packs that were given up, and the bytes this gives back."""

    gone: list[str] = field(default_factory=list)
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class _Worn:
    """A pack that is mostly garbage: its size in bytes, what is needed of it, and the files that need it."""

    pack: str
    size: int
    needed: tuple[Entry, ...]
    files: frozenset[bytes]

    @property
    def left(self) -> int:
        """The size of what is needed in a pack of its own, as it is stored now."""
        return sum(entry.stored for entry in self.needed) + overhead(len(self.needed))


class Repacker:
    """Writes packs anew. `token` gives fresh random names."""

    def __init__(
        self, root: Path, packs: Packs, index: Index, clock: Callable[[], float], token: Callable[[], str]
    ) -> None:
        self._root = root
        self._packs = packs
        self._index = index
        self._clock = clock
        self._token = token

    def look(self, conn: Connection, packs: Iterable[str], dead: set[bytes]) -> Saved:
        """What `repack` would give back, at least, if the files `dead` were gone: compression may give more."""
        worn = list(_worn(conn, packs, dead))
        return Saved([one.pack for one in worn], sum(one.size - one.left for one in worn))

    def repack(self, packs: Iterable[str], before: float) -> Saved:
        """Write those of `packs` anew that are mostly garbage, are in no upload and were not touched since `before`."""
        with self._index.read() as conn:
            worn = list(_worn(conn, packs, set()))
        saved = Saved()
        for group in _groups(worn):
            try:
                self._rewrite(group, before, saved)
            except PackCorrupt:
                continue  # a chunk in it is damaged: fsck says which, and the pack stays for whatever it still holds
        return saved

    def _rewrite(self, group: list[_Worn], before: float, saved: Saved) -> None:
        body = self._body(group)
        footer = read_footer(pread_of(body), len(body))
        now = self._clock()
        row = {"id": footer.id, "size": footer.size, "chunks": len(footer.entries), "touched_at": now}
        with self._index.write() as conn:
            insert_new(conn, tables.pack, [{**row, "state": ANNOUNCED}])
        path = self._root / "tmp" / f"{self._token()}.tmp"
        with roomy(path):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with roomy(path):
                write_all(fd, body)
            self._packs.put(footer.id, path, fd)
        finally:
            os.close(fd)
            path.unlink(missing_ok=True)
        with self._index.write() as conn:
            conn.execute(update(tables.pack).where(tables.pack.c.id == footer.id).values(state=STORED))
            places = {entry.hash: entry for entry in footer.entries}
            moved = [one for one in group if _move(conn, one, footer.id, places, before)]
        saved.gone += [one.pack for one in moved]
        saved.bytes += sum(one.size for one in moved) - (footer.size if moved else 0)

    def _body(self, group: list[_Worn]) -> bytes:
        parts: list[bytes] = []
        writer = PackWriter(lambda data: parts.append(bytes(data)), squeeze=True)
        for one in group:
            for entry in one.needed:
                writer.add(entry.hash, self._content(one.pack, entry))
        writer.close()
        return b"".join(parts)

    def _content(self, pack: str, entry: Entry) -> bytes:
        try:
            stored = self._packs.read(Span(pack, entry.offset, entry.stored))
        except FileNotFoundError:
            raise PackCorrupt(f"The pack {pack} is not there.") from None
        data = decode(entry.codec, stored, entry.length)
        if blake3(data).digest() != entry.hash:
            raise PackCorrupt(f"The chunk {entry.hash.hex()} in the pack {pack} has other content.")
        return data


def _worn(conn: Connection, packs: Iterable[str], dead: set[bytes]) -> Iterator[_Worn]:
    for batch in batches(sorted(packs)):
        sizes = select(tables.pack.c.id, tables.pack.c.size).where(
            tables.pack.c.id.in_(batch), tables.pack.c.state == STORED
        )
        for pack, size in conn.execute(sizes).all():
            files, needed = _needed(conn, pack, dead)
            if files and sum(entry.stored for entry in needed) < MOSTLY * size:
                yield _Worn(pack, size, tuple(needed), frozenset(files))


def _needed(conn: Connection, pack: str, dead: set[bytes]) -> tuple[set[bytes], list[Entry]]:
    """The files in a pack, but for the dead, and those of its chunks they are made of."""
    joined = tables.file.join(tables.file_pack, tables.file.c.digest == tables.file_pack.c.digest)
    query = (
        select(tables.file.c.digest, tables.file.c.recipe).select_from(joined).where(tables.file_pack.c.pack == pack)
    )
    files: set[bytes] = set()
    keys: set[bytes] = set()
    for digest, recipe in conn.execute(query):
        if bytes(digest) not in dead:
            files.add(bytes(digest))
            keys.update(key for key, _ in steps(bytes(recipe)))
    columns = [tables.chunk.c[name] for name in Entry._fields]
    here = conn.execute(select(*columns).where(tables.chunk.c.pack == pack).order_by(tables.chunk.c.offset))
    entries = [Entry(bytes(row[0]), *row[1:]) for row in here]
    return files, [entry for entry in entries if entry.hash in keys]


def _groups(worn: list[_Worn]) -> Iterator[list[_Worn]]:
    """What fits into a new pack together."""
    group: list[_Worn] = []
    size = 0
    for one in worn:
        length = sum(entry.length for entry in one.needed)
        if group and size + length > TARGET_PACK:
            yield group
            group, size = [], 0
        group.append(one)
        size += length
    if group:
        yield group


def _move(conn: Connection, one: _Worn, target: str, places: dict[bytes, Entry], before: float) -> bool:
    """Let the files find their chunks in the new pack, if nothing happened to the old one meanwhile."""
    table, old = tables.pack, one.pack
    locked = select(table.c.id).where(table.c.id == old, table.c.touched_at <= before).with_for_update()
    pinned = select(tables.lease_pack.c.lease).where(tables.lease_pack.c.pack == old).limit(1)
    if conn.execute(locked).scalar() is None or conn.execute(pinned).scalar() is not None:
        return False
    users = select(tables.file_pack.c.digest).where(tables.file_pack.c.pack == old)
    if {bytes(key) for key in conn.execute(users).scalars()} != one.files:
        return False
    for entry in one.needed:
        now = places[entry.hash]
        row = {"pack": target, "offset": now.offset, "stored": now.stored, "codec": now.codec}
        conn.execute(
            update(tables.chunk).where(tables.chunk.c.hash == entry.hash, tables.chunk.c.pack == old).values(row)
        )
    insert_new(conn, tables.file_pack, [{"digest": digest, "pack": target} for digest in sorted(one.files)])
    conn.execute(delete(tables.file_pack).where(tables.file_pack.c.pack == old))
    delete_pack_rows(conn, [old])
    return True
