"""Fork a run: another run goes on from its history."""

from __future__ import annotations

from dataclasses import replace

from museion.actions.seen_summary import seen_summary
from museion.actions.stores import Stores, run_key
from museion.actions.upsert_run import RunChange, upsert_run
from museion.catalog.runs import StoredRun
from museion.errors import RunExists, UsageError
from museion.model.run import Run


def fork_run(
    stores: Stores, entity: str, project: str, run: str, parent: str, step: int, *, user: str | None = None
) -> Run:
    """Let `run` (made if it is not there) show what `parent` shows up to `step`, and after that its own rows.

    It is a view: nothing is copied, rows that come late to the parent are seen too, and they stay when the parent is
    deleted. The summary is that of `step`. Forking again in the same way is no news. Raises RunNotFound, UsageError
    for a run that would be its own parent, or RunExists for one that has a history already.
    """
    origin = _stored(stores, entity, project, parent)
    if run == origin.run.id:
        raise UsageError("A run cannot be forked from itself.", advice="Rewind it, or give the fork another id.")
    upsert_run(stores, entity, project, run, RunChange(), user=user)
    child = _stored(stores, entity, project, run)
    if (child.run.forked_from, child.run.forked_at) == (origin.run.id, step):
        return child.run
    if child.run.forked_from is not None or not stores.history.fork(origin.key, child.key, step):
        raise RunExists(f"The run {run!r} has a history already.", advice="Fork into a new id.")
    return _write_down(stores, child, origin.run, step)


def _stored(stores: Stores, entity: str, project: str, run: str) -> StoredRun:
    with stores.catalog.reading() as rows:
        return rows.runs.get(run_key(rows, entity, project, run)[1])


def _write_down(stores: Stores, child: StoredRun, parent: Run, step: int) -> Run:
    summary = seen_summary(stores, child.key, parent.metrics)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        fresh = rows.runs.get(child.key).run
        forked = replace(
            fresh,
            forked_from=parent.id,
            forked_at=step,
            summary={**summary, **fresh.summary},
            metrics=fresh.metrics or parent.metrics,
            updated_at=now,
        )
        rows.runs.change(child.key, forked)
        rows.changes.record(child.project, "run", forked.id, now)
    return forked
