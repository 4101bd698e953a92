"""The database: its schema, and who waits for whom."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, MetaData, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from museion.blobs.tables import metadata as blobs
from museion.catalog import tables as t
from museion.catalog.database import WRITE, migrate, open_engine
from museion.catalog.tables import metadata as catalog
from museion.errors import UsageError
from museion.history.tables import metadata as history

ROOMS: list[MetaData] = [catalog, history, blobs]
USER = {"name": "ada", "created_at": 0.0}


def test_the_migrated_schema_is_what_the_rooms_declare(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, ROOMS)  # type: ignore[arg-type]
    assert [change for change in found if "alembic_version" not in str(change)] == []


def test_the_migrated_tables_are_laid_out_as_declared(tmp_path: Path) -> None:
    """What Alembic does not compare: tables without row ids, ids never used twice, foreign keys, key columns."""
    migrated, declared = open_engine(f"sqlite:///{tmp_path / 'a.db'}"), create_engine(f"sqlite:///{tmp_path / 'b.db'}")
    migrate(migrated)
    for room in ROOMS:
        room.create_all(declared)
    assert _layout(migrated) == _layout(declared)
    migrated.dispose()
    declared.dispose()


def _layout(engine: Engine) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT name, wr FROM pragma_table_list WHERE schema = 'main'")).all()
        for name, without_rowid in tables:
            if name.startswith("sqlite_") or name == "alembic_version":
                continue
            written = connection.execute(
                text("SELECT sql FROM sqlite_master WHERE name = :n"), {"n": name}
            ).scalar_one()
            keys = connection.execute(
                text(f'SELECT "from","table","to",on_delete FROM pragma_foreign_key_list("{name}")')
            )
            columns = connection.execute(
                text(f'SELECT name, pk, "notnull", upper(type) FROM pragma_table_info("{name}")')
            )
            found[name] = (
                without_rowid,
                "AUTOINCREMENT" in written,
                sorted(map(str, keys)),
                sorted(map(str, columns)),
            )
    assert len(found) > 20
    return found


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(insert(t.user).values(USER))
    migrate(engine)
    with engine.connect() as connection:
        assert connection.execute(select(t.user.c.name)).scalars().all() == ["ada"]


def test_a_schema_that_is_up_to_date_is_left_to_itself(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade(*_: object) -> None:
        raise AssertionError("Alembic was asked")

    monkeypatch.setattr("alembic.command.upgrade", upgrade)
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0006'"))
    with pytest.raises(AssertionError):
        migrate(engine)


def test_two_servers_may_start_at_once(empty: Engine) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            migrate(empty)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def test_many_writers_wait_their_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes them all together, and SQLite itself would wait for one."""
    monkeypatch.setattr("museion.catalog.database.BUSY_TIMEOUT_MS", 1)
    engine = open_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    migrate(engine)
    faults: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with engine.begin() as connection:
                connection.execute(insert(t.user).values(name=f"user{number}", created_at=0.0))
                time.sleep(0.02)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with engine.connect() as connection:
        assert len(connection.execute(select(t.user.c.name)).all()) == 12
    engine.dispose()


def test_a_schema_of_a_newer_version_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UsageError, match="newer version"):
        migrate(engine)


def test_a_failed_transaction_leaves_nothing(engine: Engine) -> None:
    def fail() -> None:
        with engine.begin() as connection:
            connection.execute(insert(t.user).values(USER))
            connection.execute(insert(t.user).values(USER))

    with pytest.raises(IntegrityError):
        fail()
    with engine.connect() as connection:
        assert connection.execute(select(t.user)).all() == []


def test_a_reader_is_not_blocked_and_sees_one_moment(engine: Engine) -> None:
    with engine.connect() as reader, engine.begin() as writer:
        assert reader.execute(select(t.user)).all() == []
        writer.execute(insert(t.user).values(USER))
        assert reader.execute(select(t.user)).all() == []


def test_sqlite_keeps_what_it_acknowledged_and_waits_for_the_lock(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'museion.db'}")
    with engine.connect() as connection:
        pragmas = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_writers_that_read_first_take_turns(tmp_path: Path) -> None:
    """Read, then write what was read plus one: plain BEGIN fails here, or loses counts."""
    engine = open_engine(f"sqlite:///{tmp_path / 'museion.db'}")
    migrate(engine)
    with engine.begin() as connection:
        connection.execute(insert(t.user).values(name="0", created_at=0.0))

    def count() -> None:
        for _ in range(20):
            with engine.begin() as connection:
                seen = int(connection.execute(select(t.user.c.name)).scalar_one())
                connection.execute(t.user.update().values(name=str(seen + 1)))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with engine.connect() as connection:
        assert connection.execute(select(t.user.c.name)).scalar_one() == "80"
    engine.dispose()


def test_a_connection_can_say_that_it_will_write(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'museion.db'}")
    migrate(engine)
    with engine.connect().execution_options(**{WRITE: True}) as connection:
        connection.execute(insert(t.user).values(USER))
        connection.commit()
    with engine.connect() as connection:
        assert len(connection.execute(select(t.user)).all()) == 1
    engine.dispose()
