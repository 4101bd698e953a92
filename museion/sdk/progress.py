"""How far a transfer is, for a person: a bar in a terminal, a line now and then in a log, nothing for small things."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

WORTH_TELLING = 64 << 20
"""Bytes from which on a transfer says how far it is."""
LINE_EVERY = 10.0

Tell = Callable[[int], None]
"""Called with the bytes that came since the last call; from any thread."""


def silent(count: int) -> None:
    """Tells nobody."""


@contextmanager
def telling(what: str, total: int, *, quiet: bool = False, say: Callable[[str], None] | None = None) -> Iterator[Tell]:
    """Gives what to call as bytes come; `total` is in bytes. A bar if stderr is a terminal, else lines."""
    if quiet or total < WORTH_TELLING:
        yield silent
    elif say is None and sys.stderr.isatty():
        with _bar() as bar:
            task = bar.add_task(what, total=total)
            yield lambda count: _advance(bar, task, count)
    else:
        yield Lines(what, total, say or _to_stderr)


def _advance(bar: Progress, task: TaskID, count: int) -> None:
    bar.advance(task, count)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True))
    return Progress(
        *columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True
    )


class Lines:
    """A line every ten seconds: bytes, rate, time left."""

    def __init__(
        self, what: str, total: int, say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._what, self._total, self._say, self._clock = what, total, say, clock
        self._begun = self._said = clock()
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        with self._lock:
            self._done += count
            now = self._clock()
            if now - self._said < LINE_EVERY:
                return
            self._said = now
        self._say(self.line(now))

    def line(self, now: float) -> str:
        """`data:v3: 1.5 of 4.0 GiB, 310 MiB/s, 8 s left`"""
        rate = self._done / max(now - self._begun, 1e-9)
        left = (self._total - self._done) / rate if rate else float("inf")
        return f"{self._what}: {_size(self._done)} of {_size(self._total)}, {_size(rate)}/s, " + (
            f"{left:.0f} s left" if left < 1e6 else "waiting"
        )


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.0f} {unit}"
        count /= 1024
    return f"{count:.1f} GiB"


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201
