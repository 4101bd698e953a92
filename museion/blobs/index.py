"""The index in SQL: what the store's verbs share. Each function works inside a transaction its caller holds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Column, Connection, CursorResult, Engine, Select, Table, Update, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from museion.blobs import tables
from museion.errors import NotFound

STORED = 1
ANNOUNCED = 0
BATCH = 500
PRIVATE = "lease:"
T = TypeVar("T")


class Place(NamedTuple):
    """Where a chunk is: `stored` bytes at `offset` are its `length` bytes of content, by `codec`."""

    pack: str
    offset: int
    stored: int
    length: int
    codec: int
    damaged: bool


class Lease(NamedTuple):
    """An upload in progress; `scope` is the number of the place its content goes to."""

    id: str
    scope: int


class Index:
    """Transactions over the one database: writers take the write lock at once, readers see one snapshot."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite has one writer; threads of this process queue here in turn instead of polling for its lock.
        self._queue = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A short write transaction; commits at the end."""
        with self._queue, self._engine.connect().execution_options(museion_write=True) as conn, conn.begin():
            if conn.dialect.name == "sqlite" and not _driver(conn).in_transaction:
                conn.exec_driver_sql("BEGIN IMMEDIATE")
            yield conn

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection to read with."""
        with self._engine.connect() as conn:
            yield conn


def _driver(conn: Connection) -> Any:
    return conn.connection.driver_connection


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """`items` in lists of at most `size`."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def among(conn: Connection, query: Select[Any], key: Column[Any], keys: Iterable[Any]) -> Iterator[Any]:
    """Rows of a query without parameters where `key` is one of `keys`, too; a sum is given in parts."""
    for found in for_keys(conn, query, key, keys):
        yield from found.all()


def for_keys(
    conn: Connection, statement: Select[Any] | Update, key: Column[Any], keys: Iterable[Any]
) -> Iterator[CursorResult[Any]]:
    """Execute with `key.in_(keys)`, in batches, and without making an object of each of 100,000 keys."""
    joint = "WHERE" if statement.whereclause is None else "AND"
    base = f"{statement.compile(dialect=conn.dialect)} {joint} {key.table.name}.{key.name}"
    for batch in batches(keys):
        if conn.dialect.name == "postgresql":
            yield conn.exec_driver_sql(f"{base} = ANY(%s)", (batch,))
        else:
            yield conn.exec_driver_sql(f"{base} IN ({','.join('?' * len(batch))})", tuple(batch))


def insert_new(conn: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert those rows that are not there yet."""
    make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    statement = make(table).on_conflict_do_nothing()
    for batch in batches(rows, 5_000):
        conn.execute(statement, batch)


def scope_number(conn: Connection, name: str) -> int:
    """The number of a scope, a new one if it is not known."""
    query = select(tables.scope.c.id).where(tables.scope.c.name == name)
    found = conn.execute(query).scalar()
    if found is None:
        insert_new(conn, tables.scope, [{"name": name}])
        found = conn.execute(query).scalar_one()
    return int(found)


def check_lease(conn: Connection, lease: str, now: float) -> None:
    """Raise NotFound if a lease is unknown or has run out."""
    table = tables.lease
    if conn.execute(select(table.c.id).where(table.c.id == lease, table.c.expires_at >= now)).scalar() is None:
        raise _no_lease(lease)


def _no_lease(lease: str) -> NotFound:
    return NotFound(f"The upload {lease!r} is unknown or has run out.", advice="Begin a new upload, and ask again.")


def use_lease(conn: Connection, lease: str, now: float) -> Lease:
    """Renew a lease; raises NotFound if it is unknown or has run out."""
    table = tables.lease
    alive = (table.c.id == lease) & (table.c.expires_at >= now)
    renewed = conn.execute(update(table).where(alive).values(expires_at=now + table.c.ttl))
    if renewed.rowcount != 1:
        raise _no_lease(lease)
    return Lease(lease, conn.execute(select(table.c.scope).where(table.c.id == lease)).scalar_one())


def open_lease(conn: Connection, lease: str, ttl: float, scope: str, now: float) -> Lease:
    """Begin an upload into `scope`; without one it is alone with what it sends itself."""
    number = scope_number(conn, scope or PRIVATE + lease)
    row = {"id": lease, "scope": number, "ttl": ttl, "expires_at": now + ttl}
    conn.execute(insert(tables.lease).values(row))
    return Lease(lease, number)


def close_leases(conn: Connection, leases: Sequence[str]) -> None:
    """End uploads: what they pinned is theirs no more."""
    own = select(tables.scope.c.id).where(tables.scope.c.name.in_([PRIVATE + lease for lease in leases]))
    conn.execute(delete(tables.lease_pack).where(tables.lease_pack.c.lease.in_(leases)))
    conn.execute(delete(tables.lease_file).where(tables.lease_file.c.lease.in_(leases)))
    conn.execute(delete(tables.chunk_scope).where(tables.chunk_scope.c.scope.in_(own)))
    conn.execute(delete(tables.lease).where(tables.lease.c.id.in_(leases)))
    conn.execute(delete(tables.scope).where(tables.scope.c.name.in_([PRIVATE + lease for lease in leases])))


def find_chunks(conn: Connection, hashes: Iterable[bytes]) -> dict[bytes, Place]:
    """Where the chunks are; what is not there is not in the answer."""
    table = tables.chunk
    columns = [table.c[name] for name in ("hash", *Place._fields)]
    found = among(conn, select(*columns), table.c.hash, dict.fromkeys(hashes))
    return {bytes(key): Place._make([*place[:-1], bool(place[-1])]) for key, *place in found}


def claimed(conn: Connection, hashes: Iterable[bytes], scopes: Iterable[int]) -> set[bytes]:
    """Which of the chunks one of `scopes` has shown to hold."""
    table, allowed = tables.chunk_scope, list(scopes)
    found: set[bytes] = set()
    for batch in batches(dict.fromkeys(hashes)):
        query = select(table.c.hash).where(table.c.hash.in_(batch), table.c.scope.in_(allowed))
        found.update(map(bytes, conn.execute(query).scalars().all()))
    return found


def pin_packs(conn: Connection, lease: Lease, packs: Iterable[str], now: float) -> list[str]:
    """Keep packs while the lease lives, and take back that they are condemned; gives those that are there to be kept.

    The row is locked by the update before anyone looks whether the pack is still there; sorted, so that two writers
    never wait for each other in a circle.
    """
    wanted = sorted(set(packs))
    for batch in batches(wanted):
        touch = update(tables.pack).where(tables.pack.c.id.in_(batch))
        conn.execute(touch.values(touched_at=now, condemned_at=None))
    alive: list[str] = []
    for batch in batches(wanted):
        alive.extend(conn.execute(select(tables.pack.c.id).where(tables.pack.c.id.in_(batch))).scalars())
    insert_new(conn, tables.lease_pack, [{"lease": lease.id, "pack": pack} for pack in sorted(alive)])
    return alive


def touch_files(conn: Connection, digests: Iterable[bytes], now: float) -> None:
    """Restart the grace of files, and take back that they are condemned."""
    table = tables.file
    for batch in batches(sorted(set(digests))):
        conn.execute(update(table).where(table.c.digest.in_(batch)).values(touched_at=now, condemned_at=None))


def sound_files(conn: Connection, digests: Iterable[bytes]) -> set[bytes]:
    """Which of the files are there and not known to be damaged."""
    table = tables.file
    found: set[bytes] = set()
    for batch in batches(dict.fromkeys(digests)):
        query = select(table.c.digest).where(table.c.digest.in_(batch), table.c.damaged.is_(False))
        found.update(map(bytes, conn.execute(query).scalars().all()))
    return found


def files_in_scope(conn: Connection, digests: Sequence[bytes], scope: int) -> set[bytes]:
    """Which of the files `scope` may claim, and which are sound."""
    table = tables.file_scope
    allowed: set[bytes] = set()
    for batch in batches(dict.fromkeys(digests)):
        query = select(table.c.digest).where(table.c.digest.in_(batch), table.c.scope == scope)
        allowed.update(map(bytes, conn.execute(query).scalars().all()))
    return sound_files(conn, allowed)


def mark_damaged(conn: Connection, digest: bytes, key: bytes) -> None:
    """A chunk did not match: it counts as absent from now on, and so does the file it was read for."""
    conn.execute(update(tables.chunk).where(tables.chunk.c.hash == key).values(damaged=True))
    conn.execute(update(tables.file).where(tables.file.c.digest == digest).values(damaged=True))


def delete_pack_rows(conn: Connection, packs: Sequence[str]) -> None:
    """Forget packs, and the chunks that are in them."""
    keys = select(tables.chunk.c.hash).where(tables.chunk.c.pack.in_(packs))
    conn.execute(delete(tables.chunk_scope).where(tables.chunk_scope.c.hash.in_(keys)))
    conn.execute(delete(tables.chunk).where(tables.chunk.c.pack.in_(packs)))
    conn.execute(delete(tables.lease_pack).where(tables.lease_pack.c.pack.in_(packs)))
    conn.execute(delete(tables.pack).where(tables.pack.c.id.in_(packs)))
