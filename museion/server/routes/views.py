"""Saved views of a project's pages."""

from __future__ import annotations

from museion.actions.views import delete_view as delete
from museion.actions.views import list_views as views_of
from museion.actions.views import save_view as save
from museion.server.context import Asked
from museion.server.doors import PROJECT, Door
from museion.server.schemas import ViewIn, ViewOut

VIEWS = f"{PROJECT}/views"


def list_views(here: Asked, entity: str, project: str) -> list[ViewOut]:
    """The project's saved views, by page and name."""
    return [ViewOut.model_validate(view) for view in views_of(here.stores, entity, project)]


def save_view(here: Asked, entity: str, project: str, body: ViewIn) -> ViewOut:
    """Save a view under a name; one of the same name on the same page is replaced."""
    saved = save(
        here.stores,
        entity,
        project,
        body.page,
        body.name,
        body.state,
        is_default=body.is_default,
        user=here.caller.name,
    )
    return ViewOut.model_validate(saved)


def delete_view(here: Asked, entity: str, project: str, view: int) -> None:
    """Forget a view."""
    delete(here.stores, entity, project, view)


DOORS = (
    Door("GET", VIEWS, list_views, "read", "views"),
    Door("PUT", VIEWS, save_view, "write", "views"),
    Door("DELETE", f"{VIEWS}/{{view}}", delete_view, "write", "views", status=204),
)
