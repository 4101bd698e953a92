"""Projects, and what they add up to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, select, update

from museion.catalog import tables as t
from museion.catalog.runs import HERE
from museion.catalog.sql import like, upsert
from museion.model.run import RunState


@dataclass(frozen=True, slots=True)
class Project:
    """A project with its counts. `size` is in bytes: every content of its versions once, plus its runs' files."""

    key: int
    entity: str
    name: str
    description: str | None
    created_at: float
    updated_at: float
    runs: int = 0
    running: int = 0
    artifacts: int = 0
    size: int = 0


class Projects:
    """The table `project`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def key(self, entity: str, name: str) -> int | None:
        """The project's key, or None."""
        where = and_(t.project.c.entity == entity, t.project.c.name == name)
        return self._sql.execute(select(t.project.c.key).where(where)).scalar()

    def ensure(self, entity: str, name: str, now: float) -> int:
        """The project's key; the project is made if it is not there. Its row stays locked until the transaction ends,
        so that two writers cannot give out one number twice."""
        fresh = {"entity": entity, "name": name, "created_at": now, "updated_at": now, "run_counter": 0, "cursor": 0}
        self._sql.execute(upsert(self._sql, t.project).values(fresh).on_conflict_do_nothing())
        where = and_(t.project.c.entity == entity, t.project.c.name == name)
        return int(self._sql.execute(select(t.project.c.key).where(where).with_for_update()).scalar_one())

    def next_run_number(self, key: int) -> int:
        """1 for the first run of the project, and never one number twice, deletions or not."""
        counted = update(t.project).where(t.project.c.key == key).values(run_counter=t.project.c.run_counter + 1)
        return int(self._sql.execute(counted.returning(t.project.c.run_counter)).scalar_one())

    def get(self, key: int) -> Project:
        """The project with its counts."""
        return _project(self._sql.execute(_with_counts().where(t.project.c.key == key)).one())

    def places(self) -> list[tuple[int, str, str]]:
        """(key, entity, name) of every project."""
        p = t.project.c
        return [(row.key, row.entity, row.name) for row in self._sql.execute(select(p.key, p.entity, p.name))]

    def search(self, entities: Sequence[str] | None = None, q: str = "") -> list[Project]:
        """Projects of these entities (None: all) whose name contains `q`; the last changed first."""
        where: list[ColumnElement[bool]] = []
        if entities is not None:
            where.append(t.project.c.entity.in_(entities))
        if q:
            where.append(t.project.c.name.ilike(like(q), escape="\\"))
        order = (t.project.c.updated_at.desc(), t.project.c.key.desc())
        return [_project(row) for row in self._sql.execute(_with_counts().where(*where).order_by(*order))]

    def delete(self, key: int) -> None:
        """Remove the project; everything of the catalog that refers to it goes with it."""
        self._sql.execute(t.project.delete().where(t.project.c.key == key))


def _project(row: Row[Any]) -> Project:
    return Project(**row._mapping)


def _with_counts() -> Select[Any]:
    runs = (
        select(
            t.run.c.project,
            func.count().label("runs"),
            func.sum(case((t.run.c.state == RunState.RUNNING.value, 1), else_=0)).label("running"),
        )
        .where(HERE)
        .group_by(t.run.c.project)
        .subquery()
    )
    collections = (
        select(t.collection.c.project, func.count().label("artifacts")).group_by(t.collection.c.project).subquery()
    )
    contents = (
        select(t.collection.c.project, t.version.c.digest, t.version.c.size)
        .join_from(t.version, t.collection)
        .distinct()
        .subquery()
    )
    contents = (
        select(contents.c.project, func.sum(contents.c.size).label("size")).group_by(contents.c.project).subquery()
    )
    files = (
        select(t.run.c.project, func.sum(t.run_file.c.size).label("size"))
        .join_from(t.run_file, t.run)
        .where(HERE)
        .group_by(t.run.c.project)
        .subquery()
    )
    p = t.project.c
    zero = func.coalesce
    return (
        select(
            *(p.key, p.entity, p.name, p.description, p.created_at, p.updated_at),
            *(zero(runs.c.runs, 0).label("runs"), zero(runs.c.running, 0).label("running")),
            zero(collections.c.artifacts, 0).label("artifacts"),
            (zero(contents.c.size, 0) + zero(files.c.size, 0)).label("size"),
        )
        .join_from(t.project, runs, runs.c.project == p.key, isouter=True)
        .join(collections, collections.c.project == p.key, isouter=True)
        .join(contents, contents.c.project == p.key, isouter=True)
        .join(files, files.c.project == p.key, isouter=True)
    )
