"""Back a server up while it works: one moment of its database, and every pack that this moment needs.

The database in a backup is always an SQLite file, whatever the server uses, so that every backup can be restored into
either. Packs never change: a second backup into the same folder brings only what is new.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, func, insert, select, text

from museion.actions.stores import DATABASE, Stores
from museion.blobs import tables as blob_tables
from museion.blobs.disk import sync_file, sync_folder
from museion.blobs.packs import Folder
from museion.catalog import tables as catalog_tables
from museion.catalog.database import migrate, open_engine
from museion.errors import Corrupt, UsageError
from museion.history import tables as history_tables

FORMAT = 1
SAYS = "backup.json"
SIGNING = "secret"
HOLD_SECONDS = 24 * 3600.0
ROOMS: tuple[MetaData, ...] = (catalog_tables.metadata, history_tables.metadata, blob_tables.metadata)
_ROWS = 2_000
_MOMENTS = 20


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup has: its time (UTC seconds), packs and their bytes; and of these, how many came new."""

    format: int
    created_at: float
    packs: int
    bytes: int
    new_packs: int
    new_bytes: int
    linked: int


def backup(stores: Stores, root: Path, target: Path, *, link: bool = False) -> Backup:
    """Write a backup of the server under `root` into the folder `target`, which is new or has an older one of it.

    A crash leaves the older one whole. With `link`, packs on the same disk are second names of the same files: that
    is quick and takes no room, and keeps from deletion, but not from a failing disk.
    """
    _check_target(root, target)
    with _moment(stores, target / f"{DATABASE}.new") as (database, wanted):
        copied = stores.blobs.copy_packs(target, wanted, link=link)
        said = Backup(
            FORMAT, stores.clock(), len(wanted), sum(wanted.values()), copied.packs, copied.bytes, copied.linked
        )
        _keep_secret(root, target)
        os.replace(database, target / DATABASE)
        (target / SAYS).write_text(json.dumps(asdict(said), indent=1) + "\n")
        sync_file(target / SAYS)
        sync_folder(target)
    _forget_others(target, set(wanted))
    return said


@contextmanager
def _moment(stores: Stores, path: Path) -> Iterator[tuple[Path, dict[str, int]]]:
    """A snapshot at `path`, and the packs it needs (id → size), none of which goes meanwhile. What was here before
    stays; if a pack came and went again while the snapshot was taken, another one is taken."""
    with stores.blobs.held(HOLD_SECONDS), _fresh(path) as database:
        for left in reversed(range(_MOMENTS)):
            snapshot(stores.catalog.engine, database)
            wanted = _packs(database)
            with stores.blobs.held(HOLD_SECONDS) as there:
                if wanted.keys() <= there or not left:
                    yield database, wanted
                    return
            database.unlink()


def _check_target(root: Path, target: Path) -> None:
    if target.resolve() == root.resolve() or root.resolve() in target.resolve().parents:
        raise UsageError(f"{target} lies in the server's own folder.", advice="Choose another place.")
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(target.iterdir()) and not (target / SAYS).exists() and not (target / f"{DATABASE}.new").exists():
        raise UsageError(f"{target} has something else in it.", advice="Choose a new folder, or one with a backup.")


@contextmanager
def _fresh(path: Path) -> Iterator[Path]:
    """A path for a new file; what is left of it is removed at the end."""
    for leftover in path.parent.glob(f"{path.name}*"):
        leftover.unlink()
    try:
        yield path
    finally:
        for leftover in path.parent.glob(f"{path.name}*"):
            leftover.unlink(missing_ok=True)


def snapshot(engine: Engine, target: Path) -> None:
    """One moment of the database as an SQLite file; writers go on meanwhile."""
    if engine.dialect.name == "sqlite":
        _sqlite_snapshot(engine, target)
    else:
        with _whole(f"sqlite:///{target}") as copy, _one_moment(engine) as source, copy.begin() as into:
            copy_rows(source, into)
    with closing(sqlite3.connect(target)) as made:
        made.execute("PRAGMA journal_mode = DELETE")
        if (found := made.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
            raise Corrupt(f"The copy of the database is damaged: {found}.", advice="Look at the original.")
    sync_file(target)


def _sqlite_snapshot(engine: Engine, target: Path) -> None:
    with closing(sqlite3.connect(str(engine.url.database))) as source, closing(sqlite3.connect(target)) as copy:
        source.execute("PRAGMA busy_timeout = 60000")
        source.backup(copy)


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        yield connection


@contextmanager
def _whole(url: str) -> Iterator[Engine]:
    """A database with its schema made."""
    engine = open_engine(url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()


def copy_rows(source: Connection, target: Connection) -> None:
    """All rows of all rooms into empty tables."""
    for table in _in_order():
        taken = source.execution_options(stream_results=True).execute(select(table))
        while rows := taken.fetchmany(_ROWS):
            target.execute(insert(table), [dict(row._mapping) for row in rows])
        if target.dialect.name == "postgresql":
            _count_on(target, table)


def _in_order() -> Iterator[Table]:
    """The rooms share no foreign keys: each room's own order will do."""
    for room in ROOMS:
        yield from room.sorted_tables


def _count_on(target: Connection, table: Table) -> None:
    """Let PostgreSQL give out keys after the highest that came."""
    for column in table.primary_key.columns:
        named = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = target.execute(named, {"table": f'"{table.name}"', "column": column.name}).scalar()
        highest = target.execute(select(func.max(column))).scalar() if sequence else None
        if highest is not None:
            target.execute(text("SELECT setval(:sequence, :highest)"), {"sequence": sequence, "highest": highest})


def _packs(database: Path) -> dict[str, int]:
    """Id and size of the packs that a snapshot needs."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as made:
        return dict(made.execute("SELECT id, size FROM blob_pack WHERE state = 1"))


def _keep_secret(root: Path, target: Path) -> None:
    """With it, sessions and signed links live on after a restore."""
    if (root / SIGNING).is_file():
        shutil.copyfile(root / SIGNING, target / SIGNING)
        (target / SIGNING).chmod(0o600)


def _forget_others(target: Path, wanted: set[str]) -> None:
    there = Folder(target)
    for pack, _ in list(there.each()):
        if pack not in wanted:
            there.delete(pack)
