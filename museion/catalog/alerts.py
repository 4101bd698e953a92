"""What runs said aloud: alerts, each with a title, a text and a level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, insert, select

from museion.catalog import tables as t
from museion.catalog.runs import HERE

Level = Literal["info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert of a run; `number` rises with time over all runs, `created_at` is UTC seconds since the epoch."""

    number: int
    run: str
    run_name: str
    title: str
    text: str
    level: Level
    created_at: float


class Alerts:
    """The table `alert`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, run: int, uid: str, title: str, text: str, level: Level, now: float) -> Alert:
        row = {"run": run, "uid": uid, "title": title, "text": text, "level": level, "created_at": now}
        key = self._sql.execute(insert(t.alert).values(row).returning(t.alert.c.key)).scalar_one()
        return Alert(*self._sql.execute(_select().where(t.alert.c.key == key)).one())

    def sent(self, run: int, uid: str) -> Alert | None:
        """The alert with this uid, if it came already."""
        return self._last(t.alert.c.run == run, t.alert.c.uid == uid)

    def since(self, run: int, title: str, moment: float) -> Alert | None:
        """The last alert of this title that came after `moment`."""
        return self._last(t.alert.c.run == run, t.alert.c.title == title, t.alert.c.created_at > moment)

    def page(self, project: int, run: int | None, before: int | None, limit: int) -> list[Alert]:
        """Alerts of a project, or of one run, older than number `before`; the last first."""
        where: list[ColumnElement[bool]] = [t.run.c.project == project, HERE]
        if run is not None:
            where.append(t.alert.c.run == run)
        if before is not None:
            where.append(t.alert.c.key < before)
        rows = self._sql.execute(_select().where(*where).order_by(t.alert.c.key.desc()).limit(limit))
        return [Alert(*row) for row in rows]

    def _last(self, *where: ColumnElement[bool]) -> Alert | None:
        row = self._sql.execute(_select().where(*where).order_by(t.alert.c.key.desc()).limit(1)).first()
        return None if row is None else Alert(*row)


def _select() -> Select[Any]:
    a, r = t.alert.c, t.run.c
    return select(a.key, r.id, r.name, a.title, a.text, a.level, a.created_at).join_from(t.alert, t.run)
