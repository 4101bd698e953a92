"""Save how a page of a project is looked at, list what is saved, forget it."""

from __future__ import annotations

from collections.abc import Mapping

from museion.actions.stores import Stores, project_key
from museion.errors import NameInvalid, NotFound, TooLarge
from museion.model.view import View, ViewPage

MAX_NAME = 100
MAX_STATE = 65_536
"""Characters of all fields and values together."""
MAX_VIEWS = 500


def list_views(stores: Stores, entity: str, project: str) -> list[View]:
    """The views of a project, by page and name; raises ProjectNotFound."""
    with stores.catalog.reading() as rows:
        return rows.views.of(project_key(rows, entity, project))


def save_view(
    stores: Stores,
    entity: str,
    project: str,
    page: ViewPage,
    name: str,
    state: Mapping[str, str],
    *,
    is_default: bool = False,
    user: str,
) -> View:
    """Save a view under a name; one of the same name on the same page is replaced.

    A default view takes the place of the page's default before. Raises ProjectNotFound, NameInvalid, TooLarge.
    """
    name = _checked_name(name)
    if sum(len(field) + len(value) for field, value in state.items()) > MAX_STATE:
        raise TooLarge(
            f"The view {name!r} holds more than {MAX_STATE:,} characters.", advice="Hide fewer runs by hand."
        )
    with stores.catalog.transaction() as rows:
        home = project_key(rows, entity, project)
        view = rows.views.put(home, page, name, state, is_default, user, stores.clock())
        if rows.views.count(home) > MAX_VIEWS:
            raise TooLarge(f"The project has {MAX_VIEWS} views already.", advice="Delete one that nobody needs.")
    return view


def _checked_name(name: str) -> str:
    found = name.strip()
    if not 0 < len(found) <= MAX_NAME or not found.isprintable():
        raise NameInvalid(f"A view's name has 1 to {MAX_NAME} printable characters.")
    return found


def delete_view(stores: Stores, entity: str, project: str, view: int) -> None:
    """Forget a view; raises ProjectNotFound or NotFound."""
    with stores.catalog.transaction() as rows:
        if not rows.views.delete(project_key(rows, entity, project), view):
            raise NotFound(f"The project {entity}/{project} has no view {view}.")
