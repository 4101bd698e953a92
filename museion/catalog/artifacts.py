"""Collections, their versions and aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, like, pieces, to_text, upsert
from museion.errors import NameInvalid
from museion.model.artifact import LATEST, Collection, Version
from museion.model.names import is_digest_prefix, version_number


@dataclass(frozen=True, slots=True)
class StoredCollection:
    """A collection's row."""

    key: int
    project: int
    name: str
    type: str


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with the keys that edges and aliases know it by."""

    key: int
    collection: int
    version: Version


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a version is made from; `made_by` is the key of a run, `size` is in bytes."""

    digest: str
    size: int
    files: int
    created_at: float
    description: str | None = None
    metadata: Mapping[str, Any] | None = None
    tags: Sequence[str] = ()
    made_by: int | None = None
    step: int | None = None


class Artifacts:
    """The tables `collection`, `version` and `alias`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    # Collections

    def collection(self, project: int, name: str, *, lock: bool = False) -> StoredCollection | None:
        c = t.collection.c
        wanted = select(c.key, c.project, c.name, c.type).where(c.project == project, c.name == name)
        row = self._sql.execute(wanted.with_for_update() if lock else wanted).first()
        return None if row is None else StoredCollection(*row)

    def ensure(self, project: int, name: str, kind: str, now: float) -> StoredCollection:
        """The collection of this name, made with type `kind` if not there; locked until the transaction ends."""
        fresh = {"project": project, "name": name, "type": kind, "created_at": now, "updated_at": now}
        put = upsert(self._sql, t.collection).values(version_counter=0, **fresh)
        self._sql.execute(put.on_conflict_do_nothing())
        found = self.collection(project, name, lock=True)
        if found is None:  # pragma: no cover - the row above is there, or the transaction is gone
            raise AssertionError(name)
        return found

    def describe(self, key: int) -> Collection:
        """The collection with its counts."""
        return _collection(self._sql.execute(_with_counts().where(t.collection.c.key == key)).one())

    def search(self, project: int, kind: str | None = None, q: str = "") -> list[Collection]:
        """Collections of a project, the last changed first."""
        where: list[ColumnElement[bool]] = [t.collection.c.project == project]
        if kind:
            where.append(t.collection.c.type == kind)
        if q:
            where.append(t.collection.c.name.ilike(like(q), escape="\\"))
        order = (t.collection.c.updated_at.desc(), t.collection.c.key.desc())
        return [_collection(row) for row in self._sql.execute(_with_counts().where(*where).order_by(*order))]

    def delete_collection(self, key: int) -> None:
        self._sql.execute(delete(t.collection).where(t.collection.c.key == key))

    # Versions

    def find(self, collection: int, pointer: str) -> StoredVersion | None:
        """The version `pointer` names: a version (`v3`), an alias, or the beginning of a digest.

        Raises NameInvalid if a digest prefix fits several versions.
        """
        number = version_number(pointer)
        if number is not None:
            return self._one(t.version.c.collection == collection, t.version.c.number == number)
        named = select(t.alias.c.version).where(t.alias.c.collection == collection, t.alias.c.name == pointer)
        if found := self._one(t.version.c.key.in_(named)):
            return found
        prefix = pointer.removeprefix("blake3:")
        return self._by_prefix(collection, prefix) if is_digest_prefix(prefix) else None

    def by_digest(self, collection: int, digest: str) -> StoredVersion | None:
        """The version with exactly this content."""
        return self._one(t.version.c.collection == collection, t.version.c.digest == digest)

    def versions(self, collection: int, *, limit: int | None = None, offset: int = 0) -> list[StoredVersion]:
        """The versions (all, or a page of them), the newest first."""
        wanted = _select_versions().where(t.version.c.collection == collection)
        return self._read(wanted.order_by(t.version.c.number.desc()).limit(limit).offset(offset))

    def get(self, key: int) -> StoredVersion:
        return self._many(t.version.c.key == key)[0]

    def add(self, collection: int, new: NewVersion) -> StoredVersion:
        """Store a version under the next number, which is never given out twice."""
        counted = update(t.collection).where(t.collection.c.key == collection)
        counted = counted.values(version_counter=t.collection.c.version_counter + 1, updated_at=new.created_at)
        number = self._sql.execute(counted.returning(t.collection.c.version_counter)).scalar_one() - 1
        row = {
            "collection": collection,
            "number": number,
            "digest": new.digest,
            "size": new.size,
            "files": new.files,
            "description": new.description,
            "metadata": to_text(dict(new.metadata or {}), "metadata"),
            "tags": to_text(list(new.tags), "tags"),
            "made_by": new.made_by,
            "step": new.step,
            "created_at": new.created_at,
            "updated_at": new.created_at,
        }
        return self.get(self._sql.execute(insert(t.version).values(row).returning(t.version.c.key)).scalar_one())

    def change(self, key: int, fields: Mapping[str, Any], now: float) -> None:
        """Set description, metadata or tags of a version."""
        columns: dict[str, Any] = dict(fields)
        for name in columns.keys() & {"metadata", "tags"}:
            columns[name] = to_text(columns[name], name)
        self._sql.execute(update(t.version).where(t.version.c.key == key).values(updated_at=now, **columns))

    def delete_version(self, key: int) -> None:
        """Remove the version with its aliases and edges."""
        self._sql.execute(delete(t.version).where(t.version.c.key == key))

    def touch(self, collection: int, now: float) -> None:
        self._sql.execute(update(t.collection).where(t.collection.c.key == collection).values(updated_at=now))

    def digests_of(self, project: int) -> set[str]:
        """Digests of the manifests of all versions of a project."""
        wanted = select(t.version.c.digest).join_from(t.version, t.collection).where(t.collection.c.project == project)
        return set(self._sql.execute(wanted).scalars())

    def home(self, collection: int) -> int:
        """The key of the project a collection is in."""
        return int(
            self._sql.execute(select(t.collection.c.project).where(t.collection.c.key == collection)).scalar_one()
        )

    # Aliases

    def point(self, collection: int, names: Iterable[str], version: int) -> None:
        """Make these aliases name `version`, wherever they were."""
        for name in names:
            put = upsert(self._sql, t.alias).values(collection=collection, name=name, version=version)
            fresh = {"version": put.excluded.version}
            self._sql.execute(put.on_conflict_do_update(index_elements=["collection", "name"], set_=fresh))

    def unpoint(self, version: int, names: Sequence[str]) -> None:
        """Take these aliases from `version`; those it does not have are no news."""
        self._sql.execute(delete(t.alias).where(t.alias.c.version == version, t.alias.c.name.in_(names)))

    def _one(self, *where: ColumnElement[bool]) -> StoredVersion | None:
        found = self._many(*where)
        return found[0] if found else None

    def _by_prefix(self, collection: int, prefix: str) -> StoredVersion | None:
        fits = t.version.c.digest.like(f"blake3:{prefix}%")
        found = self._many(t.version.c.collection == collection, fits)
        if len(found) > 1:
            raise NameInvalid(f"The digest prefix {prefix!r} fits {len(found)} versions.", advice="Give more of it.")
        return found[0] if found else None

    def many(self, keys: Iterable[int]) -> list[StoredVersion]:
        """The versions with these keys, oldest first."""
        found = [stored for piece in pieces(keys) for stored in self._many(t.version.c.key.in_(piece))]
        return sorted(found, key=lambda stored: (stored.version.created_at, stored.key))

    def _many(self, *where: ColumnElement[bool]) -> list[StoredVersion]:
        return self._read(_select_versions().where(*where).order_by(t.version.c.key))

    def _read(self, wanted: Select[Any]) -> list[StoredVersion]:
        rows = self._sql.execute(wanted).all()
        aliases = self._aliases([row.key for row in rows])
        return [_version(row, aliases.get(row.key, ())) for row in rows]

    def _aliases(self, versions: Sequence[int]) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        for piece in pieces(versions):
            wanted = select(t.alias.c.version, t.alias.c.name).where(t.alias.c.version.in_(piece))
            for version, name in self._sql.execute(wanted.order_by(t.alias.c.name)):
                found[version] = (*found.get(version, ()), name)
        return found


def _select_versions() -> Select[Any]:
    c, names = t.collection.c, t.project.c
    return (
        select(
            t.version,
            *(c.name.label("name"), c.type.label("type")),
            *(names.entity.label("entity"), names.name.label("project"), t.run.c.id.label("run")),
        )
        .join_from(t.version, t.collection)
        .join(t.project, t.project.c.key == c.project)
        .join(t.run, t.run.c.key == t.version.c.made_by, isouter=True)
    )


def _version(row: Row[Any], aliases: tuple[str, ...]) -> StoredVersion:
    version = Version(
        entity=row.entity,
        project=row.project,
        name=row.name,
        type=row.type,
        number=row.number,
        digest=row.digest,
        size=row.size,
        files=row.files,
        created_at=row.created_at,
        updated_at=row.updated_at,
        description=row.description,
        metadata=from_text(row.metadata),
        aliases=aliases,
        tags=tuple(from_text(row.tags)),
        made_by=row.run,
        step=row.step,
    )
    return StoredVersion(row.key, row.collection, version)


def _with_counts() -> Select[Any]:
    c, v = t.collection.c, t.version.c
    counts = (
        select(v.collection, func.count().label("versions"), func.sum(v.size).label("size"))
        .group_by(v.collection)
        .subquery()
    )
    latest = (
        select(t.alias.c.collection, v.number.label("number"))
        .join_from(t.alias, t.version)
        .where(t.alias.c.name == LATEST)
        .subquery()
    )
    return (
        select(
            *(t.project.c.entity, t.project.c.name.label("project"), c.name, c.type, c.created_at, c.updated_at),
            *(c.description, func.coalesce(counts.c.versions, 0).label("versions")),
            *(func.coalesce(counts.c.size, 0).label("size"), latest.c.number.label("latest")),
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
    )
