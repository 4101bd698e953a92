"""Limit how many bytes a project may hold."""

from __future__ import annotations

from dataclasses import dataclass

from museion.actions.stores import Stores, project_key, scope


@dataclass(frozen=True, slots=True)
class Quota:
    """The most bytes a project may hold (None: no limit), and how many it holds, garbage included."""

    bytes: int | None
    held: int


def read_quota(stores: Stores, entity: str, project: str) -> Quota:
    """Raises ProjectNotFound."""
    with stores.catalog.reading() as rows:
        project_key(rows, entity, project)
    return Quota(*stores.blobs.quota(scope(entity, project)))


def set_quota(stores: Stores, entity: str, project: str, limit: int | None) -> Quota:
    """What comes beyond the limit raises StorageFull; what is there stays. Raises ProjectNotFound, ValueInvalid."""
    with stores.catalog.reading() as rows:
        project_key(rows, entity, project)
    stores.blobs.set_quota(scope(entity, project), limit)
    return read_quota(stores, entity, project)
