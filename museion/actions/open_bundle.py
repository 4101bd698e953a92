"""Find many files of a version, or parts of them, to be read at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from museion.actions.read_artifact import read_manifest
from museion.actions.stores import Stores
from museion.blobs.store import Part
from museion.errors import FileMissing, ValueInvalid
from museion.model.manifest import Content


class Wanted(NamedTuple):
    """Bytes `[start, stop)` of the entry at `path`; to its end without `stop`."""

    path: str
    start: int = 0
    stop: int | None = None


def open_bundle(
    stores: Stores, entity: str, project: str, name: str, pointer: str, wanted: Sequence[Wanted]
) -> list[Part]:
    """The parts, in the order asked for, for `stores.blobs.open_many`.

    Raises ArtifactNotFound; FileMissing for a path that is not there or is a reference, ValueInvalid for a range that
    ends before it begins.
    """
    entries = read_manifest(stores, entity, project, name, pointer).entries
    found = []
    for one in wanted:
        entry = entries.get(one.path)
        if not isinstance(entry, Content):
            what = "has no file" if entry is None else "has only a reference at"
            raise FileMissing(f"{name}:{pointer} in {entity}/{project} {what} {one.path!r}.", path=one.path)
        if one.start < 0 or (one.stop is not None and one.stop < one.start):
            raise ValueInvalid(f"The range {one.start}–{one.stop} of {one.path!r} cannot be.")
        found.append(Part(entry.digest, one.start, one.stop))
    return found
