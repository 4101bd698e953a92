"""Saved views of a project."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Row, delete, func, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, to_text, upsert
from museion.model.view import View, ViewPage


class Views:
    """The table `saved_view`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def of(self, project: int) -> list[View]:
        """The project's views, by page and name."""
        v = t.saved_view.c
        return [
            _view(row)
            for row in self._sql.execute(select(t.saved_view).where(v.project == project).order_by(v.page, v.name))
        ]

    def count(self, project: int) -> int:
        wanted = select(func.count()).select_from(t.saved_view).where(t.saved_view.c.project == project)
        return int(self._sql.execute(wanted).scalar_one())

    def put(
        self, project: int, page: ViewPage, name: str, state: Mapping[str, str], is_default: bool, user: str, now: float
    ) -> View:
        """Save a view; one of the same name gets the new state and keeps its id."""
        v = t.saved_view.c
        if is_default:
            self._sql.execute(
                update(t.saved_view).where(v.project == project, v.page == page.value).values(is_default=0)
            )
        fresh = {"state": to_text(dict(state), "view"), "is_default": int(is_default), "user": user, "updated_at": now}
        row = {"project": project, "page": page.value, "name": name, "created_at": now, **fresh}
        put = upsert(self._sql, t.saved_view).values(row)
        self._sql.execute(put.on_conflict_do_update(index_elements=["project", "page", "name"], set_=fresh))
        wanted = select(t.saved_view).where(v.project == project, v.page == page.value, v.name == name)
        return _view(self._sql.execute(wanted).one())

    def delete(self, project: int, view: int) -> bool:
        """Forget a view; false if the project has none with this id."""
        v = t.saved_view.c
        return self._sql.execute(delete(t.saved_view).where(v.project == project, v.key == view)).rowcount > 0


def _view(row: Row[tuple[object, ...]]) -> View:
    found = row._mapping
    return View(
        id=found["key"],
        page=ViewPage(found["page"]),
        name=found["name"],
        state=from_text(found["state"]),
        is_default=bool(found["is_default"]),
        user=found["user"],
        created_at=found["created_at"],
        updated_at=found["updated_at"],
    )
