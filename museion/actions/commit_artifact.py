"""Commit a version: the bytes are already here, now give them a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from museion.actions.present import present, true_sizes
from museion.actions.stores import Stores, run_key
from museion.catalog.artifacts import NewVersion, StoredCollection, StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.sql import plain, to_text
from museion.errors import TypeMismatch, ValueInvalid
from museion.model.artifact import LATEST, Version
from museion.model.manifest import Content, Manifest
from museion.model.names import check_alias, check_artifact_name, check_name, check_tag


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be. `run` (an id of the same project) is who made it, `step` when; `upload` is the lease under
    which its bytes came."""

    name: str
    type: str
    manifest: Manifest
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    aliases: Sequence[str] = ()
    tags: Sequence[str] = ()
    run: str | None = None
    step: int | None = None
    upload: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """What came of it; `existing` if the collection had this content already, so that no version was made."""

    artifact: Version
    existing: bool


def commit_artifact(stores: Stores, entity: str, project: str, draft: Draft) -> Commit:
    """Record `draft` in one transaction: version, aliases and the edge from its run; all visible at once.

    Committing content again that the collection has, in any version, returns that version, with its description and
    metadata as they were, and moves the aliases and `latest` to it: a retry is not news.
    Raises BlobsMissing with the digests the project does not have, TypeMismatch, RunNotFound, NameInvalid.
    """
    check_draft(draft)
    with present(stores, entity, project, draft.upload, draft.manifest.digests):
        _check_sizes(stores, draft.manifest)
        return _commit(stores, entity, project, draft)


def _commit(stores: Stores, entity: str, project: str, draft: Draft) -> Commit:
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        if draft.run is None:
            home, run = rows.projects.ensure(entity, project, now), None
        else:
            home, run = run_key(rows, entity, project, draft.run)
        collection = _collection(rows, home, draft, now)
        stored, existing = _version(rows, collection, draft, run, now)
        rows.artifacts.point(collection.key, {*draft.aliases, LATEST}, stored.key)
        rows.artifacts.touch(collection.key, now)
        if run is not None:
            _join(rows, home, run, stored, draft, now)
        rows.changes.record(home, "collection", draft.name, now)
        return Commit(rows.artifacts.get(stored.key).version, existing)


def check_draft(draft: Draft) -> None:
    """Raise NameInvalid or ValueInvalid for what cannot be stored."""
    check_artifact_name(draft.name)
    check_name(draft.type, "artifact type")
    for alias in draft.aliases:
        check_alias(alias)
    for tag in draft.tags:
        check_tag(tag)
    plain(draft.description, "description")
    to_text(dict(draft.metadata), "metadata")


def _check_sizes(stores: Stores, manifest: Manifest) -> None:
    """A size that lies would make every sum of bytes a lie."""
    claimed: dict[str, int] = {}
    for path, entry in manifest.entries.items():
        if isinstance(entry, Content) and claimed.setdefault(entry.digest, entry.size) != entry.size:
            raise ValueInvalid(f"The manifest gives {path!r} another size than its content has elsewhere in it.")
    for digest, true in true_sizes(stores, claimed).items():
        if claimed[digest] != true:
            raise ValueInvalid(f"The content {digest} has {true:,} bytes, not {claimed[digest]:,}.")


def _collection(rows: Rows, home: int, draft: Draft, now: float) -> StoredCollection:
    found = rows.artifacts.ensure(home, draft.name, draft.type, now)
    if found.type != draft.type:
        raise TypeMismatch(f"The artifact {draft.name!r} has the type {found.type!r}, not {draft.type!r}.")
    return found


def _version(
    rows: Rows, collection: StoredCollection, draft: Draft, run: int | None, now: float
) -> tuple[StoredVersion, bool]:
    digest = rows.manifests.put(draft.manifest)
    if known := rows.artifacts.by_digest(collection.key, digest):
        return known, True
    new = NewVersion(
        digest=digest,
        size=draft.manifest.size,
        files=len(draft.manifest),
        created_at=now,
        description=draft.description,
        metadata=draft.metadata,
        tags=list(dict.fromkeys(draft.tags)),
        made_by=run,
        step=draft.step,
    )
    return rows.artifacts.add(collection.key, new), False


def _join(rows: Rows, home: int, run: int, stored: StoredVersion, draft: Draft, now: float) -> None:
    """A run that commits again what it used (to give it an alias, say) did not make it: no edge leads in a circle."""
    if not rows.edges.has(run, stored.key, "used"):
        rows.edges.add(run, stored.key, "made", draft.step, now)
    rows.runs.touch(run, now)
    rows.changes.record(home, "run", str(draft.run), now)
