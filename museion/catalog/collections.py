"""Collections: sequences of versions, and portfolios of links to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, delete, func, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, like, to_text, upsert
from museion.model.artifact import LATEST, Collection, CollectionKind


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A collection's row."""

    key: int
    project: int
    name: str
    type: str
    kind: CollectionKind = "sequence"


class Collections:
    """The table `collection`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def find(self, project: int, name: str, *, lock: bool = False) -> StoredCollection | None:
        c = t.collection.c
        wanted = select(c.key, c.project, c.name, c.type, c.kind).where(c.project == project, c.name == name)
        row = self._sql.execute(wanted.with_for_update() if lock else wanted).first()
        return None if row is None else StoredCollection(*row)

    def get(self, key: int) -> StoredCollection | None:
        """The collection with this key."""
        c = t.collection.c
        row = self._sql.execute(select(c.key, c.project, c.name, c.type, c.kind).where(c.key == key)).first()
        return None if row is None else StoredCollection(*row)

    def ensure(
        self, project: int, name: str, kind: str, now: float, holds: CollectionKind = "sequence"
    ) -> StoredCollection:
        """The collection of this name, made with type `kind` if not there; locked until the transaction ends."""
        fresh = {"project": project, "name": name, "type": kind, "created_at": now, "updated_at": now}
        put = upsert(self._sql, t.collection).values(version_counter=0, kind=holds, tags="[]", **fresh)
        self._sql.execute(put.on_conflict_do_nothing())
        found = self.find(project, name, lock=True)
        if found is None:  # pragma: no cover - the row above is there, or the transaction is gone
            raise AssertionError(name)
        return found

    def describe(self, key: int) -> Collection:
        """The collection with its counts."""
        return _collection(self._sql.execute(_with_counts().where(t.collection.c.key == key)).one())

    def search(self, project: int, kind: str | None = None, q: str = "", holds: str | None = None) -> list[Collection]:
        """Collections of a project, the last changed first."""
        where: list[ColumnElement[bool]] = [t.collection.c.project == project]
        if kind:
            where.append(t.collection.c.type == kind)
        if holds:
            where.append(t.collection.c.kind == holds)
        if q:
            where.append(t.collection.c.name.ilike(like(q), escape="\\"))
        order = (t.collection.c.updated_at.desc(), t.collection.c.key.desc())
        return [_collection(row) for row in self._sql.execute(_with_counts().where(*where).order_by(*order))]

    def change(self, key: int, fields: Mapping[str, Any], now: float) -> None:
        """Set name, type, description, tags or ttl."""
        columns = dict(fields)
        if "tags" in columns:
            columns["tags"] = to_text(columns["tags"], "tags")
        self._sql.execute(update(t.collection).where(t.collection.c.key == key).values(updated_at=now, **columns))

    def touch(self, key: int, now: float) -> None:
        self._sql.execute(update(t.collection).where(t.collection.c.key == key).values(updated_at=now))

    def next_number(self, key: int, now: float) -> int:
        """The next version's number, which is never given out twice."""
        counted = update(t.collection).where(t.collection.c.key == key)
        counted = counted.values(version_counter=t.collection.c.version_counter + 1, updated_at=now)
        return int(self._sql.execute(counted.returning(t.collection.c.version_counter)).scalar_one()) - 1

    def count_to(self, key: int, counter: int) -> None:
        """Never again give out a number below `counter`."""
        c = t.collection.c
        higher = case((c.version_counter < counter, counter), else_=c.version_counter)
        self._sql.execute(update(t.collection).where(c.key == key).values(version_counter=higher))

    def delete(self, key: int) -> None:
        self._sql.execute(delete(t.collection).where(t.collection.c.key == key))

    def home(self, key: int) -> int:
        """The key of the project a collection is in."""
        return int(self._sql.execute(select(t.collection.c.project).where(t.collection.c.key == key)).scalar_one())


def _with_counts() -> Select[Any]:
    c, v = t.collection.c, t.version.c
    own = select(v.collection, v.key.label("version"))
    linked = select(t.link.c.collection, t.link.c.version)
    members = own.union_all(linked).subquery()
    counts = (
        select(members.c.collection, func.count().label("versions"), func.sum(v.size).label("size"))
        .join_from(members, t.version, v.key == members.c.version)
        .group_by(members.c.collection)
        .subquery()
    )
    here = t.link.c.collection == t.alias.c.collection, t.link.c.version == t.alias.c.version
    latest = (
        select(t.alias.c.collection, func.coalesce(t.link.c.number, v.number).label("number"))
        .join_from(t.alias, t.version)
        .join(t.link, here[0] & here[1], isouter=True)
        .where(t.alias.c.name == LATEST)
        .subquery()
    )
    return (
        select(
            *(t.project.c.entity, t.project.c.name.label("project"), c.name, c.type, c.created_at, c.updated_at),
            *(c.description, func.coalesce(counts.c.versions, 0).label("versions")),
            *(func.coalesce(counts.c.size, 0).label("size"), latest.c.number.label("latest")),
            *(c.key, c.kind, c.tags, c.ttl),
        )
        .join_from(t.collection, t.project)
        .join(counts, counts.c.collection == c.key, isouter=True)
        .join(latest, latest.c.collection == c.key, isouter=True)
    )


def _collection(row: Row[Any]) -> Collection:
    return Collection(
        entity=row.entity,
        project=row.project,
        name=row.name,
        type=row.type,
        versions=row.versions,
        size=int(row.size),
        created_at=row.created_at,
        updated_at=row.updated_at,
        description=row.description,
        latest=None if row.latest is None else f"v{row.latest}",
        id=row.key,
        kind=row.kind,
        tags=tuple(from_text(row.tags)),
        ttl=row.ttl,
    )
