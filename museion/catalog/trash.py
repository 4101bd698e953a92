"""Deleted versions that can still be restored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from museion.catalog import tables as t
from museion.catalog.sql import from_text, pieces, to_text


@dataclass(frozen=True, slots=True)
class Thrown:
    """A version that was deleted. `papers` hold what else is needed to bring it back."""

    key: int
    name: str
    type: str
    number: int
    digest: str
    deleted_at: float
    by: str | None
    papers: Mapping[str, Any]

    @property
    def version(self) -> str:
        return f"v{self.number}"


class Trash:
    """The table `trash`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, project: int, thrown: Thrown) -> None:
        """Keep it; its `key` is given by the table."""
        row = {
            "project": project,
            "name": thrown.name,
            "type": thrown.type,
            "number": thrown.number,
            "digest": thrown.digest,
            "deleted_at": thrown.deleted_at,
            "by": thrown.by,
            "papers": to_text(dict(thrown.papers), "papers"),
        }
        self._sql.execute(insert(t.trash).values(row))

    def find(self, project: int, name: str | None = None, number: int | None = None) -> list[Thrown]:
        """What was deleted of a project, of a collection, or of one version; the last deleted first."""
        c = t.trash.c
        where = [c.project == project]
        where += [] if name is None else [c.name == name]
        where += [] if number is None else [c.number == number]
        columns = (c.key, c.name, c.type, c.number, c.digest, c.deleted_at, c.by, c.papers)
        rows = self._sql.execute(select(*columns).where(*where).order_by(c.key.desc()))
        return [Thrown(*row[:-1], papers=from_text(row.papers)) for row in rows]

    def remove(self, keys: Sequence[int]) -> None:
        for piece in pieces(keys):
            self._sql.execute(delete(t.trash).where(t.trash.c.key.in_(piece)))

    def purge(self, before: float) -> int:
        """Forget what was deleted before; gives how many versions."""
        return self._sql.execute(delete(t.trash).where(t.trash.c.deleted_at <= before)).rowcount
