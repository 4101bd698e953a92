"""Follow runs: what they logged since a cursor."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.stores import Stores, project_key
from museion.history.following import News
from museion.history.reading import TIMELINES


def follow_history(
    stores: Stores,
    entity: str,
    project: str,
    runs: Sequence[str],
    keys: Sequence[str] | None = None,
    after: int | None = None,
) -> News:
    """The points that came after the cursor, or where None is given, a cursor to begin with and no points.

    Runs that are not there are left out. Raises ProjectNotFound.
    """
    with stores.catalog.reading() as rows:
        found = rows.runs.keys(project_key(rows, entity, project), runs)
    wanted = None if keys is None else {*keys, *TIMELINES}
    return stores.history.news(found, wanted, after)
