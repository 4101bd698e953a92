"""What changed in a project since a cursor: for pages that show themselves live.

The cursor is a counter of the project. Whoever changes something raises it, which holds the project's row until the
transaction ends: so a reader that saw cursor n has seen everything up to n, and never misses what committed late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, select, update

from museion.catalog import tables as t
from museion.catalog.sql import upsert

Kind = Literal["run", "collection"]


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of changed (or deleted) runs and names of changed collections; ask again with `cursor`."""

    cursor: int
    runs: list[str]
    collections: list[str]


class ChangeLog:
    """The table `change`: one row for each run and collection, with the cursor of its last change."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def record(self, project: int, kind: Kind, name: str, now: float) -> None:
        """Say that something changed."""
        self.record_all(project, kind, [name], now)

    def record_all(self, project: int, kind: Kind, names: Sequence[str], now: float) -> None:
        """Say of several things that they changed, all at once."""
        raised = update(t.project).where(t.project.c.key == project)
        raised = raised.values(cursor=t.project.c.cursor + 1, updated_at=now).returning(t.project.c.cursor)
        cursor = self._sql.execute(raised).scalar_one()
        put = upsert(self._sql, t.change)
        put = put.on_conflict_do_update(
            index_elements=["project", "kind", "name"], set_={"cursor": put.excluded.cursor}
        )
        rows = [{"project": project, "kind": kind, "name": name, "cursor": cursor} for name in names]
        self._sql.execute(put, rows)

    def since(self, project: int, cursor: int) -> Changes:
        """Everything that changed after `cursor`."""
        now = self._sql.execute(select(t.project.c.cursor).where(t.project.c.key == project)).scalar_one()
        c = t.change.c
        rows = self._sql.execute(
            select(c.kind, c.name).where(c.project == project, c.cursor > cursor).order_by(c.cursor)
        ).all()
        runs = [row.name for row in rows if row.kind == "run"]
        return Changes(int(now), runs, [row.name for row in rows if row.kind == "collection"])
