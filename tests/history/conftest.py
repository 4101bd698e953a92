"""Engines for the store suite: it runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Engine, create_engine, event

from museion.history.store import HistoryStore
from museion.history.tables import metadata

SUPPORT = Path(__file__).parents[1] / "support"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"museion_tests_{name}", SUPPORT / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


postgres = load("postgres")


def sqlite_engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def pragmas(connection, _) -> None:
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=10000"):
            connection.execute(f"pragma {pragma}")

    return engine


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if reason := postgres.why_not():
        pytest.skip(f"No PostgreSQL: {reason}")
    with postgres.cluster() as url:
        yield url


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for all tests of an engine; each test starts with empty tables."""
    if request.param == "sqlite":
        engine = sqlite_engine(tmp_path_factory.mktemp("history") / "history.db")
    else:
        engine = create_engine(request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Engine:
    metadata.drop_all(shared_engine)
    metadata.create_all(shared_engine)
    return shared_engine


@pytest.fixture
def new_store(engine: Engine) -> Iterator[Callable[[], HistoryStore]]:
    """Opens stores on one database, as a restart does; all are closed at the end."""
    stores: list[HistoryStore] = []

    def make() -> HistoryStore:
        stores.append(HistoryStore(engine, background=False))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def store(new_store: Callable[[], HistoryStore]) -> HistoryStore:
    return new_store()
