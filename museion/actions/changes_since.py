"""Ask what changed in a project."""

from __future__ import annotations

from museion.actions.stores import Stores, project_key
from museion.catalog.changes import Changes

__all__ = ["Changes", "changes_since"]


def changes_since(stores: Stores, entity: str, project: str, since: int = 0) -> Changes:
    """Everything that changed after the cursor `since`, and the cursor to ask with next; deleted runs are named too."""
    with stores.catalog.reading() as rows:
        return rows.changes.since(project_key(rows, entity, project), since)
