"""Databases for the catalog's tests: SQLite always, PostgreSQL where its programs and a driver are installed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from museion.catalog.catalog import Catalog
from museion.catalog.database import migrate, open_engine


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server of our own, on a socket in a temporary folder."""
    if not shutil.which("pg_ctl") or not shutil.which("initdb") or importlib.util.find_spec("psycopg") is None:
        pytest.skip("needs PostgreSQL's programs and psycopg")
    root = tmp_path_factory.mktemp("postgres")
    as_user = _unprivileged(root)
    data = root / "data"
    _run([*as_user, shutil.which("initdb"), "-D", data, "-U", "museion", "-A", "trust", "--no-sync"])
    options = f"-k {root} -c listen_addresses='' -c fsync=off"
    _run([*as_user, shutil.which("pg_ctl"), "-D", data, "-o", options, "-l", root / "log", "-w", "start"])
    yield f"postgresql+psycopg://museion@/postgres?host={root}"
    _run([*as_user, shutil.which("pg_ctl"), "-D", data, "-m", "immediate", "stop"])


def _unprivileged(root: Path) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(root, "nobody")
    for parent in root.parents:
        if parent.owner() == "root" and parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    return ["setpriv", "--reuid=nobody", "--clear-groups"]


def _run(command: list[object]) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


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
