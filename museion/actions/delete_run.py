"""Delete runs: into the trash, from which they come back until it is emptied. The versions they made stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museion.actions.actor import SYSTEM, Actor
from museion.actions.choose_runs import Choice, choose_runs
from museion.actions.delete_artifact import Deletion, outputs_of, throw_away
from museion.actions.freed import freed_bytes
from museion.actions.stores import Stores
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows

TRASH = 7 * 24 * 3600.0
"""Seconds for which a deleted run can be restored."""


@dataclass(frozen=True, slots=True)
class RunDeletion:
    """How many runs and versions went, and the bytes this frees once the trash is emptied."""

    runs: int
    versions: int
    freed: int


def delete_run(stores: Stores, entity: str, project: str, run: str) -> int:
    """Delete one run; returns the bytes that this frees once the trash is emptied. Raises RunNotFound."""
    return delete_runs(stores, entity, project, [run]).freed


def delete_runs(
    stores: Stores,
    entity: str,
    project: str,
    choice: Choice,
    *,
    artifacts: bool = False,
    actor: Actor = SYSTEM,
    dry_run: bool = False,
) -> RunDeletion:
    """Delete these runs, with `artifacts` also the versions they made that have no alias of their own.

    `freed` counts the bytes of their numbers and consoles, and of contents that nothing else names. It is found by
    doing it; a dry run undoes it again. Raises Forbidden if a version is protected and `actor` is no admin.
    """
    keys = choose_runs(stores, entity, project, choice)
    now = stores.clock()
    numbers = stores.history.size(keys)
    with stores.catalog.transaction() as rows, rows.connection.begin_nested() as step:
        made = [version for key in keys for version in outputs_of(rows, key)] if artifacts else []
        gone = throw_away(rows, made, actor, now) if made else Deletion(0, 0)
        rows.runs.mark(keys, now, deleted_at=now)
        for home, run in rows.runs.named(keys).values():
            rows.changes.record(home, "run", run, now)
        freed = freed_bytes(rows, _contents(rows, keys) | _contents_of(rows, made))
        freed += rows.console.size(keys) + numbers
        if dry_run:
            step.rollback()
    stores.addresses.forget()
    return RunDeletion(len(keys), gone.deleted, freed)


def _contents(rows: Rows, keys: Sequence[int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for key in keys:
        found.update(rows.files.contents(key))
    return found


def _contents_of(rows: Rows, versions: Sequence[StoredVersion]) -> dict[str, int]:
    found: dict[str, int] = {}
    for stored in versions:
        found.update(rows.manifests.contents(stored.version.digest))
    return found


def empty_trash(stores: Stores, grace: float = TRASH) -> int:
    """Remove for good what was deleted more than `grace` seconds ago; returns how many runs."""
    with stores.catalog.transaction() as rows:
        keys = rows.runs.trashed(stores.clock() - grace)
        for key in keys:
            rows.runs.delete(key)
    for key in keys:
        stores.history.delete(key)
    return len(keys)
