"""Who writes a run's records in this process: its own journal, a journal made at first use, or nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from museion.errors import UsageError
from museion.sdk.journal import Keys
from museion.sdk.rundir import Writer


class Sink(Protocol):
    """Takes records. `row` is the hot path, `shaped` the same for rows of many keys; `sync` waits for the disk."""

    def row(self, step: int, time: float, values: Mapping[str, Any]) -> None: ...

    def shaped(self, step: int, time: float, keys: Keys, values: Sequence[Any]) -> None: ...

    def append(self, kind: int, value: Any) -> None: ...

    def sync(self) -> None: ...


class Nowhere:
    """The sink of a disabled run."""

    def row(self, step: int, time: float, values: Mapping[str, Any]) -> None:
        """Take it and forget it."""

    def shaped(self, step: int, time: float, keys: Keys, values: Sequence[Any]) -> None:
        """Take it and forget it."""

    def append(self, kind: int, value: Any) -> None:
        """Take it and forget it."""

    def sync(self) -> None:
        """There is nothing to wait for."""


class Closed:
    """The sink of a finished run."""

    def row(self, step: int, time: float, values: Mapping[str, Any]) -> None:
        raise UsageError("The run is finished.", advice="Call museion.init() for another one.")

    def shaped(self, step: int, time: float, keys: Keys, values: Sequence[Any]) -> None:
        self.row(step, time, {})

    def append(self, kind: int, value: Any) -> None:
        self.row(0, 0.0, {})

    def sync(self) -> None:
        """There is nothing to wait for."""


class Lazy:
    """The sink of a forked child: opens a journal of its own when there is something to write."""

    def __init__(self, make: Callable[[], Writer]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._writer: Writer | None = None

    def _open(self) -> Writer:
        with self._lock:
            if self._writer is None:
                self._writer = self._make()
            return self._writer

    def row(self, step: int, time: float, values: Mapping[str, Any]) -> None:
        (self._writer or self._open()).journal.row(step, time, values)

    def shaped(self, step: int, time: float, keys: Keys, values: Sequence[Any]) -> None:
        (self._writer or self._open()).journal.shaped(step, time, keys, values)

    def append(self, kind: int, value: Any) -> None:
        (self._writer or self._open()).journal.append(kind, value)

    def sync(self) -> None:
        (self._writer or self._open()).journal.sync()
