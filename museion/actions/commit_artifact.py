"""Commit a version: the bytes are already here, now give them a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from museion.actions.actor import SYSTEM, Actor
from museion.actions.present import present, true_sizes
from museion.actions.protect_aliases import guard_aliases
from museion.actions.stores import Stores, run_key
from museion.catalog.artifacts import NewVersion, StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.collections import StoredCollection
from museion.catalog.sql import plain, to_text
from museion.errors import Conflict, TypeMismatch, ValueInvalid
from museion.model.artifact import LATEST, Version, may_expire
from museion.model.manifest import Content, Manifest
from museion.model.names import check_alias, check_artifact_name, check_name, check_tag

MAX_CLIENT_ID = 256
MAX_TTL = 100 * 366 * 86_400


@dataclass(frozen=True, slots=True)
class Draft:
    """A version to be. `run` (an id of the same project) is who made it, `step` when; `upload` is the lease under
    which its bytes came. `incremental` adds the entries to those of the newest version; `ttl` is in seconds (0: never
    expires, None: as the collection says); `client_id` is what its maker called it before it had a name."""

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
    incremental: bool = False
    ttl: int | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """What came of it; `existing` if the collection had this content already, so that no version was made."""

    artifact: Version
    existing: bool


def commit_artifact(stores: Stores, entity: str, project: str, draft: Draft, actor: Actor = SYSTEM) -> Commit:
    """Record `draft` in one transaction: version, aliases and the edge from its run; all visible at once.

    Committing content again that the collection has, in any version, returns that version, with its description and
    metadata as they were; its tags are joined, and the aliases and `latest` move to it: a retry is not news.
    Raises BlobsMissing with the digests the project does not have, TypeMismatch, RunNotFound, NameInvalid, Forbidden
    (a protected alias), Conflict (the name is a registry's).
    """
    check_draft(draft)
    with present(stores, entity, project, draft.upload, draft.manifest.digests):
        check_sizes(stores, draft.manifest)
        now = stores.clock()
        with stores.catalog.transaction() as rows:
            if draft.run is None:
                home, run = rows.projects.ensure(entity, project, now), None
            else:
                home, run = run_key(rows, entity, project, draft.run)
            return record(rows, home, entity, draft, run, actor, now)


def record(rows: Rows, home: int, entity: str, draft: Draft, run: int | None, actor: Actor, now: float) -> Commit:
    """The rows of a commit, inside a transaction; `home` and `run` are keys."""
    collection = sequence(rows, home, draft.name, draft.type, now)
    stored, existing = _version(rows, collection, draft, run, now)
    guard_aliases(rows, home, entity, {*draft.aliases} - {*stored.version.aliases}, actor)
    rows.artifacts.point(collection.key, {*draft.aliases, LATEST}, stored.key)
    rows.collections.touch(collection.key, now)
    if run is not None:
        join(rows, home, run, stored, draft.step, now)
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
    plain(draft.client_id, "client id", MAX_CLIENT_ID)
    check_ttl(draft.ttl, draft.type)


def check_ttl(ttl: int | None, kind: str) -> None:
    """Raise ValueInvalid for a time to live that cannot be, or that this artifact type cannot have."""
    if ttl is None:
        return
    if not 0 <= ttl <= MAX_TTL:
        raise ValueInvalid(f"The time to live is {ttl} seconds.", advice="Give 0 (for ever) to 100 years.")
    if ttl and not may_expire(kind):
        raise ValueInvalid(f"Artifacts of the type {kind!r} are made automatically: they have no time to live.")


def check_sizes(stores: Stores, manifest: Manifest) -> None:
    """Raise ValueInvalid for a size that lies: it would make every sum of bytes a lie."""
    claimed: dict[str, int] = {}
    for path, entry in manifest.entries.items():
        if isinstance(entry, Content) and claimed.setdefault(entry.digest, entry.size) != entry.size:
            raise ValueInvalid(f"The manifest gives {path!r} another size than its content has elsewhere in it.")
    for digest, true in true_sizes(stores, claimed).items():
        if claimed[digest] != true:
            raise ValueInvalid(f"The content {digest} has {true:,} bytes, not {claimed[digest]:,}.")


def sequence(rows: Rows, home: int, name: str, kind: str, now: float) -> StoredCollection:
    """The collection to commit into, made if it is not there; raises TypeMismatch, or Conflict for a portfolio."""
    found = rows.collections.ensure(home, name, kind, now)
    if found.kind != "sequence":
        raise Conflict(f"{name!r} is a registry's collection of links.", advice="Log under another name, and link it.")
    if found.type != kind:
        raise TypeMismatch(f"The artifact {name!r} has the type {found.type!r}, not {kind!r}.")
    return found


def _version(
    rows: Rows, collection: StoredCollection, draft: Draft, run: int | None, now: float
) -> tuple[StoredVersion, bool]:
    manifest = _upon_newest(rows, collection, draft.manifest) if draft.incremental else draft.manifest
    digest = rows.manifests.put(manifest)
    if known := rows.artifacts.by_digest(collection.key, digest):
        _join_tags(rows, known, draft.tags, now)
        return known, True
    new = NewVersion(
        digest=digest,
        size=manifest.size,
        files=len(manifest),
        created_at=now,
        description=draft.description,
        metadata=draft.metadata,
        tags=list(dict.fromkeys(draft.tags)),
        made_by=run,
        step=draft.step,
        ttl=draft.ttl,
        client_id=draft.client_id,
    )
    return rows.artifacts.add(collection.key, rows.collections.next_number(collection.key, now), new), False


def _upon_newest(rows: Rows, collection: StoredCollection, manifest: Manifest) -> Manifest:
    newest = rows.artifacts.versions(collection.key, limit=1)
    base = rows.manifests.get(newest[0].version.digest).entries if newest else {}
    return Manifest.of({**base, **manifest.entries})


def _join_tags(rows: Rows, known: StoredVersion, tags: Sequence[str], now: float) -> None:
    if fresh := [tag for tag in dict.fromkeys(tags) if tag not in known.version.tags]:
        rows.artifacts.change(known.key, {"tags": [*known.version.tags, *fresh]}, now)


def join(rows: Rows, home: int, run: int, stored: StoredVersion, step: int | None, now: float) -> None:
    """The edge from its maker. A run that commits again what it used (to give it an alias, say) did not make it: no
    edge leads in a circle."""
    if not rows.edges.has(run, stored.key, "used"):
        rows.edges.add(run, stored.key, "made", step, now)
    rows.runs.touch(run, now)
    rows.changes.record(home, "run", rows.runs.get(run).run.id, now)
