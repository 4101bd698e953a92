"""Open the one database, and bring its schema up to date.

How a transaction begins decides who waits. On SQLite a write transaction begins with BEGIN IMMEDIATE: it takes the
write lock at once, so that it can never read first and fail when it comes to write. A read transaction begins with
plain BEGIN: in WAL mode it sees one snapshot, blocks nobody and is blocked by nobody. Every room may use the engine
in the way SQLAlchemy is usually used: `engine.begin()` writes, `engine.connect()` reads. A connection from
`connect()` that wants to write says so first with `execution_options(museion_write=True)`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text

from museion.errors import UsageError

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000
TURN_SECONDS = 60.0
WRITE = "museion_write"
_MIGRATION_LOCK = 0x6D757365


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`; connections are pooled, for use by many threads."""
    engine = create_engine(make_url(url), pool_size=20, max_overflow=40, pool_pre_ping=not url.startswith("sqlite"))
    turn = None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)
        turn = threading.Lock()
    setattr(engine, "begin", lambda: _writing(engine, turn))  # noqa: B010  (see the docstring: begin() writes)
    return engine


@contextmanager
def _writing(engine: Engine, turn: threading.Lock | None) -> Iterator[Connection]:
    """Threads wait for one another here, and then get on: SQLite lets them try at random, and the unlucky fail."""
    held = turn is not None and turn.acquire(timeout=TURN_SECONDS)
    try:
        with engine.connect().execution_options(**{WRITE: True}) as connection, connection.begin():
            yield connection
    finally:
        if turn is not None and held:
            turn.release()


def _set_pragmas(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin` does
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITE, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def migrate(engine: Engine) -> None:
    """Create or upgrade the tables of all rooms, in one transaction; two servers may start at the same time."""
    if _is_current(engine):  # nearly always: a server starts sooner without Alembic
        return
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise UsageError(
                f"The database {engine.url.render_as_string()} has a schema this Museion does not know ({error}).",
                advice="It was probably written by a newer version: upgrade Museion.",
            ) from error


def _is_current(engine: Engine) -> bool:
    """Whether the newest script was the last to run here. Scripts are one chain, named by their revisions."""
    newest = max(path.stem.partition("_")[0] for path in MIGRATIONS.glob("versions/[0-9]*.py"))
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]
