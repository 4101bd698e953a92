"""What the uploader sees for itself, beside what the run logs: the environment, once, and the machine, again and again.

It goes into a journal of its own, `<writer>-system`, and from there the same way as everything else.
"""

from __future__ import annotations

import contextlib
import time
from types import TracebackType
from typing import Any

from museion.sdk.journal import Kind
from museion.sdk.rundir import RunDir, Writer
from museion.sdk.settings import Settings
from museion.sdk.shipping import Shipment

FIRST = 1.0
SLOWEST = 100.0


class Observer:
    """Made for as long as the uploader works; `tick` is called in its every round."""

    def __init__(self, folder: RunDir, settings: Settings, shipment: Shipment) -> None:
        self._folder = folder
        self._interval = settings.system_interval
        self._shipment = shipment
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
        """Sample if it is time; stop when no process of the run lives."""
        if not running:
            self._close()
        elif not self._closed and self._interval > 0 and time.monotonic() >= self._next:
            with contextlib.suppress(OSError):
                self._observe()

    def _observe(self) -> None:
        first = self._writer is None
        writer = self._writer or self._begin()
        if first:
            self._next = time.monotonic() + min(FIRST, self._interval)
            return
        began = time.monotonic()
        now = time.time()
        step = round((now - self._started) / self._interval)
        if values := self._sampler.sample():
            writer.journal.row(step, now, values)
        cost = time.monotonic() - began
        self._next = began + max(self._interval, cost * SLOWEST)

    def _begin(self) -> Writer:
        from museion.sdk.environment import describe
        from museion.sdk.system import Sampler

        mains = [parcel for parcel in self._shipment.parcels.values() if parcel.role == "main" and not parcel.ended]
        header = mains[-1].rows.header
        self._started = float(self._folder.meta.get("started", header["time"]))
        name = _unused(self._folder, f"{mains[-1].name}-system")
        self._writer = Writer(self._folder, {"role": "system"}, time.time(), name=name)
        self._sampler = Sampler(int(header["pid"]))
        self._describe(self._writer, describe(self._folder.meta))
        return self._writer

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


def _unused(folder: RunDir, name: str) -> str:
    taken = {path.stem for path in folder.journals()}
    number = 2
    chosen = name
    while chosen in taken:
        chosen = f"{name}-{number}"
        number += 1
    return chosen
