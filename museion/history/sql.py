"""Transactions as history needs them, alike on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete

from museion.history.tables import tail

_NOTHING = delete(tail).where(tail.c.id < 0)


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Read several tables as of one moment."""
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            driver = connection.connection.dbapi_connection
            if engine.dialect.name == "sqlite" and driver is not None and not driver.in_transaction:
                connection.exec_driver_sql("BEGIN")
            yield connection


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """Read and write; on SQLite the write lock is taken first, so that what is read cannot turn stale."""
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(_NOTHING)
        yield connection
