"""Examine the store: every pack, every chunk, every row. What can be healed is healed if asked; the rest is said.

What is found damaged counts as absent from then on, so that whoever has it heals it with the next upload. A chunk that
another pack holds too is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, exists, select, update

from museion.blobs import tables
from museion.blobs.account import chunk_counts
from museion.blobs.index import ANNOUNCED, STORED, Index, Place, batches, find_chunks, insert_new
from museion.blobs.ingest import index_pack
from museion.blobs.pack import Entry, Footer, wrong_content
from museion.blobs.packs import Packs, Span
from museion.blobs.recover import footer_of, index_again, report_lost
from museion.errors import PackCorrupt
from museion.model.digest import from_raw, to_raw

Kind = Literal[
    "pack_missing", "pack_corrupt", "pack_unknown", "chunk_corrupt", "chunk_lost", "index_wrong", "file_lost"
]
Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it should be. `healed` if it was put right now; else what it names must come again."""

    kind: Kind
    what: str
    pack: str | None = None
    chunk: str | None = None
    file: str | None = None
    healed: bool = False


class Examiner:
    """One examination. `now` is Unix seconds; nothing is changed without `repair`, but that damage is marked."""

    def __init__(self, packs: Packs, index: Index, now: float, *, repair: bool) -> None:
        self._packs = packs
        self._index = index
        self._now = now
        self._repair = repair
        self._good: dict[bytes, tuple[str, Entry]] = {}  # sound chunks that the index has elsewhere, or as damaged

    def examine(self, live: Iterable[str], progress: Progress = lambda done, total: None) -> Iterator[Fault]:
        """All faults; `live` are the digests that are named. Packs are read from end to end."""
        there = dict(self._packs.each())
        with self._index.read() as conn:
            rows = {row.id: row for row in conn.execute(select(tables.pack))}
        stored = {pack for pack, row in rows.items() if row.state == STORED}
        yield from self._unknown(sorted(there.keys() - stored), there)
        yield from self._missing(sorted(stored - there.keys()))
        known, done, total = sorted(stored & there.keys()), 0, sum(there.values())
        for pack in known:
            yield from self._pack(pack, there[pack])
            done += there[pack]
            progress(done, total)
        yield from self._from_copies()
        yield from self._files(set(live))

    def _unknown(self, packs: list[str], there: dict[str, int]) -> Iterator[Fault]:
        """Packs without a row: the index was lost, or they came in a crash."""
        for pack in packs:
            healed = False
            what = f"The pack {pack} is not in the index."
            if self._repair and self._announced_long_ago(pack):
                healed = index_again(self._packs, self._index, pack, there[pack], self._now)
                what += "" if healed else " It does not hold together, and was put aside."
            yield Fault("pack_unknown", what, pack=pack, healed=healed)

    def _announced_long_ago(self, pack: str) -> bool:
        """Not one that is just being stored."""
        table = tables.pack
        coming = select(table.c.id).where(table.c.id == pack, table.c.state == ANNOUNCED)
        with self._index.read() as conn:
            return conn.execute(coming.where(table.c.touched_at > self._now - 3600)).scalar() is None

    def _missing(self, packs: list[str]) -> Iterator[Fault]:
        for pack in packs:
            with self._index.write() as conn:
                report_lost(conn, [pack])
            yield Fault("pack_missing", f"The pack {pack} is not there; its chunks must come again.", pack=pack)

    def _pack(self, pack: str, size: int) -> Iterator[Fault]:
        try:
            footer = footer_of(self._packs, pack, size)
        except (PackCorrupt, FileNotFoundError) as error:
            yield from self._by_rows(pack, str(error))
            return
        yield from self._rows(footer)
        for entry in footer.entries:
            yield from self._chunk(footer, entry)

    def _by_rows(self, pack: str, why: str) -> Iterator[Fault]:
        """The table of a pack is damaged: the index still says where its chunks are."""
        yield Fault("pack_corrupt", f"The pack {pack} does not hold together: {why}", pack=pack)
        columns = [tables.chunk.c[name] for name in Entry._fields]
        with self._index.read() as conn:
            found = conn.execute(select(*columns).where(tables.chunk.c.pack == pack)).all()
        entries = tuple(Entry(bytes(row[0]), *row[1:]) for row in found)
        for entry in entries:
            yield from self._chunk(Footer(pack, 0, entries), entry)

    def _rows(self, footer: Footer) -> Iterator[Fault]:
        """What the index says of a pack's chunks, beside what the pack says itself."""
        keys = {entry.hash: entry for entry in footer.entries}
        with self._index.read() as conn:
            places = find_chunks(conn, keys)
            here = select(tables.chunk.c.hash).where(tables.chunk.c.pack == footer.id)
            strange = [bytes(key) for key in conn.execute(here).scalars() if bytes(key) not in keys]
        wrong = [entry for entry in footer.entries if _differs(entry, footer.id, places.get(entry.hash))]
        for entry in wrong:
            if self._repair:
                self._write_row(footer.id, entry)
            said = f"The index has the chunk {entry.hash.hex()} elsewhere in the pack {footer.id}, or not at all."
            yield Fault("index_wrong", said, pack=footer.id, chunk=entry.hash.hex(), healed=self._repair)
        for key in strange:
            with self._index.write() as conn:
                _mark(conn, key)
            said = f"The index has the chunk {key.hex()} in the pack {footer.id}, which does not hold it."
            yield Fault("index_wrong", said, pack=footer.id, chunk=key.hex())

    def _write_row(self, pack: str, entry: Entry) -> None:
        row = {**entry._asdict(), "pack": pack, "damaged": False}
        with self._index.write() as conn:
            conn.execute(update(tables.chunk).where(tables.chunk.c.hash == entry.hash).values(row))
            insert_new(conn, tables.chunk, [row])

    def _chunk(self, footer: Footer, entry: Entry) -> Iterator[Fault]:
        with self._index.read() as conn:
            place = find_chunks(conn, [entry.hash]).get(entry.hash)
        try:
            read = lambda offset, length: self._packs.read(Span(footer.id, offset, length))  # noqa: E731
            error = wrong_content(read, footer, entry)
        except FileNotFoundError:
            error = PackCorrupt(f"The pack {footer.id} is not there.")
        mine = place is not None and place.pack == footer.id
        if error is None:
            if place is not None and (place.damaged or not mine):
                self._good[entry.hash] = footer.id, entry
            return
        if mine and place is not None and not place.damaged:
            with self._index.write() as conn:
                _mark(conn, entry.hash)
        yield Fault("chunk_corrupt", error.message, pack=footer.id, chunk=entry.hash.hex())

    def _from_copies(self) -> Iterator[Fault]:
        """Damaged chunks of which another pack has a good copy."""
        with self._index.read() as conn:
            damaged = {key for key, place in find_chunks(conn, self._good).items() if place.damaged}
        for key in sorted(damaged):
            pack, entry = self._good[key]
            if self._repair:
                with self._index.write() as conn:
                    index_pack(conn, Footer(pack, 0, (entry,)))
            said = f"The pack {pack} has a good copy of the damaged chunk {key.hex()}."
            yield Fault("chunk_lost", said, pack=pack, chunk=key.hex(), healed=self._repair)

    def _files(self, live: set[str]) -> Iterator[Fault]:
        """Files that are named and are not here, or not whole; rows that lead nowhere."""
        with self._index.read() as conn:
            found = conn.execute(select(tables.file.c.digest, tables.file.c.damaged))
            flags = {bytes(row.digest): bool(row.damaged) for row in found}
        for digest in sorted(live):
            if to_raw(digest) not in flags:
                yield Fault("file_lost", f"The file {digest} is named and is not here.", file=digest)
        for batch in batches(sorted(flags)):
            yield from self._whole(batch, flags)
        yield from self._dangling()

    def _whole(self, batch: list[bytes], flags: dict[bytes, bool]) -> Iterator[Fault]:
        with self._index.read() as conn:
            needed = {key: set(chunk_counts(conn, [key])) for key in batch}
            places = find_chunks(conn, {key for keys in needed.values() for key in keys})
        sound = {key for key, place in places.items() if not place.damaged}
        for digest, keys in needed.items():
            lost = keys - sound
            name = from_raw(digest)
            if bool(lost) != flags[digest]:
                self._flag(digest, bool(lost))
            if lost:
                yield Fault("file_lost", f"The file {name} lacks {len(lost)} of its chunks: send it again.", file=name)
            elif flags[digest]:
                yield Fault("file_lost", f"The file {name} was damaged and is whole again.", file=name, healed=True)
            self._join(digest, {places[key].pack for key in keys & places.keys()})

    def _flag(self, digest: bytes, damaged: bool) -> None:
        with self._index.write() as conn:
            conn.execute(update(tables.file).where(tables.file.c.digest == digest).values(damaged=damaged))

    def _join(self, digest: bytes, packs: set[str]) -> None:
        """Without its row, a pack that a file needs would be garbage."""
        table = tables.file_pack
        with self._index.read() as conn:
            known = set(conn.execute(select(table.c.pack).where(table.c.digest == digest)).scalars())
        if packs - known:
            with self._index.write() as conn:
                insert_new(conn, table, [{"digest": digest, "pack": pack} for pack in sorted(packs - known)])

    def _dangling(self) -> Iterator[Fault]:
        """Rows that name a file or a chunk which has no row itself."""
        pairs = (
            (tables.file_pack, tables.file_pack.c.digest, tables.file.c.digest),
            (tables.file_scope, tables.file_scope.c.digest, tables.file.c.digest),
            (tables.chunk_scope, tables.chunk_scope.c.hash, tables.chunk.c.hash),
            (tables.chunk, tables.chunk.c.pack, tables.pack.c.id),
        )
        for table, column, target in pairs:
            loose = ~exists().where(target == column)
            with self._index.read() as conn:
                count = len(conn.execute(select(column).where(loose)).all())
            if count and self._repair:
                with self._index.write() as conn:
                    conn.execute(delete(table).where(loose))
            if count:
                said = f"{count} rows of {table.name} lead nowhere."
                yield Fault("index_wrong", said, healed=self._repair)


def _differs(entry: Entry, pack: str, place: Place | None) -> bool:
    if place is None:
        return True
    here = (place.offset, place.stored, place.length, place.codec)
    return place.pack == pack and here != (entry.offset, entry.stored, entry.length, entry.codec)


def _mark(conn: Connection, key: bytes) -> None:
    conn.execute(update(tables.chunk).where(tables.chunk.c.hash == key).values(damaged=True))
