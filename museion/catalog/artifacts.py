"""Versions and their aliases, in their own collection or seen through a link from another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, func, insert, or_, select, update

from museion.catalog import tables as t
from museion.catalog.runs import HERE
from museion.catalog.sql import from_text, like, pieces, to_text, upsert
from museion.errors import NameInvalid
from museion.model.artifact import LATEST, NEVER, Version
from museion.model.names import is_digest_prefix, version_number


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with the keys that edges and aliases know it by; `collection` is where it was found, `own` where it
    is: another one if it was found through a link."""

    key: int
    collection: int
    version: Version
    own: int = 0

    @property
    def linked(self) -> bool:
        return self.own != self.collection


@dataclass(frozen=True, slots=True)
class NewVersion:
    """What a version is made from; `made_by` is the key of a run, `size` is in bytes, `ttl` in seconds."""

    digest: str
    size: int
    files: int
    created_at: float
    description: str | None = None
    metadata: Mapping[str, Any] | None = None
    tags: Sequence[str] = ()
    made_by: int | None = None
    step: int | None = None
    ttl: int | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which versions are meant; what is None or empty does not matter. Times are UTC seconds since the epoch.

    `collections` are names, with `*` for any text; `tags` must all be there; `aliased` says whether the version has an
    alias other than `latest`; `keep` leaves out so many of the newest of each collection.
    """

    collections: Sequence[str] = ()
    type: str | None = None
    tags: Sequence[str] = ()
    alias: str | None = None
    aliased: bool | None = None
    linked: bool | None = None
    run: str | None = None
    created_before: float | None = None
    created_after: float | None = None
    larger_than: int | None = None
    q: str = ""
    keep: int = 0


ORDERS = ("created_at", "updated_at", "size", "number", "name")


class Artifacts:
    """The tables `version` and `alias`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def find(self, collection: int, pointer: str) -> StoredVersion | None:
        """The version `pointer` names: a version (`v3`), an alias, or the beginning of a digest.

        Raises NameInvalid if a digest prefix fits several versions.
        """
        number = version_number(pointer)
        if number is not None:
            return self._at(collection, t.version.c.number == number, t.link.c.number == number)
        named = t.version.c.key.in_(
            select(t.alias.c.version).where(t.alias.c.collection == collection, t.alias.c.name == pointer)
        )
        if found := self._at(collection, named, named):
            return found
        prefix = pointer.removeprefix("blake3:")
        return self._by_prefix(collection, prefix) if is_digest_prefix(prefix) else None

    def by_digest(self, collection: int, digest: str) -> StoredVersion | None:
        """The version with exactly this content."""
        same = t.version.c.digest == digest
        return self._at(collection, same, same)

    def by_client_id(self, client_id: str) -> StoredVersion | None:
        """The version that a client called so before it had a name."""
        found = self._read(_own().where(t.version.c.client_id == client_id).order_by(t.version.c.key).limit(1))
        return found[0] if found else None

    def versions(self, collection: int, *, limit: int | None = None, offset: int = 0) -> list[StoredVersion]:
        """The versions (all, or a page of them), the newest first."""
        own = self._read(
            _own()
            .where(t.version.c.collection == collection)
            .order_by(t.version.c.number.desc())
            .limit(limit)
            .offset(offset)
        )
        return own or self._read(
            _linked()
            .where(t.link.c.collection == collection)
            .order_by(t.link.c.number.desc())
            .limit(limit)
            .offset(offset)
        )

    def get(self, key: int) -> StoredVersion:
        return self._read(_own().where(t.version.c.key == key))[0]

    def known(self, key: int) -> StoredVersion | None:
        """The version with this key, if it is there."""
        found = self._read(_own().where(t.version.c.key == key))
        return found[0] if found else None

    def at(self, collection: int, key: int) -> StoredVersion | None:
        """The version with this key, as this collection shows it."""
        return self._at(collection, t.version.c.key == key, t.version.c.key == key)

    def many(self, keys: Iterable[int]) -> list[StoredVersion]:
        """The versions with these keys, oldest first."""
        found = [stored for piece in pieces(keys) for stored in self._read(_own().where(t.version.c.key.in_(piece)))]
        return sorted(found, key=lambda stored: (stored.version.created_at, stored.key))

    def search(
        self, project: int, wanted: Wanted, *, order: str = "-created_at", limit: int | None = None, offset: int = 0
    ) -> list[StoredVersion]:
        """The versions of a project's sequences that are meant, in this order (`-` turns it round)."""
        found = _own().where(*_conditions(project, wanted)).order_by(*_order(order)).limit(limit).offset(offset)
        return self._read(found)

    def count(self, project: int, wanted: Wanted) -> tuple[int, int]:
        """How many versions are meant, and the bytes of their files, each version counted for itself."""
        found = _own().where(*_conditions(project, wanted)).subquery()
        row = self._sql.execute(select(func.count(), func.coalesce(func.sum(found.c.size), 0))).one()
        return int(row[0]), int(row[1])

    def expired(self, now: float) -> list[StoredVersion]:
        """Versions whose time is over and that no registry links to."""
        v = t.version.c
        lifetime = func.coalesce(v.ttl, t.collection.c.ttl)
        over = and_(lifetime > NEVER, v.created_at + lifetime < now)
        return self._read(_own().where(over, v.key.not_in(select(t.link.c.version))).order_by(v.key))

    def add(self, collection: int, number: int, new: NewVersion) -> StoredVersion:
        """Store a version under this number."""
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
            "ttl": new.ttl,
            "client_id": new.client_id,
        }
        return self.get(self._sql.execute(insert(t.version).values(row).returning(t.version.c.key)).scalar_one())

    def change(self, key: int, fields: Mapping[str, Any], now: float) -> None:
        """Set description, metadata, tags or ttl of a version."""
        columns: dict[str, Any] = dict(fields)
        for name in columns.keys() & {"metadata", "tags"}:
            columns[name] = to_text(columns[name], name)
        self._sql.execute(update(t.version).where(t.version.c.key == key).values(updated_at=now, **columns))

    def delete_version(self, key: int) -> None:
        """Remove the version with its aliases, links and edges."""
        self._sql.execute(delete(t.version).where(t.version.c.key == key))

    def digests_of(self, project: int) -> set[str]:
        """Digests of the manifests of all versions of a project."""
        wanted = select(t.version.c.digest).join_from(t.version, t.collection).where(t.collection.c.project == project)
        return set(self._sql.execute(wanted).scalars())

    # Aliases

    def point(self, collection: int, names: Iterable[str], version: int) -> None:
        """Make these aliases name `version`, wherever they were."""
        for name in names:
            put = upsert(self._sql, t.alias).values(collection=collection, name=name, version=version)
            fresh = {"version": put.excluded.version}
            self._sql.execute(put.on_conflict_do_update(index_elements=["collection", "name"], set_=fresh))

    def unpoint(self, collection: int, version: int, names: Sequence[str] | None = None) -> None:
        """Take these aliases (None: all) of `collection` from `version`; those it does not have are no news."""
        a = t.alias.c
        where = [a.collection == collection, a.version == version]
        self._sql.execute(delete(t.alias).where(*where, *([] if names is None else [a.name.in_(names)])))

    def latest_at(self, versions: Iterable[int]) -> set[int]:
        """The collections, their own or portfolios, in which one of these versions is `latest`."""
        a = t.alias.c
        wanted = select(a.collection).where(a.name == LATEST)
        return {
            key for piece in pieces(versions) for key in self._sql.execute(wanted.where(a.version.in_(piece))).scalars()
        }

    def _at(self, collection: int, own: ColumnElement[bool], linked: ColumnElement[bool]) -> StoredVersion | None:
        found = self._read(_own().where(t.version.c.collection == collection, own)) or self._read(
            _linked().where(t.link.c.collection == collection, linked)
        )
        return found[0] if found else None

    def _by_prefix(self, collection: int, prefix: str) -> StoredVersion | None:
        fits = t.version.c.digest.like(f"blake3:{prefix}%")
        found = self._read(_own().where(t.version.c.collection == collection, fits))
        found += self._read(_linked().where(t.link.c.collection == collection, fits))
        if len(found) > 1:
            raise NameInvalid(f"The digest prefix {prefix!r} fits {len(found)} versions.", advice="Give more of it.")
        return found[0] if found else None

    def _read(self, wanted: Select[Any]) -> list[StoredVersion]:
        rows = self._sql.execute(wanted).all()
        aliases = self._aliases([row.key for row in rows])
        return [_version(row, aliases.get((row.place, row.key), ())) for row in rows]

    def _aliases(self, versions: Sequence[int]) -> dict[tuple[int, int], tuple[str, ...]]:
        found: dict[tuple[int, int], tuple[str, ...]] = {}
        for piece in pieces(versions):
            a = t.alias.c
            wanted = select(a.collection, a.version, a.name).where(a.version.in_(piece))
            for collection, version, name in self._sql.execute(wanted.order_by(a.name)):
                found[collection, version] = (*found.get((collection, version), ()), name)
        return found


def _conditions(project: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    v, c = t.version.c, t.collection.c
    where: list[ColumnElement[bool] | None] = [
        c.project == project,
        or_(*(_named(name) for name in wanted.collections)) if wanted.collections else None,
        c.type == wanted.type if wanted.type else None,
        *(v.tags.like(like(to_text(tag, "tag")), escape="\\") for tag in wanted.tags),
        v.key.in_(select(t.alias.c.version).where(t.alias.c.name == wanted.alias)) if wanted.alias else None,
        _either(wanted.aliased, v.key.in_(select(t.alias.c.version).where(t.alias.c.name != LATEST))),
        _either(wanted.linked, v.key.in_(select(t.link.c.version))),
        t.run.c.id == wanted.run if wanted.run else None,
        v.created_at < wanted.created_before if wanted.created_before is not None else None,
        v.created_at > wanted.created_after if wanted.created_after is not None else None,
        v.size > wanted.larger_than if wanted.larger_than is not None else None,
        or_(c.name.ilike(like(wanted.q), escape="\\"), v.description.ilike(like(wanted.q), escape="\\"))
        if wanted.q
        else None,
        _but_newest(wanted.keep) if wanted.keep else None,
    ]
    return [condition for condition in where if condition is not None]


def _named(pattern: str) -> ColumnElement[bool]:
    """The name as it is, or with `*` for any text."""
    if "*" not in pattern:
        return t.collection.c.name == pattern
    parts = [like(part)[1:-1] for part in pattern.split("*")]
    return t.collection.c.name.like("%".join(parts), escape="\\")


def _either(wanted: bool | None, condition: ColumnElement[bool]) -> ColumnElement[bool] | None:
    return None if wanted is None else condition if wanted else ~condition


def _but_newest(count: int) -> ColumnElement[bool]:
    other = t.version.alias()
    newer = (
        select(func.count())
        .where(other.c.collection == t.version.c.collection, other.c.number > t.version.c.number)
        .correlate(t.version)
        .scalar_subquery()
    )
    return newer >= count


def _order(order: str) -> tuple[Any, ...]:
    name = order.lstrip("+-")
    if name not in ORDERS:
        raise NameInvalid(f"Versions cannot be ordered by {name!r}.", advice=f"Use one of {', '.join(ORDERS)}.")
    column = t.collection.c.name if name == "name" else t.version.c[name]
    return (column.desc(), t.version.c.key.desc()) if order.startswith("-") else (column, t.version.c.key)


def _own(place: Any = t.collection.c.key) -> Select[Any]:
    """Versions as their own collection shows them, or the one whose key is `place`."""
    c, p = t.collection.c, t.project.c
    return (
        select(
            *(t.version, place.label("place"), c.name.label("name"), c.type.label("type"), c.ttl.label("default_ttl")),
            *(p.entity.label("entity"), p.name.label("project"), t.run.c.id.label("run")),
        )
        .join_from(t.version, t.collection)
        .join(t.project, p.key == c.project)
        .join(t.run, and_(t.run.c.key == t.version.c.made_by, HERE), isouter=True)
    )


def _linked() -> Select[Any]:
    """Versions as portfolios show them."""
    place, home = t.collection.alias("place"), t.project.alias("home")
    names = (place.c.name.label("place_name"), home.c.entity.label("place_entity"), home.c.name.label("place_project"))
    found = _own(place.c.key).add_columns(t.link.c.number.label("place_number"), *names)
    found = found.join(t.link, t.link.c.version == t.version.c.key).join(place, place.c.key == t.link.c.collection)
    return found.join(home, home.c.key == place.c.project)


def _version(row: Row[Any], aliases: tuple[str, ...]) -> StoredVersion:
    lifetime = row.default_ttl if row.ttl is None else row.ttl
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
        id=row.key,
        ttl=row.ttl,
        expires_at=row.created_at + lifetime if lifetime else None,
        client_id=row.client_id,
    )
    return StoredVersion(row.key, row.place, _through(version, row), row.collection)


def _through(version: Version, row: Row[Any]) -> Version:
    """The version under the name that a portfolio gives it."""
    if row.place == row.collection:
        return version
    return replace(
        version,
        entity=row.place_entity,
        project=row.place_project,
        name=row.place_name,
        number=row.place_number,
        source=version.qualified,
    )
