"""Files saved with the policy `live`: sent again whenever they have changed and then stayed the same for a while.

The training process lists them beside its journal (`<writer>.live.json`: name → path and what it looked like when
it was saved last); the uploader looks at them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from museion.errors import FileMissing
from museion.sdk.rundir import RunDir, read_json

SUFFIX = ".live.json"
PERIOD = 2.0
Look = tuple[int, int]
Send = Callable[[str, Path], None]


def look_of(source: str) -> Look | None:
    """When the file was changed and how long it is; None if it is not there."""
    try:
        found = os.stat(source)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


class LiveFiles:
    """The live files of a run folder; `send(name, path)` brings one to the server."""

    def __init__(self, folder: RunDir, send: Send) -> None:
        self._folder = folder
        self._send = send
        self._sent: dict[str, Look] = {}
        self._changing: dict[str, Look] = {}
        self._next = 0.0

    def tick(self) -> None:
        """Look, if it is time."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + PERIOD
        for listing in self._folder.path.glob(f"*{SUFFIX}"):
            for name, (source, *look) in (read_json(listing) or {}).items():
                self._one(name, source, (look[0], look[1]))

    def _one(self, name: str, source: str, saved: Look) -> None:
        now = look_of(source)
        if now is None or now == self._sent.get(name, saved):
            return
        if self._changing.get(name) != now:
            self._changing[name] = now
            return
        try:
            self._send(name, Path(source))
        except (FileMissing, OSError):
            return
        self._sent[name] = now
