"""Hear that a run lives, and notice those that fell silent."""

from __future__ import annotations

from museion.actions.stores import Stores, run_key
from museion.model.run import RunState

SILENCE = 300.0
"""Seconds without a sign of life after which a run counts as crashed."""


def heartbeat(stores: Stores, entity: str, project: str, run: str) -> bool:
    """The run lives; returns whether it was asked to stop.

    One that was taken for crashed (a laptop asleep, a network down) is running again.
    """
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        state, stop = rows.runs.beat(key, now)
        if state is RunState.CRASHED:
            rows.runs.set_state([key], RunState.RUNNING, now, None)
            rows.changes.record(home, "run", run, now)
    return stop


def mark_crashed(stores: Stores, silence: float = SILENCE) -> int:
    """Mark runs that said nothing for `silence` seconds as crashed, or as killed if they were asked to stop."""
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        silent = rows.runs.silent(now - silence)
        for run in silent:
            state = RunState.CRASHED if run.stop_at is None else RunState.KILLED
            rows.runs.set_state([run.key], state, now, run.heard_at)
            rows.changes.record(run.project, "run", run.id, now)
    return len(silent)
