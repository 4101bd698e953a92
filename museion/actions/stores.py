"""The three stores in one hand, as every verb receives them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from museion.actions.addresses import Addresses
from museion.actions.touch_runs import Touch
from museion.blobs.bucket import open_packs
from museion.blobs.store import BlobStore
from museion.catalog.catalog import Catalog, Rows
from museion.catalog.database import migrate, open_engine
from museion.errors import ProjectNotFound, RunNotFound, UsageError
from museion.history.store import HistoryStore

DATABASE = "museion.db"


@dataclass(frozen=True, slots=True)
class Stores:
    """Rows, numbers and bytes; `clock` gives UTC seconds since the epoch."""

    catalog: Catalog
    history: HistoryStore
    blobs: BlobStore
    clock: Callable[[], float] = time.time
    addresses: Addresses = field(default_factory=Addresses)

    def close(self) -> None:
        """Finish what is being written and let go of the database."""
        self.history.close()
        self.blobs.close()
        self.catalog.engine.dispose()


def open_stores(
    root: Path,
    database: str | None = None,
    *,
    storage: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Stores:
    """Open what lies under `root`, or make it; `database` is a URL (None: an SQLite file under `root`).

    `storage` is the URL of a bucket for the packs (`s3://bucket/prefix`; None: a folder under `root`).

    The schema is brought up to date, and what a crash left half-done among the bytes is cleaned up.
    """
    root.mkdir(parents=True, exist_ok=True)
    engine = open_engine(database or f"sqlite:///{root / DATABASE}")
    try:
        migrate(engine)
        blobs = BlobStore(root, engine, clock=clock, packs=open_packs(root, storage))
        blobs.recover()
        return Stores(Catalog(engine), HistoryStore(engine, along=Touch(clock)), blobs, clock)
    except BaseException:
        engine.dispose()
        raise


def visit_stores(
    root: Path,
    database: str | None = None,
    *,
    storage: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Stores:
    """The stores under `root` as a guest, while a server may be at work on them: nothing is brought up to date or
    cleaned up. Raises UsageError if there are none."""
    if database is None and not (root / DATABASE).is_file():
        raise UsageError(f"{root} is not a server's folder: it has no {DATABASE}.", advice="Give --root.")
    engine = open_engine(database or f"sqlite:///{root / DATABASE}")
    blobs = BlobStore(root, engine, clock=clock, packs=open_packs(root, storage))
    return Stores(Catalog(engine), HistoryStore(engine, background=False), blobs, clock)


def project_key(rows: Rows, entity: str, project: str) -> int:
    """The key of the project; raises ProjectNotFound."""
    key = rows.projects.key(entity, project)
    if key is None:
        raise ProjectNotFound(f"There is no project {entity}/{project}.", advice="It appears with its first run.")
    return key


def run_key(rows: Rows, entity: str, project: str, run: str) -> tuple[int, int]:
    """The keys of the project and of its run (`latest` is allowed); raises ProjectNotFound or RunNotFound."""
    home = project_key(rows, entity, project)
    if run == "latest":
        newest = rows.runs.find(home, run)
        key = newest.key if newest else None
    else:
        key = rows.runs.key(home, run)
    if key is None:
        raise RunNotFound(f"There is no run {run!r} in {entity}/{project}.")
    return home, key


def scope(entity: str, project: str) -> str:
    """The name under which the blob store knows what a project may see."""
    return f"{entity}/{project}"
