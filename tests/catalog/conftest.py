"""Databases for the catalog's tests: SQLite always, PostgreSQL where its programs and a driver are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from support.postgres import cluster, why_not

from museion.catalog.catalog import Catalog
from museion.catalog.database import migrate, open_engine


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    if reason := why_not():
        pytest.skip(f"No PostgreSQL: {reason}")
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without tables."""
    if request.param == "sqlite":
        engine = open_engine(f"sqlite:///{tmp_path / 'museion.db'}")
    else:
        engine = open_engine(request.getfixturevalue("postgres"))
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            connection.exec_driver_sql("CREATE SCHEMA public")
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """An engine on a database with all tables."""
    migrate(empty)
    return empty


@pytest.fixture
def catalog(engine: Engine) -> Catalog:
    return Catalog(engine)
