"""The real stores on a temporary folder, with a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, inspect
from support.postgres import cluster, why_not
from support.roots import new_root

from museion.actions.commit_artifact import Commit, Draft, commit_artifact
from museion.actions.stores import Stores, open_stores, scope
from museion.actions.upsert_run import RunChange, upsert_run
from museion.actions.use_artifact import use_artifact
from museion.model.artifact import Version
from museion.model.manifest import Content, Manifest
from museion.model.run import Run


@dataclass
class Clock:
    """A clock that goes on `tick` seconds whenever it is looked at."""

    now: float = 1_000.0
    tick: float = 1.0

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


@dataclass(frozen=True)
class Lab:
    """The project `ada/digits` in short words."""

    stores: Stores
    clock: Clock
    entity: str = "ada"
    project: str = "digits"

    def run(self, run: str, **change: Any) -> Run:
        return upsert_run(self.stores, self.entity, self.project, run, RunChange(**change))[0]

    def manifest(self, files: Mapping[str, bytes]) -> Manifest:
        """A manifest of contents that are uploaded at once."""
        place = scope(self.entity, self.project)
        put = {path: self.stores.blobs.put_bytes(data, place) for path, data in files.items()}
        return Manifest.of({path: Content(digest, len(files[path])) for path, digest in put.items()})

    def commit(self, name: str, files: Mapping[str, bytes], *, type: str = "dataset", **more: Any) -> Commit:
        draft = Draft(name=name, type=type, manifest=self.manifest(files), **more)
        return commit_artifact(self.stores, self.entity, self.project, draft)

    def use(self, run: str, artifact: str, **more: Any) -> Version:
        return use_artifact(self.stores, self.entity, self.project, run, artifact, **more)

    @property
    def place(self) -> tuple[Stores, str, str]:
        return self.stores, self.entity, self.project


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server of our own."""
    if reason := why_not():
        pytest.skip(f"No PostgreSQL: {reason}")
    with cluster() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """None for SQLite in the stores' folder, or the URL of an empty PostgreSQL database."""
    if request.param == "sqlite":
        return None
    url: str = request.getfixturevalue("postgres")
    _empty(url)
    return url


def _empty(url: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        if names:
            quoted = ", ".join(f'"{name}"' for name in names)
            connection.exec_driver_sql(f"TRUNCATE {quoted} RESTART IDENTITY CASCADE")
    engine.dispose()


@pytest.fixture
def lab(tmp_path: Path, clock: Clock, database: str | None) -> Iterator[Lab]:
    root = tmp_path / "server" if database else new_root(tmp_path / "server")
    stores = open_stores(root, database, clock=clock)
    yield Lab(stores, clock)
    stores.close()
