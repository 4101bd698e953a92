"""Restore deleted versions, as long as the collector has not forgotten them (`collect_garbage.py`)."""

from __future__ import annotations

from typing import Any

from museion.actions.commit_artifact import sequence
from museion.actions.stores import Stores, project_key
from museion.catalog.artifacts import NewVersion, StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.edges import EdgeRole
from museion.catalog.trash import Thrown
from museion.errors import ArtifactNotFound
from museion.model.artifact import LATEST, Version
from museion.model.names import version_number


def read_trash(stores: Stores, entity: str, project: str, name: str | None = None) -> list[Thrown]:
    """What was deleted of a project, or of one collection, and can be restored; the last deleted first."""
    with stores.catalog.reading() as rows:
        return rows.trash.find(project_key(rows, entity, project), name)


def restore_artifact(stores: Stores, entity: str, project: str, name: str, version: str | None = None) -> list[Version]:
    """Bring back a version, or everything deleted under this name; gives them as they are now.

    A version keeps its number (or gets the next one, if the collection was made anew and its number is taken), its
    papers, the edges to runs that are still there, and those of its aliases that no other version has by now.
    Raises ArtifactNotFound if nothing of it is in the trash, TypeMismatch if the collection has another type by now.
    """
    number = None if version is None else version_number(version)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home = project_key(rows, entity, project)
        thrown = rows.trash.find(home, name, number) if version is None or number is not None else []
        if not thrown:
            raise ArtifactNotFound(
                f"Nothing of {name}{f':{version}' if version else ''} can be restored.",
                advice="Its grace may be over; `museion artifact trash` lists what there is.",
            )
        found = [_restore(rows, home, one, now) for one in sorted(thrown, key=lambda one: one.number)]
        rows.trash.remove([one.key for one in thrown])
        rows.changes.record(home, "collection", name, now)
        return [rows.artifacts.get(stored.key).version for stored in found]


def _restore(rows: Rows, home: int, thrown: Thrown, now: float) -> StoredVersion:
    collection = sequence(rows, home, thrown.name, thrown.type, now)
    if known := rows.artifacts.by_digest(collection.key, thrown.digest):
        return known
    number = thrown.number
    if rows.artifacts.find(collection.key, thrown.version) is not None:
        number = rows.collections.next_number(collection.key, now)
    rows.collections.count_to(collection.key, number + 1)
    stored = rows.artifacts.add(collection.key, number, _papers(rows, thrown))
    for run, role, step, at in _edges(rows, thrown):
        rows.edges.add(run, stored.key, role, step, at)
    _give_aliases(rows, collection.key, stored, thrown.papers["aliases"])
    return stored


def _papers(rows: Rows, thrown: Thrown) -> NewVersion:
    makers = [run for run, role, _, _ in _edges(rows, thrown) if role == "made"]
    same = ("size", "files", "created_at", "description", "metadata", "tags", "step", "ttl", "client_id")
    kept: dict[str, Any] = {field: thrown.papers[field] for field in same}
    return NewVersion(digest=thrown.digest, made_by=makers[0] if makers else None, **kept)


def _edges(rows: Rows, thrown: Thrown) -> list[tuple[int, EdgeRole, int | None, float]]:
    """Its edges to runs that are still there."""
    edges = thrown.papers["edges"]
    there = rows.edges.living(run for run, *_ in edges)
    return [(run, role, step, at) for run, role, step, at in edges if run in there]


def _give_aliases(rows: Rows, collection: int, stored: StoredVersion, aliases: list[str]) -> None:
    free = [alias for alias in aliases if alias != LATEST and rows.artifacts.find(collection, alias) is None]
    rows.artifacts.point(collection, free, stored.key)
    newest = rows.artifacts.versions(collection, limit=1)[0]
    if rows.artifacts.find(collection, LATEST) is None or newest.key == stored.key:
        rows.artifacts.point(collection, [LATEST], newest.key)
