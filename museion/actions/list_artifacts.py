"""List the collections of a project."""

from __future__ import annotations

from museion.actions.stores import Stores, project_key
from museion.model.artifact import Collection


def list_artifacts(
    stores: Stores,
    entity: str,
    project: str,
    *,
    type: str | None = None,  # noqa: A002  (the field's name in the API)
    q: str = "",
) -> list[Collection]:
    """Collections of this type (None: any) whose name contains `q`, the last changed first."""
    with stores.catalog.reading() as rows:
        return rows.artifacts.search(project_key(rows, entity, project), type, q)
