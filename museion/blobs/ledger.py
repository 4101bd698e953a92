"""What is staged and for whom: an SQLite file that the training process and the uploader write at the same time."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from museion.blobs.recipe import Recipe
from museion.blobs.segments import Spot
from museion.blobs.source import Identity
from museion.errors import StorageFull, UsageError

_BATCH = 500
T = TypeVar("T")
_VERSION = 1
_BUSY_SECONDS = 60.0
_SCHEMA = """
CREATE TABLE segment (name TEXT PRIMARY KEY, pack TEXT, size INTEGER);
CREATE TABLE chunk (hash BLOB PRIMARY KEY, segment TEXT NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE INDEX chunk_segment ON chunk (segment);
CREATE TABLE recipe (digest TEXT PRIMARY KEY, size INTEGER NOT NULL, steps BLOB NOT NULL, used_at REAL NOT NULL);
CREATE TABLE held (digest TEXT NOT NULL, holder TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (digest, holder))
  WITHOUT ROWID;
CREATE TABLE file_segment (digest TEXT NOT NULL, segment TEXT NOT NULL, PRIMARY KEY (digest, segment)) WITHOUT ROWID;
CREATE INDEX file_segment_segment ON file_segment (segment);
CREATE TABLE source (digest TEXT PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL);
CREATE TABLE stat (device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL, mtime INTEGER NOT NULL,
  ctime INTEGER NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (device, inode)) WITHOUT ROWID;
"""


# A connection that came through a fork is its parent's: to close it here would harm it.
_inherited: list[sqlite3.Connection | None] = []


class Ledger:
    """One connection, for all threads of this process, made anew after a fork."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._pid = 0
        self._db: sqlite3.Connection | None = None

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A write transaction; alone in this process, and among processes."""
        with self._lock, _clear(self._path):
            db = self._connection()
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for single statements."""
        with self._lock, _clear(self._path):
            yield self._connection()

    def sync(self) -> None:
        """Wait until the disk has all that was written."""
        with self.read() as db:
            db.execute("PRAGMA synchronous = FULL")
            db.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            db.execute("PRAGMA synchronous = NORMAL")

    def close(self) -> None:
        with self._lock:
            if self._db is not None and self._pid == os.getpid():
                self._db.close()
            self._db = None

    def _connection(self) -> sqlite3.Connection:
        if self._db is None or self._pid != os.getpid():
            _inherited.append(self._db)
            self._db, self._pid = self._open(), os.getpid()
        return self._db

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("BEGIN IMMEDIATE")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")
        db.execute("COMMIT")
        if version > _VERSION:
            raise UsageError(f"{self._path} was written by a newer Museion.", advice="Upgrade Museion.")
        return db


@contextmanager
def _clear(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
            raise StorageFull(f"There is no room left to write to {path} ({error}).") from error
        raise


def find_chunks(db: sqlite3.Connection, keys: Iterable[bytes]) -> dict[bytes, Spot]:
    """Where chunks are staged."""
    found: dict[bytes, Spot] = {}
    for batch in _batches(dict.fromkeys(keys)):
        query = f"SELECT hash, segment, offset, length FROM chunk WHERE hash IN ({_marks(batch)})"  # noqa: S608
        found.update((row[0], Spot(*row[1:])) for row in db.execute(query, batch))
    return found


def find_recipes(db: sqlite3.Connection, digests: Iterable[str]) -> dict[str, Recipe]:
    """The same for many."""
    found: dict[str, Recipe] = {}
    for batch in _batches(dict.fromkeys(digests)):
        query = f"SELECT digest, size, steps FROM recipe WHERE digest IN ({_marks(batch)})"  # noqa: S608
        found.update((row[0], Recipe.from_bytes(*row)) for row in db.execute(query, batch))
    return found


def find_recipe(db: sqlite3.Connection, digest: str) -> Recipe | None:
    """The recipe of content that is staged or was once."""
    row = db.execute("SELECT size, steps FROM recipe WHERE digest = ?", (digest,)).fetchone()
    return row and Recipe.from_bytes(digest, row[0], row[1])


def is_held(db: sqlite3.Connection, digest: str) -> bool:
    return db.execute("SELECT 1 FROM held WHERE digest = ?", (digest,)).fetchone() is not None


def has_bytes(db: sqlite3.Connection, recipe: Recipe) -> bool:
    """Whether the content itself is in segments."""
    return len(find_chunks(db, recipe.hashes())) == len(set(recipe.hashes()))


def find_stats(db: sqlite3.Connection, identities: Iterable[Identity]) -> dict[Identity, str]:
    """The digests of files that have not changed since they were added."""
    found: dict[Identity, str] = {}
    for device, asked in _by_device(identities).items():
        for batch in _batches(asked):
            query = f"SELECT inode, size, mtime, ctime, digest FROM stat WHERE device=? AND inode IN ({_marks(batch)})"  # noqa: S608
            for inode, *rest, digest in db.execute(query, (device, *batch)):
                identity = asked[inode]
                if (identity.size, identity.mtime, identity.ctime) == tuple(rest):
                    found[identity] = digest
    return found


def _by_device(identities: Iterable[Identity]) -> dict[int, dict[int, Identity]]:
    found: dict[int, dict[int, Identity]] = {}
    for identity in identities:
        device, inode, *_ = _identity(identity)
        found.setdefault(device, {})[inode] = identity
    return found


def keep_stats(db: sqlite3.Connection, known: Iterable[tuple[Identity, str]]) -> None:
    rows = [(*_identity(identity), digest) for identity, digest in known]
    db.executemany("INSERT OR REPLACE INTO stat VALUES (?,?,?,?,?,?)", rows)


def keep_segments(db: sqlite3.Connection, names: Iterable[str], sealed: dict[str, tuple[str, int]]) -> None:
    db.executemany("INSERT OR IGNORE INTO segment VALUES (?, NULL, NULL)", [(name,) for name in names])
    rows = [(pack, size, name) for name, (pack, size) in sealed.items()]
    db.executemany("UPDATE segment SET pack = ?, size = ? WHERE name = ?", rows)


def keep_chunks(db: sqlite3.Connection, spots: dict[bytes, Spot]) -> int:
    """Enter those that are not there; gives how many these were."""
    rows = [(key, spot.segment, spot.offset, spot.length) for key, spot in spots.items()]
    return db.executemany("INSERT OR IGNORE INTO chunk VALUES (?,?,?,?)", rows).rowcount if rows else 0


def keep_files(db: sqlite3.Connection, recipes: Sequence[Recipe], segments: dict[str, set[str]], now: float) -> None:
    rows = [(recipe.digest, recipe.size, recipe.to_bytes(), now) for recipe in recipes]
    change = "ON CONFLICT (digest) DO UPDATE SET used_at = excluded.used_at"
    db.executemany(f"INSERT INTO recipe VALUES (?,?,?,?) {change}", rows)  # noqa: S608
    needed = [(digest, name) for digest, names in segments.items() for name in names]
    db.executemany("INSERT OR IGNORE INTO file_segment VALUES (?,?)", needed)


def keep_source(db: sqlite3.Connection, digest: str, path: Path, identity: Identity) -> None:
    row = (digest, os.fspath(path), identity.size, identity.mtime)
    db.execute("INSERT OR REPLACE INTO source VALUES (?,?,?,?)", row)


def find_source(db: sqlite3.Connection, digest: str) -> tuple[Path, int, int] | None:
    """Where content that was added in place lies, with its size and time of change."""
    row = db.execute("SELECT path, size, mtime FROM source WHERE digest = ?", (digest,)).fetchone()
    return row and (Path(row[0]), row[1], row[2])


def hold(db: sqlite3.Connection, digests: Iterable[str], holder: str) -> None:
    """One more reason to keep each."""
    change = "ON CONFLICT (digest, holder) DO UPDATE SET count = count + 1"
    rows = [(digest, holder) for digest in digests]
    db.executemany(f"INSERT INTO held VALUES (?, ?, 1) {change}", rows)  # noqa: S608


def let_go(db: sqlite3.Connection, digests: Sequence[str], holder: str) -> None:
    """One reason less for each."""
    pairs = [(digest, holder) for digest in digests]
    db.executemany("UPDATE held SET count = count - 1 WHERE digest = ? AND holder = ?", pairs)
    db.execute("DELETE FROM held WHERE count <= 0")


def let_go_of_all(db: sqlite3.Connection, holder: str) -> None:
    db.execute("DELETE FROM held WHERE holder = ?", (holder,))


def holders(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT DISTINCT holder FROM held")}


def unneeded_segments(db: sqlite3.Connection) -> list[str]:
    """Forget files nobody holds; gives the segments that no file needs any more."""
    db.execute("DELETE FROM file_segment WHERE digest NOT IN (SELECT digest FROM held)")
    db.execute("DELETE FROM source WHERE digest NOT IN (SELECT digest FROM held)")
    query = "SELECT name FROM segment WHERE name NOT IN (SELECT segment FROM file_segment)"
    return [row[0] for row in db.execute(query)]


def forget_segment(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM chunk WHERE segment = ?", (name,))
    db.execute("DELETE FROM segment WHERE name = ?", (name,))


def forget_old(db: sqlite3.Connection, before: float) -> None:
    """Forget recipes that were not used since `before`, and what was remembered with them."""
    db.execute("DELETE FROM recipe WHERE used_at < ? AND digest NOT IN (SELECT digest FROM held)", (before,))
    db.execute("DELETE FROM stat WHERE digest NOT IN (SELECT digest FROM recipe)")


def is_sealed(db: sqlite3.Connection, name: str) -> bool:
    """Whether a segment is a whole pack."""
    return db.execute("SELECT 1 FROM segment WHERE name = ? AND pack IS NOT NULL", (name,)).fetchone() is not None


def end_of_segment(db: sqlite3.Connection, name: str) -> int | None:
    """Where the last chunk that anyone knows of ends; None if the segment is not known."""
    row = db.execute("SELECT max(offset + length) FROM chunk WHERE segment = ?", (name,)).fetchone()
    return None if row[0] is None else int(row[0])


def segment_names(db: sqlite3.Connection) -> set[str]:
    return {row[0] for row in db.execute("SELECT name FROM segment")}


def _identity(identity: Identity) -> tuple[Any, ...]:
    # Inode and device numbers may use all 64 bits; SQLite's integers have a sign.
    signed = [n - (1 << 64) if n >= 1 << 63 else n for n in (identity.device, identity.inode)]
    return (*signed, identity.size, identity.mtime, identity.ctime)


def _marks(batch: Sequence[object]) -> str:
    return ",".join("?" * len(batch))


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while batch := list(islice(rest, _BATCH)):
        yield batch
