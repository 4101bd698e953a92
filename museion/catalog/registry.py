"""What makes a registry: links from portfolios to versions, and aliases that only admins may move."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, delete, select

from museion.catalog import tables as t
from museion.catalog.sql import pieces, upsert
from museion.model.artifact import Link


class Links:
    """The table `link`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, collection: int, version: int, number: int, by: str | None, now: float) -> None:
        row = {"collection": collection, "version": version, "number": number, "created_at": now, "by": by}
        self._sql.execute(t.link.insert().values(row))

    def remove(self, collection: int, version: int) -> None:
        """Take the version out of the portfolio, with the aliases it has there."""
        self._sql.execute(delete(t.link).where(t.link.c.collection == collection, t.link.c.version == version))
        here = t.alias.c.collection == collection, t.alias.c.version == version
        self._sql.execute(delete(t.alias).where(*here))

    def of(self, version: int) -> list[Link]:
        """The places where this version is linked, the first first."""
        ln, c, p, a = t.link.c, t.collection.c, t.project.c, t.alias.c
        columns = (ln.collection, p.entity, p.name.label("project"), c.name, ln.number, ln.created_at, ln.by)
        joined = select(*columns).join_from(t.link, t.collection).join(t.project, p.key == c.project)
        found: list[Link] = []
        for row in self._sql.execute(joined.where(ln.version == version).order_by(ln.created_at, ln.collection)):
            named = select(a.name).where(a.collection == row.collection, a.version == version).order_by(a.name)
            aliases = tuple(self._sql.execute(named).scalars())
            found.append(Link(row.entity, row.project, row.name, row.number, aliases, row.created_at, row.by))
        return found

    def linked(self, versions: Iterable[int]) -> set[int]:
        """Those of these versions that some portfolio links to."""
        ln = t.link.c
        return {
            key
            for piece in pieces(versions)
            for key in self._sql.execute(select(ln.version).where(ln.version.in_(piece)).distinct()).scalars()
        }


class ProtectedAliases:
    """The table `protected_alias`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def of(self, project: int) -> list[str]:
        """The aliases of this project's collections that only admins may move, in order."""
        p = t.protected_alias.c
        return list(self._sql.execute(select(p.name).where(p.project == project).order_by(p.name)).scalars())

    def put(self, project: int, names: Sequence[str]) -> None:
        """Make these the protected ones, and no others."""
        self._sql.execute(delete(t.protected_alias).where(t.protected_alias.c.project == project))
        for name in names:
            put = upsert(self._sql, t.protected_alias).values(project=project, name=name)
            self._sql.execute(put.on_conflict_do_nothing())

    def held(self, versions: Iterable[int]) -> dict[int, str]:
        """Of these versions, those that hold a protected alias in some collection, with one such alias."""
        a, p, c = t.alias.c, t.protected_alias.c, t.collection.c
        joined = select(a.version, a.name).join_from(t.alias, t.collection, c.key == a.collection)
        joined = joined.join(t.protected_alias, (p.project == c.project) & (p.name == a.name))
        found: dict[int, str] = {}
        for piece in pieces(versions):
            for version, name in self._sql.execute(joined.where(a.version.in_(piece))):
                found[version] = name
        return found
