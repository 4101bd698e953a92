"""Taking back the space of what nobody names: condemn, wait, look again, delete rows, then bytes.

Safe against writers because a pin and a deletion both lock the row first and look second: whoever comes later sees
what the earlier did. What stays of a pack that is mostly garbage is written anew (`repack.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Table, delete, exists, insert, select, update

from museion.blobs import tables
from museion.blobs.index import ANNOUNCED, Index, batches, close_leases, delete_pack_rows
from museion.blobs.packs import Packs
from museion.blobs.repack import Repacker
from museion.model.digest import from_raw

Live = Callable[[], Iterable[str]]
IDLE = 3600.0
"""Seconds without a word after which a sweep at once takes an upload for over, though its lease may be longer."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep deleted: files, packs and the bytes that gave back; how many files it condemned for a later one,
    and how many packs it wrote anew without their garbage."""

    files: int
    packs: int
    bytes: int
    condemned: int
    repacked: int = 0


class Collector:
    """Garbage collection over files and then over packs."""

    def __init__(self, packs: Packs, index: Index, repacker: Repacker, clock: Callable[[], float]) -> None:
        self._packs = packs
        self._index = index
        self._repacker = repacker
        self._clock = clock

    def sweep(self, live: Live, grace: float, *, at_once: bool = False) -> Swept:
        now = self._clock()
        before = now - grace
        with self._index.write() as conn:
            _end_leases(conn, now, max(grace, IDLE) if at_once else None)
        condemned = self._condemn_files(set(live()), now, before)
        files, shrunk = self._delete_files(live, _over(tables.file, before, at_once))
        self._condemn_packs(now, before)
        over = _over(tables.pack, before, at_once)
        packs = self._delete_packs(over)
        saved = self._repacker.repack(shrunk - packs.keys(), before)
        for pack in [*packs, *saved.gone]:
            self._unlink(pack, now)
        freed = sum(packs.values()) + saved.bytes
        return Swept(files, len(packs) + len(saved.gone), freed, condemned, len(saved.gone))

    def look(self, live: Live, grace: float) -> Swept:
        """What `sweep(…, at_once=True)` would delete now."""
        now = self._clock()
        named = set(live())
        with self._index.read() as conn:
            old = (tables.file.c.touched_at <= now - grace) & ~_pinned_file(now, max(grace, IDLE))
            found = conn.execute(select(tables.file.c.digest).where(old)).scalars()
            dead = {bytes(key) for key in found if from_raw(bytes(key)) not in named}
            used, touched = set[str](), set[str]()
            for digest, pack in conn.execute(select(tables.file_pack.c.digest, tables.file_pack.c.pack)):
                (touched if bytes(digest) in dead else used).add(pack)
            free = _unpinned_pack(now, max(grace, IDLE)) & (tables.pack.c.touched_at <= now - grace)
            sizes = {row.id: row.size for row in conn.execute(select(tables.pack.c.id, tables.pack.c.size).where(free))}
            gone = {pack: size for pack, size in sizes.items() if pack not in used}
            saved = self._repacker.look(conn, (touched & used) & sizes.keys(), dead)
        return Swept(len(dead), len(gone) + len(saved.gone), sum(gone.values()) + saved.bytes, 0, len(saved.gone))

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

    def _delete_files(self, live: Live, over: ColumnElement[bool]) -> tuple[int, set[str]]:
        """Gives how many, and the packs they were in."""
        file, shrunk = tables.file, set[str]()
        with self._index.write() as conn:
            locked = select(file.c.digest).where(over).with_for_update()
            candidates = [bytes(key) for (key,) in conn.execute(locked)]
            dead = _still_dead(conn, candidates, live)
            for batch in batches(sorted(dead)):
                was_in = select(tables.file_pack.c.pack).where(tables.file_pack.c.digest.in_(batch)).distinct()
                shrunk.update(conn.execute(was_in).scalars())
                for table in (tables.file_scope, tables.file_pack, tables.lease_file, tables.file):
                    conn.execute(delete(table).where(table.c.digest.in_(batch)))
            for batch in batches(sorted(set(candidates) - dead)):
                conn.execute(update(file).where(file.c.digest.in_(batch)).values(condemned_at=None))
        return len(dead), shrunk

    def _condemn_packs(self, now: float, before: float) -> None:
        pack = tables.pack
        old = (pack.c.touched_at <= before) & pack.c.condemned_at.is_(None)
        with self._index.write() as conn:
            conn.execute(update(pack).where(old, _unused_pack()).values(condemned_at=now))

    def _delete_packs(self, over: ColumnElement[bool]) -> dict[str, int]:
        pack = tables.pack
        with self._index.write() as conn:
            locked = select(pack.c.id).where(over).with_for_update()
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


def _over(table: Table, before: float, at_once: bool) -> ColumnElement[bool]:
    """Condemned, and its grace is over: counted from then on, or, at once, from when it was last touched."""
    condemned: ColumnElement[bool] = table.c.condemned_at.is_not(None)
    return condemned & ((table.c.touched_at if at_once else table.c.condemned_at) <= before)


def _end_leases(conn: Connection, now: float, idle: float | None) -> None:
    """End uploads that ran out; with `idle`, also those from which nothing was heard for so many seconds."""
    lease = tables.lease.c
    over = lease.expires_at < now
    if idle is not None:
        over = over | (lease.expires_at - lease.ttl < now - idle)
    gone = conn.execute(select(lease.id).where(over)).scalars().all()
    for batch in batches(gone):
        close_leases(conn, batch)


def _pinned_file(now: float | None = None, idle: float = 0.0) -> ColumnElement[bool]:
    """Held by an upload; with `now`, by one that `_end_leases` would not end."""
    return _held(tables.lease_file, tables.lease_file.c.digest == tables.file.c.digest, now, idle)


def _unpinned_pack(now: float, idle: float) -> ColumnElement[bool]:
    return ~_held(tables.lease_pack, tables.lease_pack.c.pack == tables.pack.c.id, now, idle)


def _held(table: Table, it: ColumnElement[bool], now: float | None, idle: float) -> ColumnElement[bool]:
    if now is None:
        return exists().where(it)
    lease = tables.lease.c
    alive = (lease.expires_at >= now) & (lease.expires_at - lease.ttl >= now - idle)
    return exists().where(it, table.c.lease == lease.id, alive)


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
