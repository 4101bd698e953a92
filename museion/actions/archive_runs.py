"""Put runs out of the way, or bring them back from the archive and from the trash."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.choose_runs import Choice, choose_runs
from museion.actions.stores import Stores, project_key
from museion.catalog.catalog import Rows
from museion.errors import RunNotFound


def archive_runs(stores: Stores, entity: str, project: str, choice: Choice, *, dry_run: bool = False) -> int:
    """Archive these runs: lists leave them out, nothing is lost. Returns how many."""
    keys = choose_runs(stores, entity, project, choice)
    if not dry_run:
        now = stores.clock()
        with stores.catalog.transaction() as rows:
            _mark(rows, keys, now, archived_at=now)
    return len(keys)


def restore_runs(stores: Stores, entity: str, project: str, choice: Choice, *, dry_run: bool = False) -> int:
    """Bring these runs back, archived or deleted; those in the trash only by their ids. Returns how many."""
    if isinstance(choice, Sequence):
        keys = _in_trash_or_here(stores, entity, project, choice)
    else:
        keys = choose_runs(stores, entity, project, choice)
    if not dry_run:
        with stores.catalog.transaction() as rows:
            _mark(rows, keys, stores.clock(), archived_at=None, deleted_at=None)
    return len(keys)


def _in_trash_or_here(stores: Stores, entity: str, project: str, ids: Sequence[str]) -> list[int]:
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
        found = rows.runs.keys(home, ids)
        for run in ids:
            key = found.get(run) or rows.runs.in_trash(home, run)
            if key is None:
                raise RunNotFound(f"There is no run {run!r} in {entity}/{project}, deleted or not.")
            found[run] = key
    return list(found.values())


def _mark(rows: Rows, keys: Sequence[int], now: float, **times: float | None) -> None:
    rows.runs.mark(keys, now, **times)
    for home, run in rows.runs.named(keys).values():
        rows.changes.record(home, "run", run, now)
