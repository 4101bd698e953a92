"""Use a version in a run: find it, and remember that the run used it."""

from __future__ import annotations

from museion.actions.resolve import MayRead, everything, find_version
from museion.actions.stores import Stores, run_key
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.errors import ArtifactNotFound, TypeMismatch
from museion.model.artifact import Version
from museion.model.digest import check_digest
from museion.model.names import ArtifactRef


def use_artifact(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    artifact: str,
    *,
    type: str | None = None,  # noqa: A002  (the field's name in the API)
    digest: str | None = None,
    step: int | None = None,
    may_read: MayRead = everything,
) -> Version:
    """The version that `artifact` names (`name:alias`, `project/name:v3`, `entity/project/name:alias`), with the edge
    from it to the run recorded. Doing it again is no news.

    `digest` pins the content: a run that used it offline used exactly that, wherever the alias points by now.
    Raises NameInvalid, ArtifactNotFound (also for a project the reader may not read), TypeMismatch, RunNotFound.
    """
    reference = ArtifactRef.parse(artifact)
    home, place = reference.entity or entity, reference.project or project
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        own, key = run_key(rows, entity, project, run)
        if (home, place) != (entity, project) and not may_read(home, place):
            raise ArtifactNotFound(f"There is no artifact {artifact!r} that you may read.")
        stored = _find(rows, home, place, reference, digest)
        if type is not None and stored.version.type != type:
            raise TypeMismatch(f"The artifact {artifact!r} has the type {stored.version.type!r}, not {type!r}.")
        if not rows.edges.has(key, stored.key, "made"):  # a run that reads back its own output has no new input
            rows.edges.add(key, stored.key, "used", step, now)
        rows.runs.touch(key, now)
        rows.changes.record(own, "run", run, now)
    return stored.version


def _find(rows: Rows, entity: str, project: str, reference: ArtifactRef, digest: str | None) -> StoredVersion:
    if digest is None:
        return find_version(rows, entity, project, reference.name, reference.pointer)
    found = find_version(rows, entity, project, reference.name, check_digest(digest).partition(":")[2])
    if found.version.digest != digest:
        raise ArtifactNotFound(f"No version of {reference.name!r} in {entity}/{project} has the content {digest}.")
    return found
