"""Log rows of history."""

from __future__ import annotations

from museion.actions.stores import Stores, run_key


def log_history(stores: Stores, entity: str, project: str, run: str, writer: str, seq: int, batch: bytes) -> int:
    """Store a batch whose first row is number `seq` of `writer`; returns the number to send next.

    Sending a batch again changes nothing. Raises SequenceGap if rows before it are missing, BatchCorrupt, or
    RunNotFound.
    """
    with stores.catalog.reading() as rows:
        home, key = run_key(rows, entity, project, run)
    following = stores.history.append(key, writer, seq, batch)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        rows.runs.touch(key, now)
        rows.changes.record(home, "run", run, now)
    return following


def next_seq(stores: Stores, entity: str, project: str, run: str, writer: str) -> int:
    """The number of the row this writer has to send next."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
    return stores.history.next_seq(key, writer)
