"""Edges: run made version, run used version."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal_column, or_, select

from museion.catalog import tables as t
from museion.catalog.runs import HERE
from museion.catalog.sql import pieces, upsert

EdgeRole = Literal["made", "used"]
NO_JOB = "run"
"""The job type of a run that has none, in the graph."""
JOB = func.coalesce(t.run.c.job_type, literal_column(f"'{NO_JOB}'")).label("job")


@dataclass(frozen=True, slots=True)
class StoredEdge:
    """An edge, by the keys of its ends."""

    run: int
    version: int
    role: EdgeRole
    step: int | None = None


@dataclass(frozen=True, slots=True)
class RunEnd:
    """What the graph shows of a run."""

    key: int
    entity: str
    project: str
    id: str
    name: str
    job_type: str | None
    state: str
    created_at: float


@dataclass(frozen=True, slots=True)
class VersionEnd:
    """What the graph shows of a version."""

    key: int
    entity: str
    project: str
    name: str
    type: str
    number: int
    created_at: float
    aliases: tuple[str, ...]


class Edges:
    """The table `edge`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, run: int, version: int, role: EdgeRole, step: int | None, now: float) -> None:
        """Record the edge, unless it is there."""
        row = {"run": run, "version": version, "role": role, "step": step, "created_at": now}
        self._sql.execute(upsert(self._sql, t.edge).values(row).on_conflict_do_nothing())

    def has(self, run: int, version: int, role: EdgeRole) -> bool:
        e = t.edge.c
        where = and_(e.run == run, e.version == version, e.role == role)
        return self._sql.execute(select(e.run).where(where)).first() is not None

    def versions(self, run: int, role: EdgeRole) -> list[int]:
        """Keys of the versions this run made or used."""
        e = t.edge.c
        return list(self._sql.execute(select(e.version).where(e.run == run, e.role == role)).scalars())

    def runs(self, version: int, role: EdgeRole) -> list[int]:
        """Keys of the runs that made or used this version, in the order they did."""
        e = t.edge.c
        wanted = select(e.run).join_from(t.edge, t.run).where(e.version == version, e.role == role, HERE)
        wanted = wanted.order_by(e.created_at, e.run)
        return list(self._sql.execute(wanted).scalars())

    def papers(self, version: int) -> list[tuple[int, EdgeRole, int | None, float]]:
        """(run, role, step, time) of a version's edges: what it takes to draw them again."""
        e = t.edge.c
        wanted = select(e.run, e.role, e.step, e.created_at).where(e.version == version)
        rows = self._sql.execute(wanted.order_by(e.created_at, e.run))
        return [(row.run, row.role, row.step, row.created_at) for row in rows]

    def living(self, runs: Iterable[int]) -> set[int]:
        """Those of these keys that are still a run's."""
        key = t.run.c.key
        return {k for piece in pieces(runs) for k in self._sql.execute(select(key).where(key.in_(piece))).scalars()}

    def at_runs(self, runs: Iterable[int], role: EdgeRole) -> list[StoredEdge]:
        """Edges of these runs."""
        return [e for piece in pieces(runs) for e in self._read(t.edge.c.run.in_(piece), t.edge.c.role == role)]

    def at_versions(self, versions: Iterable[int], role: EdgeRole) -> list[StoredEdge]:
        """Edges of these versions."""
        return [e for piece in pieces(versions) for e in self._read(t.edge.c.version.in_(piece), t.edge.c.role == role)]

    def between(self, runs: Collection[int], versions: Collection[int]) -> list[StoredEdge]:
        """Edges that have both ends among these."""
        known = set(versions)
        found = [e for piece in pieces(runs) for e in self._read(t.edge.c.run.in_(piece))]
        return [edge for edge in found if edge.version in known]

    def projects(self, project: int) -> list[tuple[int, str, str]]:
        """(key, entity, name) of all projects that edges of `project` lead to, itself included."""
        ends = _with_ends(t.run.c.project.label("run_home"), t.collection.c.project.label("version_home"))
        pairs = ends.where(_touches(project)).distinct().subquery()
        homes = or_(
            t.project.c.key == project,
            t.project.c.key.in_(select(pairs.c.run_home)),
            t.project.c.key.in_(select(pairs.c.version_home)),
        )
        p = t.project.c
        return [
            (row.key, row.entity, row.name) for row in self._sql.execute(select(p.key, p.entity, p.name).where(homes))
        ]

    def newest(self, project: int, seen: Collection[int], limit: int) -> list[StoredEdge]:
        """Edges of the project, the newest first; `seen` are the projects the reader may look into."""
        e = t.edge.c
        wanted = _with_ends(e.run, e.version, e.role, e.step).where(_visible(project, seen))
        rows = self._sql.execute(wanted.order_by(e.created_at.desc(), e.run.desc(), e.version.desc()).limit(limit))
        return [StoredEdge(*row) for row in rows]

    def count_nodes(self, project: int, seen: Collection[int]) -> int:
        """How many runs and versions have an edge in the project."""
        distinct = (func.count(t.edge.c.run.distinct()), func.count(t.edge.c.version.distinct()))
        runs, versions = self._sql.execute(_with_ends(*distinct).where(_visible(project, seen))).one()
        return int(runs) + int(versions)

    def grouped(self, project: int, seen: Collection[int], by_name: bool) -> list[Any]:
        """Edges merged by job type and artifact type (or collection), counted by the database."""
        by = (JOB, t.edge.c.role, *_artifact_group(by_name))
        wanted = _with_ends(*by, func.count().label("count")).where(_visible(project, seen)).group_by(*by)
        return list(self._sql.execute(wanted).all())

    def grouped_runs(self, project: int, seen: Collection[int]) -> list[Any]:
        """(job, count, first) of the runs that have an edge."""
        counts = (func.count(t.run.c.key.distinct()).label("count"), func.min(t.run.c.created_at).label("first"))
        wanted = _with_ends(JOB, *counts).where(_visible(project, seen)).group_by(JOB)
        return list(self._sql.execute(wanted).all())

    def grouped_versions(self, project: int, seen: Collection[int], by_name: bool) -> list[Any]:
        """(type[, entity, project, name], count, first) of the versions that have an edge."""
        by = _artifact_group(by_name)
        counts = (
            func.count(t.version.c.key.distinct()).label("count"),
            func.min(t.version.c.created_at).label("first"),
        )
        return list(self._sql.execute(_with_ends(*by, *counts).where(_visible(project, seen)).group_by(*by)).all())

    def run_ends(self, keys: Iterable[int]) -> list[RunEnd]:
        r, p = t.run.c, t.project.c
        columns = (r.key, p.entity, p.name, r.id, r.name, r.job_type, r.state, r.created_at)
        wanted = select(*columns).join_from(t.run, t.project)
        return [RunEnd(*row) for piece in pieces(keys) for row in self._sql.execute(wanted.where(r.key.in_(piece)))]

    def version_ends(self, keys: Iterable[int]) -> list[VersionEnd]:
        v, c, p = t.version.c, t.collection.c, t.project.c
        columns = (v.key, p.entity, p.name, c.name, c.type, v.number, v.created_at)
        wanted = select(*columns).join_from(t.version, t.collection).join(t.project, p.key == c.project)
        found: list[VersionEnd] = []
        for piece in pieces(keys):
            aliases: dict[int, tuple[str, ...]] = {}
            named = select(t.alias.c.version, t.alias.c.name).where(t.alias.c.version.in_(piece))
            for version, name in self._sql.execute(named.order_by(t.alias.c.name)):
                aliases[version] = (*aliases.get(version, ()), name)
            rows = self._sql.execute(wanted.where(v.key.in_(piece)))
            found.extend(VersionEnd(*row, aliases=aliases.get(row.key, ())) for row in rows)
        return found

    def _read(self, *where: ColumnElement[bool]) -> list[StoredEdge]:
        e = t.edge.c
        wanted = select(e.run, e.version, e.role, e.step).join_from(t.edge, t.run).where(*where, HERE)
        wanted = wanted.order_by(e.created_at, e.run, e.version)
        return [StoredEdge(*row) for row in self._sql.execute(wanted)]


def _with_ends(*columns: Any) -> Select[Any]:
    joined = select(*columns).select_from(t.edge).join(t.run, t.run.c.key == t.edge.c.run)
    joined = joined.join(t.version, t.version.c.key == t.edge.c.version)
    joined = joined.join(t.collection, t.collection.c.key == t.version.c.collection)
    return joined.join(t.project, t.project.c.key == t.collection.c.project)


def _touches(project: int) -> ColumnElement[bool]:
    return or_(t.run.c.project == project, t.collection.c.project == project)


def _visible(project: int, seen: Collection[int]) -> ColumnElement[bool]:
    return and_(_touches(project), HERE, t.run.c.project.in_(seen), t.collection.c.project.in_(seen))


def _artifact_group(by_name: bool) -> tuple[Any, ...]:
    home = (t.project.c.entity, t.project.c.name.label("project"), t.collection.c.name)
    return (t.collection.c.type, *home) if by_name else (t.collection.c.type,)
