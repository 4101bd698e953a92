"""List projects with their counts, read one, delete one."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.delete_artifact import Deletion
from museion.actions.freed import freed_bytes
from museion.actions.stores import Stores, project_key
from museion.catalog.projects import Project


def list_projects(stores: Stores, entities: Sequence[str] | None = None, q: str = "") -> list[Project]:
    """Projects of these entities (None: of all) whose name contains `q`, the last changed first."""
    with stores.catalog.reading() as rows:
        return rows.projects.search(entities, q)


def read_project(stores: Stores, entity: str, project: str) -> Project:
    """The project with its counts; raises ProjectNotFound."""
    with stores.catalog.reading() as rows:
        return rows.projects.get(project_key(rows, entity, project))


def delete_project(stores: Stores, entity: str, project: str) -> Deletion:
    """Delete a project with its runs, versions and numbers; counts the runs, and the bytes nothing else needs."""
    with stores.catalog.transaction() as rows:
        key = project_key(rows, entity, project)
        runs = rows.runs.keys_of(key)
        contents: dict[str, int] = {}
        for run in runs:
            contents.update(rows.files.contents(run))
        for digest in rows.artifacts.digests_of(key):
            contents.update(rows.manifests.contents(digest))
        rows.projects.delete(key)
        rows.manifests.sweep()
        freed = freed_bytes(rows, contents)
    stores.addresses.forget()
    for run in runs:
        stores.history.delete(run)
    return Deletion(len(runs), freed)
