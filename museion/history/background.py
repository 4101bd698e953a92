"""When to compact: a thread that is told of every append, and acts on size or age."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """Compact a run once its tails hold this much, or the oldest has waited `age` seconds."""

    rows: int = 8192
    bytes: int = 4 << 20
    batches: int = 256
    age: float = 60.0


@dataclass(slots=True)
class _Waiting:
    since: float
    rows: int = 0
    bytes: int = 0
    batches: int = 0


class Background:
    """Calls `compact(run)` off every other thread. A failure is logged and tried again at the next age."""

    def __init__(self, compact: Callable[[int], None], policy: Policy, clock: Callable[[], float]) -> None:
        self._compact = compact
        self._policy = policy
        self._clock = clock
        self._waiting: dict[int, _Waiting] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def note(self, run: int, rows: int, size: int) -> None:
        """A batch of `run` was stored."""
        with self._changed:
            waiting = self._waiting.setdefault(run, _Waiting(self._clock()))
            waiting.rows, waiting.bytes, waiting.batches = (
                waiting.rows + rows,
                waiting.bytes + size,
                waiting.batches + 1,
            )
            first = self._thread is None
            if first and not self._closed:
                self._thread = threading.Thread(target=self._work, name="history-compactor", daemon=True)
                self._thread.start()
            if first or self._full(waiting) or len(self._waiting) == 1:
                self._changed.notify()

    def close(self) -> None:
        """Finish the compaction at hand, begin no other."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _full(self, waiting: _Waiting) -> bool:
        limit = self._policy
        return waiting.rows >= limit.rows or waiting.bytes >= limit.bytes or waiting.batches >= limit.batches

    def _due(self) -> list[int]:
        old = self._clock() - self._policy.age
        return [run for run, waiting in self._waiting.items() if waiting.since <= old or self._full(waiting)]

    def _patience(self) -> float | None:
        if not self._waiting:
            return None
        oldest = min(waiting.since for waiting in self._waiting.values())
        return max(0.01, oldest + self._policy.age - self._clock())

    def _work(self) -> None:
        while (runs := self._wait()) is not None:
            for run in runs:
                if not self._closed:
                    self._try(run)

    def _wait(self) -> list[int] | None:
        with self._changed:
            while not self._closed:
                if due := self._due():
                    for run in due:
                        del self._waiting[run]
                    return due
                self._changed.wait(self._patience())
        return None

    def _try(self, run: int) -> None:
        try:
            self._compact(run)
        except Exception:  # reads and appends go on without it
            _log.exception("Compacting the history of run %d failed; it is tried again later.", run)
            with self._changed:
                self._waiting.setdefault(run, _Waiting(self._clock()))
