"""Ask runs to stop: their next heartbeat is answered with it."""

from __future__ import annotations

from museion.actions.choose_runs import Choice, choose_runs
from museion.actions.stores import Stores, run_key
from museion.errors import Conflict


def stop_run(stores: Stores, entity: str, project: str, run: str) -> None:
    """Ask one run; raises Conflict if it is over. Asking again is no news."""
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        found = rows.runs.get(key).run
        if found.state.over:
            raise Conflict(f"The run {found.id!r} is {found.state} already.")
        if not found.stop:
            rows.runs.mark([key], now, stop_at=now)
            rows.changes.record(home, "run", found.id, now)


def stop_runs(stores: Stores, entity: str, project: str, choice: Choice, *, dry_run: bool = False) -> int:
    """Ask those of these runs that are not over; returns how many."""
    now = stores.clock()
    keys = choose_runs(stores, entity, project, choice)
    with stores.catalog.transaction() as rows:
        alive = rows.runs.alive(keys)
        if not dry_run:
            rows.runs.mark(alive, now, stop_at=now)
            for home, run in rows.runs.named(alive).values():
                rows.changes.record(home, "run", run, now)
    return len(alive)
