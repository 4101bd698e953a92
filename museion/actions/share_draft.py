"""Make one version together: many runs add to a draft, one finishes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from museion.actions.actor import SYSTEM, Actor
from museion.actions.commit_artifact import Commit, Draft, check_draft, check_sizes, join, record, sequence
from museion.actions.present import present
from museion.actions.stores import Stores, run_key
from museion.catalog.catalog import Rows
from museion.catalog.drafts import Part, StoredDraft
from museion.errors import TypeMismatch
from museion.model.manifest import Entry, Manifest
from museion.model.names import check_name

ABANDONED = 30 * 86_400.0
"""A draft nobody added to for so many seconds is dropped."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """How far a draft is: `parts` were added, with so many `files` and bytes in all."""

    name: str
    distributed_id: str
    parts: int
    files: int
    size: int


def add_to_draft(stores: Stores, entity: str, project: str, distributed_id: str, draft: Draft) -> Gathered:
    """Add the entries of `draft` to what others added under `distributed_id`; no version is made yet.

    Of a path that was added twice the last wins. Metadata is merged at its top level, aliases and tags are joined.
    """
    check_name(distributed_id, "distributed id")
    check_draft(draft)
    with present(stores, entity, project, draft.upload, draft.manifest.digests):
        check_sizes(stores, draft.manifest)
        now = stores.clock()
        with stores.catalog.transaction() as rows:
            home, run = _place(rows, entity, project, draft.run, now)
            stored = _add(rows, home, run, distributed_id, draft, now)
            merged = _merged(rows, stored)
            return Gathered(draft.name, distributed_id, len(rows.drafts.parts(stored.key)), len(merged), merged.size)


def finish_draft(
    stores: Stores, entity: str, project: str, distributed_id: str, draft: Draft, actor: Actor = SYSTEM
) -> Commit:
    """Add the entries of `draft` (it may have none) and commit everything as one version, made by all who added.

    Finishing again what is finished commits `draft` alone: a retry finds the version it made only if its own entries
    are the whole of it, so a client that saw no answer looks for its version by `client_id` first.
    """
    check_name(distributed_id, "distributed id")
    check_draft(draft)
    with present(stores, entity, project, draft.upload, draft.manifest.digests):
        check_sizes(stores, draft.manifest)
        now = stores.clock()
        with stores.catalog.transaction() as rows:
            home, run = _place(rows, entity, project, draft.run, now)
            if draft.client_id and (known := rows.artifacts.by_client_id(draft.client_id)):
                return Commit(known.version, True)
            stored = _add(rows, home, run, distributed_id, draft, now)
            whole = _whole(rows, stored, draft)
            done = record(rows, home, entity, whole, run, actor, now)
            for part in rows.drafts.parts(stored.key):
                if part.run is not None:
                    join(rows, home, part.run, rows.artifacts.get(done.artifact.id), part.step, now)
            rows.drafts.delete(stored.key)
            return done


def _place(rows: Rows, entity: str, project: str, run: str | None, now: float) -> tuple[int, int | None]:
    return (rows.projects.ensure(entity, project, now), None) if run is None else run_key(rows, entity, project, run)


def _add(rows: Rows, home: int, run: int | None, distributed_id: str, draft: Draft, now: float) -> StoredDraft:
    sequence(rows, home, draft.name, draft.type, now)
    stored = rows.drafts.ensure(home, draft.name, distributed_id, draft.type, now)
    if stored.type != draft.type:
        raise TypeMismatch(f"The draft {distributed_id!r} has the type {stored.type!r}, not {draft.type!r}.")
    papers = _papers(stored, draft)
    rows.drafts.add_part(stored.key, Part(rows.manifests.put(draft.manifest), run, draft.step), papers, now)
    return replace(stored, papers=papers)


def _papers(stored: StoredDraft, draft: Draft) -> dict[str, Any]:
    was = stored.papers
    return {
        "description": draft.description or was.get("description"),
        "metadata": {**was.get("metadata", {}), **draft.metadata},
        "aliases": list(dict.fromkeys([*was.get("aliases", ()), *draft.aliases])),
        "tags": list(dict.fromkeys([*was.get("tags", ()), *draft.tags])),
        "ttl": draft.ttl if draft.ttl is not None else was.get("ttl"),
    }


def _merged(rows: Rows, stored: StoredDraft) -> Manifest:
    entries: dict[str, Entry] = {}
    for part in rows.drafts.parts(stored.key):
        entries.update(rows.manifests.get(part.digest).entries)
    return Manifest.of(entries)


def _whole(rows: Rows, stored: StoredDraft, draft: Draft) -> Draft:
    papers: dict[str, Any] = dict(stored.papers)
    return replace(draft, manifest=_merged(rows, stored), **papers)
