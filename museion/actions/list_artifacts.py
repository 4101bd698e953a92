"""List the collections of a project, or versions across them."""

from __future__ import annotations

from dataclasses import dataclass

from museion.actions.stores import Stores, project_key
from museion.catalog.artifacts import Wanted
from museion.model.artifact import Collection, CollectionKind, Version


@dataclass(frozen=True, slots=True)
class Found:
    """A page of versions; `total` and `size` (bytes, each version counted for itself) are of all that are meant."""

    versions: list[Version]
    total: int
    size: int


def list_artifacts(
    stores: Stores,
    entity: str,
    project: str,
    *,
    type: str | None = None,  # noqa: A002  (the field's name in the API)
    q: str = "",
    kind: CollectionKind | None = None,
) -> list[Collection]:
    """Collections of this type and kind (None: any) whose name contains `q`, the last changed first."""
    with stores.catalog.reading() as rows:
        return rows.collections.search(project_key(rows, entity, project), type, q, kind)


def search_versions(
    stores: Stores,
    entity: str,
    project: str,
    wanted: Wanted,
    *,
    order: str = "-created_at",
    limit: int = 1_000,
    offset: int = 0,
) -> Found:
    """Versions of a project that `wanted` means, over all its collections; raises ProjectNotFound, NameInvalid."""
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
        found = rows.artifacts.search(home, wanted, order=order, limit=limit, offset=offset)
        total, size = rows.artifacts.count(home, wanted)
    return Found([stored.version for stored in found], total, size)
