"""How far a version reaches, to any depth, walked and counted by the database.

One step goes from versions over a run to versions: down to what was made by the runs that used them, up to what was
used by the runs that made them. A cycle (a long run that uses what was made of its output) ends by itself, because a
version is found once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from sqlalchemy import CTE, Connection, Select, func, literal, select

from museion.catalog import tables as t
from museion.catalog.edges import JOB, EdgeRole
from museion.catalog.runs import HERE

Way = Literal["up", "down"]
NEAR: dict[str, EdgeRole] = {"up": "made", "down": "used"}
"""The role of the edge between a version and the run that one step leads over."""
FAR: dict[str, EdgeRole] = {"up": "used", "down": "made"}


class Reach:
    """What lies up- or downstream of some versions; `seen` are the projects that may be looked into (None: all)."""

    def __init__(
        self, connection: Connection, versions: Collection[int], way: Way, seen: Collection[int] | None
    ) -> None:
        self._sql = connection
        self._start = sorted(versions)
        self._way = way
        self._seen = seen
        self._found = self._walk()

    def versions(self, limit: int) -> list[int]:
        """Keys of the versions, those it began with left out, the newest first."""
        v = t.version.c
        wanted = self._others(v.key).order_by(v.created_at.desc(), v.key.desc()).limit(limit)
        return list(self._sql.execute(wanted).scalars())

    def runs(self, limit: int) -> list[int]:
        """Keys of the runs on the way, the newest first."""
        r = t.run.c
        wanted = (
            select(r.key).where(r.key.in_(self._runs()), HERE).order_by(r.created_at.desc(), r.key.desc()).limit(limit)
        )
        return list(self._sql.execute(wanted).scalars())

    def versions_by_type(self) -> dict[str, int]:
        """Artifact type → how many versions."""
        kind = t.collection.c.type
        rows = self._sql.execute(self._others(kind, func.count()).group_by(kind).order_by(kind))
        return {row[0]: row[1] for row in rows}

    def runs_by_type(self) -> dict[str, int]:
        """Job type → how many runs."""
        wanted = select(JOB, func.count()).where(t.run.c.key.in_(self._runs()), HERE).group_by(JOB).order_by(JOB)
        return {row[0]: row[1] for row in self._sql.execute(wanted)}

    def outdated(self, limit: int) -> list[tuple[int, int]]:
        """(key, newest): versions found whose collection has a newer one, and the newest's key."""
        other = t.version.alias("newer")
        newest = select(func.max(other.c.number)).where(other.c.collection == t.version.c.collection).scalar_subquery()
        last = t.version.alias("last")
        wanted = (
            self._others(t.version.c.key, last.c.key.label("newest"))
            .join(last, (last.c.collection == t.version.c.collection) & (last.c.number == newest))
            .where(last.c.number > t.version.c.number)
            .order_by(t.version.c.key)
            .limit(limit)
        )
        return [(row[0], row[1]) for row in self._sql.execute(wanted)]

    def _walk(self) -> CTE:
        found = (
            select(t.version.c.key.label("key")).where(t.version.c.key.in_(self._start)).cte("reach", recursive=True)
        )
        near, far = t.edge.alias("near"), t.edge.alias("far")
        step = (
            select(far.c.version)
            .join_from(found, near, (near.c.version == found.c.key) & (near.c.role == literal(NEAR[self._way])))
            .join(far, (far.c.run == near.c.run) & (far.c.role == literal(FAR[self._way])))
        )
        return found.union(self._allowed(step, far))

    def _allowed(self, step: Select[Any], far: Any) -> Select[Any]:
        step = step.join(t.run, t.run.c.key == far.c.run).where(HERE)
        if self._seen is None:
            return step
        step = step.join(t.version, t.version.c.key == far.c.version)
        step = step.join(t.collection, t.collection.c.key == t.version.c.collection)
        return step.where(t.run.c.project.in_(self._seen), t.collection.c.project.in_(self._seen))

    def _others(self, *columns: Any) -> Select[Any]:
        joined = select(*columns).join_from(t.version, t.collection)
        return joined.where(t.version.c.key.in_(select(self._found.c.key)), t.version.c.key.not_in(self._start))

    def _runs(self) -> Select[Any]:
        e = t.edge.c
        near = select(e.run).where(e.version.in_(select(self._found.c.key)), e.role == NEAR[self._way])
        if self._seen is None:
            return near
        return near.join(t.run, t.run.c.key == e.run).where(t.run.c.project.in_(self._seen))
