"""From a reference as people write it to a version."""

from __future__ import annotations

from collections.abc import Callable

from museion.actions.stores import project_key
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.collections import StoredCollection
from museion.errors import ArtifactNotFound
from museion.model.names import ArtifactRef

MayRead = Callable[[str, str], bool]
"""Whether the one who asks may read a project, given its entity and name. Who that is, the server knows."""


def everything(entity: str, project: str) -> bool:
    """The MayRead of those who may read all."""
    return True


def find_collection(rows: Rows, entity: str, project: str, name: str, *, lock: bool = False) -> StoredCollection:
    """The collection; raises ProjectNotFound or ArtifactNotFound."""
    found = rows.collections.find(project_key(rows, entity, project), name, lock=lock)
    if found is None:
        raise ArtifactNotFound(f"There is no artifact {name!r} in {entity}/{project}.")
    return found


def find_version(
    rows: Rows, entity: str, project: str, name: str, pointer: str, *, lock: bool = False
) -> StoredVersion:
    """The version that an alias, a version (`v3`) or the beginning of a digest names; raises ArtifactNotFound."""
    collection = find_collection(rows, entity, project, name, lock=lock)
    found = rows.artifacts.find(collection.key, pointer)
    if found is None:
        raise ArtifactNotFound(
            f"The artifact {name!r} in {entity}/{project} has no version or alias {pointer!r}.",
            advice="`museion artifact ls` shows those it has.",
        )
    return found


def find_reference(rows: Rows, entity: str, project: str, text: str, may_read: MayRead) -> StoredVersion:
    """The version a whole reference names (`name:alias`, `entity/project/name:v3`), as seen from a project.

    Raises ArtifactNotFound also for a project that may not be read: what is hidden is not there.
    """
    ref = ArtifactRef.parse(text)
    home, place = ref.entity or entity, ref.project or project
    if (home, place) != (entity, project) and not may_read(home, place):
        raise ArtifactNotFound(f"There is no artifact {text!r} that you may read.")
    return find_version(rows, home, place, ref.name, ref.pointer)
