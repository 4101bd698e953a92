"""Log lines of the console by a client that may send a line again when it has changed (a progress bar)."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.stores import Stores, run_key
from museion.catalog.console import Line


def rewrite_console(
    stores: Stores, entity: str, project: str, run: str, writer: str, first: int, lines: Sequence[Line]
) -> None:
    """Store lines, the first being number `first` of `writer`: what it sent before is written over, the rest added.

    Lines that are missing in between are never coming: those that follow take their place. A writer can write over
    what it sent since another one last wrote; older lines stay as they are.
    """
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        expected = rows.console.next_line(key, writer)
        base, since = rows.wandb_runs.segment(key, writer)
        again = lines[max(since - first, 0) : max(expected - first, 0)]
        if again:
            rows.console.replace(key, base + max(first, since), again)
        fresh = lines[max(expected - first, 0) :]
        if fresh:
            begin = max(first, expected)
            total = rows.console.total(key)
            if base + begin != total or not expected:
                rows.wandb_runs.set_base(key, writer, total - begin, begin)
            rows.console.append(key, writer, begin, fresh)
        rows.runs.touch(key, stores.clock())
        rows.changes.record(home, "run", run, stores.clock())
