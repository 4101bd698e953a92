"""Who needs which bytes: exact counts of users for files and for chunks, so that "frees N bytes" is true to the byte.

A *holder* is whatever names files: a version's manifest, a run with its files. The account knows of each holder which
files it names, of each file how many holders need it, of each chunk how many needed files it is in. It is brought up
to date now and then, and when somebody asks, who pays for what changed since. Functions work inside the caller's
transaction.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

import zstandard
from sqlalchemy import Connection, delete, exists, func, insert, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from museion.blobs import tables
from museion.blobs.index import among, batches, for_keys
from museion.blobs.recipe import distinct

Contents = Callable[[str], Mapping[bytes, int]]
_LOCK = 0x6D757361
_MAX = 1 << 28


@dataclass(frozen=True, slots=True)
class Usage:
    """What some holders need: how many files, with `size` bytes of content; `stored` bytes of packs hold these once,
    and of them `unique` are needed by nobody else: so many would be freed."""

    files: int
    size: int
    stored: int
    unique: int

    @property
    def shared(self) -> int:
        return self.stored - self.unique


def is_current(conn: Connection, now: Mapping[str, str]) -> bool:
    """Whether `refresh` would change nothing."""
    return _known(conn) == now


def refresh(conn: Connection, now: Mapping[str, str], contents: Contents, most: int | None = None) -> bool:
    """Bring the account up to date: `now` has every holder's name, and a stamp that changes with what it names;
    `contents` gives a holder's files (raw digest → size). With `most`, stop after the holder with which so many files
    were counted; gives whether it is up to date."""
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    known = _known(conn)
    new = [name for name, stamp in now.items() if known.get(name) != stamp]
    gone = [name for name in known if name not in now]
    counted = 0
    for place, name in enumerate([*new, *gone]):  # the new first: what goes to nothing in between would come again
        if most is not None and counted >= most:
            return False
        found = contents(name) if place < len(new) else {}
        counted += _replace(conn, name, now.get(name), found, name in known)
    return True


def _known(conn: Connection) -> dict[str, str]:
    table = tables.account_holder
    return {row.name: row.stamp for row in conn.execute(select(table.c.name, table.c.stamp))}


def _replace(conn: Connection, name: str, stamp: str | None, contents: Mapping[bytes, int], known: bool) -> int:
    """Let a holder name `contents` (nothing without a stamp); gives how many files that was about."""
    table, counted = tables.account_holder, len(contents)
    if stamp is not None:
        _enter(conn, f"{name}+", stamp, contents)
    if known:
        counted += _leave(conn, name)
    if stamp is not None:
        conn.execute(update(table).where(table.c.name == f"{name}+").values(name=name))
    return counted


def forget(conn: Connection) -> None:
    """Empty the account; the next question makes it anew."""
    for table in (tables.account_holder, tables.account_file, tables.account_chunk):
        conn.execute(delete(table))


def usage(conn: Connection, holders: Iterable[str]) -> Usage:
    """What these holders need, and what of it nobody else does."""
    counts = _counted(conn, holders)
    files, alone, size = list[bytes](), list[bytes](), 0
    table = tables.account_file
    query = select(table.c.number, table.c.digest, table.c.size, table.c.users)
    for number, digest, length, users in among(conn, query, table.c.number, counts):
        files.append(bytes(digest))
        size += length
        if users == counts[number]:
            alone.append(bytes(digest))
    needed, own = chunk_counts(conn, files), chunk_counts(conn, alone)
    stored = stored_sizes(conn, needed)
    users_of = _chunk_users(conn, own)
    unique = sum(stored.get(key, 0) for key, count in own.items() if users_of.get(key) == count)
    return Usage(len(files), size, sum(stored.values()), unique)


def freed(conn: Connection, digests: Iterable[bytes]) -> int:
    """Bytes in packs that are needed by these files, which some holder let go of, and by no file that is still held."""
    file, chunk = tables.file.c, tables.chunk.c
    held = exists().where(tables.account_file.c.digest == file.digest)
    needed = exists().where(tables.account_chunk.c.hash == chunk.hash)
    recipes = among(conn, select(file.recipe).where(~held), file.digest, sorted(set(digests)))
    keys = {key for (recipe,) in recipes for key in distinct(bytes(recipe))}
    sizes = among(conn, select(func.coalesce(func.sum(chunk.stored), text("0"))).where(~needed), chunk.hash, keys)
    return sum(int(size) for (size,) in sizes)


def total(conn: Connection) -> int:
    """Bytes in packs that somebody needs."""
    joined = tables.account_chunk.join(tables.chunk, tables.chunk.c.hash == tables.account_chunk.c.hash)
    return int(conn.execute(select(func.coalesce(func.sum(tables.chunk.c.stored), 0)).select_from(joined)).scalar_one())


def _enter(conn: Connection, name: str, stamp: str, contents: Mapping[bytes, int]) -> None:
    table = tables.account_file
    numbers = _numbers(conn, contents)
    _add(conn, list(numbers.values()), 1)
    fresh = [key for key in contents if key not in numbers]
    for batch in batches(fresh, 5_000):
        conn.execute(insert(table), [{"digest": key, "size": contents[key], "users": 1} for key in batch])
    _count_chunks(conn, chunk_counts(conn, fresh))
    numbers |= _numbers(conn, fresh)
    row = {"name": name, "stamp": stamp, "files": _packed(numbers.values())}
    conn.execute(insert(tables.account_holder).values(row))


def _leave(conn: Connection, name: str) -> int:
    table = tables.account_file
    holder = tables.account_holder
    packed = conn.execute(select(holder.c.files).where(holder.c.name == name)).scalar_one()
    numbers = _unpacked(bytes(packed))
    _add(conn, numbers, -1)
    gone = [bytes(key) for key in conn.execute(select(table.c.digest).where(table.c.users <= 0)).scalars()]
    _discount_chunks(conn, chunk_counts(conn, gone))
    conn.execute(delete(table).where(table.c.users <= 0))
    conn.execute(delete(tables.account_chunk).where(tables.account_chunk.c.users <= 0))
    conn.execute(delete(holder).where(holder.c.name == name))
    return len(numbers)


def _numbers(conn: Connection, digests: Iterable[bytes]) -> dict[bytes, int]:
    table = tables.account_file
    found = among(conn, select(table.c.digest, table.c.number), table.c.digest, digests)
    return {bytes(digest): number for digest, number in found}


def _add(conn: Connection, numbers: list[int], more: int) -> None:
    table = tables.account_file
    changed = update(table).values(users=table.c.users + literal_column(str(more)))
    for _ in for_keys(conn, changed, table.c.number, numbers):
        continue


def chunk_counts(conn: Connection, digests: Iterable[bytes]) -> Counter[bytes]:
    """In how many of these files each chunk is."""
    table = tables.file
    recipes = among(conn, select(table.c.recipe), table.c.digest, digests)
    return Counter(key for (recipe,) in recipes for key in distinct(bytes(recipe)))


def _discount_chunks(conn: Connection, counts: Counter[bytes]) -> None:
    table, by_count = tables.account_chunk, defaultdict[int, list[bytes]](list)
    for key, count in sorted(counts.items()):
        by_count[count].append(key)
    for count, keys in by_count.items():  # nearly always 1
        less = update(table).values(users=table.c.users - literal_column(str(count)))
        for _ in for_keys(conn, less, table.c.hash, keys):
            continue


def _count_chunks(conn: Connection, counts: Counter[bytes]) -> None:
    table = tables.account_chunk
    make = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    added = make(table)
    grown = table.c.users + added.excluded.users
    statement = added.on_conflict_do_update(index_elements=["hash"], set_={"users": grown})
    for batch in batches(sorted(counts.items()), 5_000):
        conn.execute(statement, [{"hash": key, "users": count} for key, count in batch])


def _chunk_users(conn: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    table = tables.account_chunk
    return {bytes(key): users for key, users in among(conn, select(table.c.hash, table.c.users), table.c.hash, keys)}


def stored_sizes(conn: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """Bytes that chunks take in packs."""
    table = tables.chunk
    return {bytes(key): size for key, size in among(conn, select(table.c.hash, table.c.stored), table.c.hash, keys)}


def _counted(conn: Connection, holders: Iterable[str]) -> Counter[int]:
    table, counts = tables.account_holder, Counter[int]()
    for batch in batches(dict.fromkeys(holders)):
        for packed in conn.execute(select(table.c.files).where(table.c.name.in_(batch))).scalars():
            counts.update(_unpacked(bytes(packed)))
    return counts


def _packed(numbers: Iterable[int]) -> bytes:
    """Sorted, as differences, compressed: a holder of 100,000 files takes a few kilobytes."""
    ordered = sorted(numbers)
    differences = array("I", [*ordered[:1], *(b - a for a, b in pairwise(ordered))])
    return zstandard.compress(differences.tobytes(), 3)


def _unpacked(packed: bytes) -> list[int]:
    return list(accumulate(array("I", zstandard.decompress(packed, max_output_size=_MAX))))
