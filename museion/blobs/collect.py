"""Taking back the space of what nobody names: condemn, wait, look again, delete rows, then bytes.

Safe against writers because a pin and a deletion both lock the row first and look second: whoever comes later sees
what the earlier did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, insert, select, update

from museion.blobs import tables
from museion.blobs.index import ANNOUNCED, Index, batches, close_leases
from museion.blobs.packs import Packs
from museion.model.digest import from_raw

Live = Callable[[], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep deleted: files, packs and the packs' bytes; and how many files it condemned for a later one."""

    files: int
    packs: int
    bytes: int
    condemned: int


class Collector:
    """Garbage collection over files and then over packs."""

    def __init__(self, packs: Packs, index: Index, clock: Callable[[], float]) -> None:
        self._packs = packs
        self._index = index
        self._clock = clock

    def sweep(self, live: Live, grace: float) -> Swept:
        now = self._clock()
        with self._index.write() as conn:
            _end_leases(conn, now)
        condemned = self._condemn_files(set(live()), now, now - grace)
        files = self._delete_files(live, now - grace)
        self._condemn_packs(now, now - grace)
        packs = self._delete_packs(now - grace)
        for pack in packs:
            self._unlink(pack, now)
        return Swept(files, len(packs), sum(packs.values()), condemned)

    def _condemn_files(self, live: set[str], now: float, before: float) -> int:
        file, condemned = tables.file, 0
        old = (file.c.touched_at <= before) & file.c.condemned_at.is_(None) & ~_pinned_file()
        with self._index.read() as conn:
            dead = [
                key for (key,) in conn.execute(select(file.c.digest).where(old)) if from_raw(bytes(key)) not in live
            ]
        for batch in batches(sorted(dead)):
            with self._index.write() as conn:
                change = update(file).where(file.c.digest.in_(batch), old).values(condemned_at=now)
                condemned += conn.execute(change).rowcount
        return condemned

    def _delete_files(self, live: Live, before: float) -> int:
        file = tables.file
        with self._index.write() as conn:
            locked = select(file.c.digest).where(file.c.condemned_at <= before).with_for_update()
            candidates = [bytes(key) for (key,) in conn.execute(locked)]
            dead = _still_dead(conn, candidates, live)
            for batch in batches(sorted(dead)):
                for table in (tables.file_scope, tables.file_pack, tables.lease_file, tables.file):
                    conn.execute(delete(table).where(table.c.digest.in_(batch)))
            for batch in batches(sorted(set(candidates) - dead)):
                conn.execute(update(file).where(file.c.digest.in_(batch)).values(condemned_at=None))
        return len(dead)

    def _condemn_packs(self, now: float, before: float) -> None:
        pack = tables.pack
        old = (pack.c.touched_at <= before) & pack.c.condemned_at.is_(None)
        with self._index.write() as conn:
            conn.execute(update(pack).where(old, _unused_pack()).values(condemned_at=now))

    def _delete_packs(self, before: float) -> dict[str, int]:
        pack = tables.pack
        with self._index.write() as conn:
            locked = select(pack.c.id).where(pack.c.condemned_at <= before).with_for_update()
            candidates = list(conn.execute(locked).scalars())
            dead = _still_unused(conn, candidates)
            for batch in batches(sorted(dead), 50):
                delete_pack_rows(conn, batch)
            for group in batches(sorted(set(candidates) - set(dead))):
                conn.execute(update(pack).where(pack.c.id.in_(group)).values(condemned_at=None))
        return dead

    def _unlink(self, pack: str, now: float) -> None:
        """Delete the bytes, unless the same pack is being sent again: the row stands in the way of that meanwhile."""
        row = {"id": pack, "size": 0, "chunks": 0, "state": ANNOUNCED, "touched_at": now}
        known = select(tables.pack.c.id).where(tables.pack.c.id == pack)
        with self._index.write() as conn:
            if conn.execute(known).scalar() is None:
                conn.execute(insert(tables.pack).values(row))
                self._packs.delete(pack)
                conn.execute(delete(tables.pack).where(tables.pack.c.id == pack))


def _end_leases(conn: Connection, now: float) -> None:
    over = conn.execute(select(tables.lease.c.id).where(tables.lease.c.expires_at < now)).scalars().all()
    for batch in batches(over):
        close_leases(conn, batch)


def _pinned_file() -> ColumnElement[bool]:
    return exists().where(tables.lease_file.c.digest == tables.file.c.digest)


def _unused_pack() -> ColumnElement[bool]:
    return ~_named_in(tables.file_pack) & ~_named_in(tables.lease_pack)


def _named_in(table: Table) -> ColumnElement[bool]:
    return exists().where(table.c.pack == tables.pack.c.id)


def _still_dead(conn: Connection, candidates: Sequence[bytes], live: Live) -> set[bytes]:
    """The look before deleting: who was named or pinned since then stays."""
    if not candidates:
        return set()
    named = set(live())
    dead = {key for key in candidates if from_raw(key) not in named}
    for batch in batches(candidates):
        pinned = select(tables.lease_file.c.digest).where(tables.lease_file.c.digest.in_(batch))
        dead.difference_update(bytes(key) for (key,) in conn.execute(pinned))
    return dead


def _still_unused(conn: Connection, candidates: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for batch in batches(candidates):
        query = select(tables.pack.c.id, tables.pack.c.size).where(tables.pack.c.id.in_(batch), _unused_pack())
        found.update((pack, size) for pack, size in conn.execute(query))
    return found


def delete_pack_rows(conn: Connection, packs: Sequence[str]) -> None:
    keys = select(tables.chunk.c.hash).where(tables.chunk.c.pack.in_(packs))
    conn.execute(delete(tables.chunk_scope).where(tables.chunk_scope.c.hash.in_(keys)))
    conn.execute(delete(tables.chunk).where(tables.chunk.c.pack.in_(packs)))
    conn.execute(delete(tables.lease_pack).where(tables.lease_pack.c.pack.in_(packs)))
    conn.execute(delete(tables.pack).where(tables.pack.c.id.in_(packs)))
