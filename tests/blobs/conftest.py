"""The store on both databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from blobs.data import noise
from sqlalchemy import Engine
from support import postgres

from museion.blobs.store import BlobStore
from museion.blobs.tables import metadata
from museion.catalog.database import open_engine


@dataclass
class Clock:
    """Time that passes when told to."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Lab:
    """A store that can be closed and opened again, as after a restart."""

    root: Path
    engine: Engine
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        numbers = itertools.count()
        self._token: Callable[[], str] = lambda: f"token-{next(numbers)}"
        self.store: BlobStore | None = None
        self.restart()

    def restart(self) -> BlobStore:
        if self.store:
            self.store.close()
        self.store = BlobStore(self.root, self.engine, clock=self.clock, token=self._token)
        self.store.recover()
        return self.store

    def packs(self) -> list[Path]:
        return sorted(path for path in (self.root / "packs").glob("*/*"))

    def leftovers(self) -> list[Path]:
        return list((self.root / "tmp").iterdir())

    def read(self, digest: str, *bounds: int) -> bytes:
        return b"".join(self.store.open(digest, *bounds))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    if reason := postgres.why_not():
        pytest.skip(f"No PostgreSQL: {reason}")
    with postgres.cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path}/index.db"
    engine = open_engine(url)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def lab(engine: Engine, tmp_path: Path) -> Lab:
    return Lab(tmp_path / "store", engine)


@pytest.fixture(scope="session")
def big() -> bytes:
    """3 MiB that are cut into many chunks."""
    return noise("big", 3 << 20)
