"""Delete a version or a whole collection, and say how many bytes that frees."""

from __future__ import annotations

from dataclasses import dataclass

from museion.actions.freed import freed_bytes
from museion.actions.resolve import find_collection, find_version
from museion.actions.stores import Stores
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.model.artifact import LATEST


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many versions (or runs) went, and the bytes nothing else needs: the next collection frees them."""

    deleted: int
    freed: int


def delete_version(stores: Stores, entity: str, project: str, name: str, pointer: str) -> Deletion:
    """Delete one version; if it was `latest`, the newest of those left is. Raises ArtifactNotFound."""
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        gone = _delete(rows, [stored])
        left = rows.artifacts.versions(stored.collection, limit=1)
        if left and LATEST in stored.version.aliases:
            rows.artifacts.point(stored.collection, [LATEST], left[0].key)
        now = stores.clock()
        rows.artifacts.touch(stored.collection, now)
        rows.changes.record(rows.artifacts.home(stored.collection), "collection", name, now)
    return gone


def delete_collection(stores: Stores, entity: str, project: str, name: str) -> Deletion:
    """Delete a collection with all its versions; raises ArtifactNotFound."""
    with stores.catalog.transaction() as rows:
        collection = find_collection(rows, entity, project, name, lock=True)
        gone = _delete(rows, rows.artifacts.versions(collection.key))
        rows.artifacts.delete_collection(collection.key)
        rows.changes.record(collection.project, "collection", name, stores.clock())
    return gone


def _delete(rows: Rows, versions: list[StoredVersion]) -> Deletion:
    contents: dict[str, int] = {}
    for stored in versions:
        contents.update(rows.manifests.contents(stored.version.digest))
        rows.artifacts.delete_version(stored.key)
    rows.manifests.sweep()
    return Deletion(len(versions), freed_bytes(rows, contents))
