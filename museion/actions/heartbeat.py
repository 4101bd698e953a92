"""Hear that a run lives, and notice those that fell silent."""

from __future__ import annotations

from museion.actions.stores import Stores, run_key
from museion.model.run import RunState

SILENCE = 300.0
"""Seconds without a sign of life after which a run counts as crashed."""


def heartbeat(stores: Stores, entity: str, project: str, run: str) -> None:
    """The run lives. One that was taken for crashed (a laptop asleep, a network down) is running again."""
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        state = rows.runs.state(key)
        rows.runs.beat(key, now)
        if state is RunState.CRASHED:
            rows.runs.set_state([key], RunState.RUNNING, now, None)
            rows.changes.record(home, "run", run, now)


def mark_crashed(stores: Stores, silence: float = SILENCE) -> int:
    """Mark runs that said nothing for `silence` seconds as crashed; returns how many."""
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        silent = rows.runs.silent(now - silence)
        for key, home, run, heard in silent:
            rows.runs.set_state([key], RunState.CRASHED, now, heard)
            rows.changes.record(home, "run", run, now)
    return len(silent)
