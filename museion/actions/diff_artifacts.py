"""Diff two versions: files, metadata, what is different inside tables and tensors, and the bytes they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from museion.actions.resolve import MayRead, everything, find_reference, find_version
from museion.actions.stores import Stores
from museion.model.artifact import Version
from museion.model.differences import Inside, inside
from museion.model.manifest import Content, Manifest, diff

LOOKED_INTO = 64 << 20
"""Bytes of one file, and of all files together, that are read to see what is different inside."""
LISTED = 10_000


@dataclass(frozen=True, slots=True)
class ArtifactDiff:
    """What has to be done to `before` to make it `after`. Of paths at most 10,000 of each kind are listed
    (`truncated`); the counts are of all. `metadata` is key → [before, after]; `inside` path → what differs in it.

    Bytes are of contents, each counted once: `shared` are in both, `new` only in `after`, `gone` only in `before`.
    """

    before: Version
    after: Version
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: int
    counts: Mapping[str, int]
    truncated: bool
    metadata: Mapping[str, list[Any]]
    inside: Mapping[str, Inside]
    shared_bytes: int
    new_bytes: int
    gone_bytes: int


def diff_artifacts(
    stores: Stores, entity: str, project: str, name: str, pointer: str, other: str, may_read: MayRead = everything
) -> ArtifactDiff:
    """From the version `other` (a reference: `name:v2`, `project/name:best`; `:v2` is of the same artifact) to the
    version `name:pointer`. Raises ArtifactNotFound, NameInvalid."""
    with stores.catalog.reading() as rows:
        after = find_version(rows, entity, project, name, pointer).version
        text = f"{name}{other}" if other.startswith(":") else other
        before = find_reference(rows, entity, project, text, may_read).version
        old, new = rows.manifests.get(before.digest), rows.manifests.get(after.digest)
    found = diff(old, new)
    lists = (found.added, found.removed, found.changed)
    was, now = _contents(old), _contents(new)
    return ArtifactDiff(
        before=before,
        after=after,
        added=found.added[:LISTED],
        removed=found.removed[:LISTED],
        changed=found.changed[:LISTED],
        same=found.same,
        counts=dict(zip(("added", "removed", "changed"), map(len, lists), strict=True)),
        truncated=any(len(names) > LISTED for names in lists),
        metadata=_metadata(before.metadata, after.metadata),
        inside=_insides(stores, old, new, found.changed),
        shared_bytes=sum(now[digest] for digest in now.keys() & was.keys()),
        new_bytes=sum(now[digest] for digest in now.keys() - was.keys()),
        gone_bytes=sum(was[digest] for digest in was.keys() - now.keys()),
    )


def _contents(manifest: Manifest) -> dict[str, int]:
    return {entry.digest: entry.size for entry in manifest.entries.values() if isinstance(entry, Content)}


def _metadata(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    keys = dict.fromkeys([*before, *after])
    pairs = {key: [before.get(key), after.get(key)] for key in keys}
    return {key: pair for key, pair in pairs.items() if (key in before) != (key in after) or pair[0] != pair[1]}


def _insides(stores: Stores, old: Manifest, new: Manifest, paths: Iterable[str]) -> dict[str, Inside]:
    """As far as the bound on bytes reaches; what is left out is known as changed all the same."""
    left = LOOKED_INTO
    found: dict[str, Inside] = {}
    for path in paths:
        one, two = old.entries[path], new.entries[path]
        if not path.endswith((".table.json", ".safetensors", ".npz")):
            continue
        if not isinstance(one, Content) or not isinstance(two, Content) or one.size + two.size > left:
            continue
        left -= one.size + two.size
        read = (b"".join(stores.blobs.open(entry.digest)) for entry in (one, two))
        if (difference := inside(path, *read)) is not None:
            found[path] = difference
    return found
