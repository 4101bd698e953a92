"""Say of runs that log that they live and changed: in the transaction of their rows, at most once a second each."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import Connection

from museion.catalog.changes import ChangeLog
from museion.catalog.runs import Runs

EVERY = 1.0


class Touch:
    """Goes along with the history's writer (`museion.history.appender.Along`). `pace` is monotonic seconds."""

    def __init__(self, clock: Callable[[], float], pace: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._pace = clock, pace
        self._touched: dict[int, float] = {}
        self._waiting: set[int] = set()

    def __call__(self, connection: Connection, runs: set[int]) -> float | None:
        """Touch what is due. What was touched less than EVERY seconds ago waits until the call without runs."""
        now = self._pace()
        self._touched = {run: then for run, then in self._touched.items() if now - then < EVERY}
        self._waiting |= runs
        due = self._waiting - (self._touched.keys() if runs else set())
        if due:
            self._waiting -= due  # whatever happens: a run that cannot be touched must not stop the others
            _touch(connection, sorted(due), self._clock())
            self._touched |= dict.fromkeys(due, now)
        return min((self._touched[run] + EVERY - now for run in self._waiting), default=None)


def _touch(connection: Connection, runs: list[int], now: float) -> None:
    table, changes = Runs(connection), ChangeLog(connection)
    table.touch_all(runs, now)
    by_project: dict[int, list[str]] = {}
    for home, run in table.named(runs).values():
        by_project.setdefault(home, []).append(run)
    for home, names in sorted(by_project.items()):
        changes.record_all(home, "run", sorted(names), now)
