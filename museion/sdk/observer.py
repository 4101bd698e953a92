"""What is seen of a run from outside, beside what it logs: the environment, once, and the machine, again and again.

The uploader does it for a run that is sent, a process of its own (`python -m museion.sdk.observer <run folder>`) for
one that is offline. It goes into a journal of its own, `<writer>-system`, and from there the way of everything else.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from museion.sdk.journal import Kind
from museion.sdk.rundir import RunDir, Writer

FIRST = 1.0
SLOWEST = 100.0
"""A sample may take a hundredth of the time until the next one: 1 % of a processor, however slow the machine is."""
LOOK = 0.2


class Observer:
    """`tick` is called again and again by whoever lives as long as the run. `interval`: seconds, 0 for no samples."""

    def __init__(self, folder: RunDir, interval: float) -> None:
        self._folder = folder
        self._interval = interval
        self._writer: Writer | None = None
        self._started = time.time()
        self._next = 0.0
        self._sampler: Any = None
        self._closed = False

    def __enter__(self) -> Observer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def tick(self, running: bool) -> None:
        """Describe the environment the first time, then sample if it is time; the last when nobody writes the run."""
        if self._closed:
            return
        with contextlib.suppress(OSError):
            if self._writer is None:
                self._begin(running)
            elif running and self._interval > 0 and time.monotonic() >= self._next:
                self._observe(self._writer)
        if not running:
            self._close()

    def _observe(self, writer: Writer) -> None:
        began = time.monotonic()
        now = time.time()
        step = round((now - self._started) / self._interval)
        if values := self._sampler.sample():
            writer.journal.row(step, now, values)
        cost = time.monotonic() - began
        self._next = began + max(self._interval, cost * SLOWEST)

    def _begin(self, running: bool) -> None:
        header = self._folder.main()
        name = f"{header['writer']}-system" if header else ""
        taken = {path.stem for path in self._folder.journals()}
        if header is None or (name in taken and not running):
            self._closed = True
            return
        from museion.sdk.environment import describe
        from museion.sdk.system import Sampler

        self._started = float(self._folder.meta.get("started") or header["time"])
        self._writer = Writer(self._folder, {"role": "system"}, time.time(), name=_unused(taken, name))
        self._sampler = Sampler(int(header["pid"]))
        self._next = time.monotonic() + min(FIRST, self._interval)
        self._describe(self._writer, describe(self._folder.meta))

    def _describe(self, writer: Writer, found: tuple[dict[str, Any], bytes]) -> None:
        metadata, patch = found
        writer.journal.append(Kind.EVENT, ["run", time.time(), {"metadata": metadata}])
        if patch:
            from museion.sdk import local

            recipe = local.staging().add_bytes(patch, holder=self._folder.meta["id"])
            files = [{"path": "diff.patch", "digest": recipe.digest, "size": recipe.size}]
            writer.journal.append(Kind.EVENT, ["files", time.time(), {"files": files}])

    def _close(self) -> None:
        self._closed = True
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None


def _unused(taken: set[str], name: str) -> str:
    number = 2
    chosen = name
    while chosen in taken:
        chosen = f"{name}-{number}"
        number += 1
    return chosen


def main(arguments: list[str] | None = None) -> int:
    """Observe an offline run until it is over; 0, also if another observer is at it.

    What begins after the end leaves no trace: whoever syncs the run has it whole.
    """
    (path,) = arguments if arguments is not None else sys.argv[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    folder = RunDir(Path(path).absolute())
    with folder.sole("observer") as mine:
        if mine:
            with Observer(folder, float(folder.meta.get("system_interval", 0.0))) as observer:
                while folder.running():
                    observer.tick(True)
                    time.sleep(LOOK)
    return 0


if __name__ == "__main__":
    sys.exit(main())
