"""Finding what a document names. What the caller may not read is not there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import select

from museion.catalog import tables as t
from museion.catalog.catalog import Rows
from museion.catalog.runs import StoredRun
from museion.catalog.wandb import WandbRun
from museion.errors import NotFound
from museion.model.run import Run
from museion.wandb_wire import ids
from museion.wandb_wire.asked import Asked


@dataclass(frozen=True, slots=True)
class ProjectNode:
    """A project, without its counts."""

    key: int
    entity: str
    name: str
    description: str | None
    created_at: float
    updated_at: float

    @property
    def id(self) -> str:
        return ids.seal("Project", self.key)


@dataclass
class RunNode:
    """A run; what only W&B clients say of it is looked up when asked for."""

    asked: Asked
    stored: StoredRun
    _extra: WandbRun | None = field(default=None, repr=False)

    @property
    def key(self) -> int:
        return self.stored.key

    @property
    def home(self) -> int:
        """The project's key."""
        return self.stored.project

    @property
    def run(self) -> Run:
        return self.stored.run

    @property
    def place(self) -> tuple[str, str, str]:
        """Entity, project and id, as actions take them."""
        return self.run.entity, self.run.project, self.run.id

    @property
    def id(self) -> str:
        return ids.seal("Run", self.key)

    @cached_property
    def extra(self) -> WandbRun:
        if self._extra is not None:
            return self._extra
        with self.asked.stores.catalog.reading() as rows:
            return rows.wandb_runs.get(self.key)


_PROJECT = (
    t.project.c.key,
    t.project.c.entity,
    t.project.c.name,
    t.project.c.description,
    t.project.c.created_at,
    t.project.c.updated_at,
)


def project_row(rows: Rows, key: int) -> ProjectNode | None:
    """The project with this key, whoever may read it."""
    row = rows.connection.execute(select(*_PROJECT).where(t.project.c.key == key)).first()
    return None if row is None else ProjectNode(*row)


def find_project(asked: Asked, entity: str | None, name: str | None) -> ProjectNode | None:
    """The project, or None if it is not there for this caller."""
    home = asked.named(entity)
    if not name or not asked.may("read", home):
        return None
    where = (t.project.c.entity == home, t.project.c.name == name)
    with asked.stores.catalog.reading() as rows:
        row = rows.connection.execute(select(*_PROJECT).where(*where)).first()
    return None if row is None else ProjectNode(*row)


def open_project(asked: Asked, global_id: object, permission: str = "read") -> ProjectNode:
    """The project with this id; raises NotFound, also where the caller may not do this there."""
    key = ids.unseal("Project", global_id)
    with asked.stores.catalog.reading() as rows:
        found = None if key is None else project_row(rows, key)
    if found is None or not asked.may("read", found.entity):
        raise NotFound("There is no such project.")
    asked.demand(permission, found.entity)
    return found


def find_run(asked: Asked, entity: str | None, project: str | None, run: str) -> RunNode | None:
    """The run, or None if it is not there for this caller."""
    home = find_project(asked, entity, project)
    return None if home is None else run_of(asked, home, run)


def run_of(asked: Asked, home: ProjectNode, run: str) -> RunNode | None:
    """The run with this id in a project that was found."""
    with asked.stores.catalog.reading() as rows:
        stored = rows.runs.find(home.key, run) if run != "latest" else None
    return None if stored is None else RunNode(asked, stored)


def run_by_key(asked: Asked, key: int) -> RunNode | None:
    """The run with this key, if the caller may read it."""
    with asked.stores.catalog.reading() as rows:
        there = rows.connection.execute(select(t.run.c.key).where(t.run.c.key == key)).scalar()
        stored = None if there is None else rows.runs.get(key)
    return RunNode(asked, stored) if stored is not None and asked.may("read", stored.run.entity) else None


def open_run(asked: Asked, global_id: object, permission: str = "read") -> RunNode:
    """The run with this id; raises NotFound, also where the caller may not see it, or Forbidden."""
    key = ids.unseal("Run", global_id)
    found = None if key is None else run_by_key(asked, key)
    if found is None:
        raise NotFound("There is no such run.")
    asked.demand(permission, found.run.entity)
    return found


def require_run(asked: Asked, entity: str | None, project: str | None, run: str, permission: str = "write") -> RunNode:
    """The run by its names; raises NotFound, or Forbidden."""
    found = find_run(asked, entity, project, run)
    if found is None:
        raise NotFound(f"There is no run {run!r} in {asked.named(entity)}/{project}.")
    asked.demand(permission, found.run.entity)
    return found


def context(info: Any) -> Asked:
    """The context of a resolver, typed."""
    found: Asked = info.context
    return found
