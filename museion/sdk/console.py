"""Console output of the training process, copied line by line while it goes on its way.

Text that is overwritten by a carriage return (progress bars) counts as one line: its last state. The user's stream
always gets its text first and unchanged, and no fault of the copying reaches the user.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

LONGEST = 16_384
Emit = Callable[[str, list[str]], None]
_inside = threading.local()


@contextmanager
def uncaptured() -> Iterator[None]:
    """What this thread writes in here is not copied: our own words, and links that let somebody in."""
    before = getattr(_inside, "busy", False)
    _inside.busy = True
    try:
        yield
    finally:
        _inside.busy = before


class LineBuffer:
    """Text in, whole lines out."""

    def __init__(self) -> None:
        self._rest = ""

    def feed(self, text: str) -> list[str]:
        """The lines that `text` completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        if "\r" in self._rest:
            self._rest = _overwritten(self._rest, keep_end=True)
        if len(self._rest) > LONGEST:
            lines.append(self._rest)
            self._rest = ""
        return [_overwritten(line)[:LONGEST] for line in lines]

    def flush(self) -> list[str]:
        """What is left, as a line."""
        rest, self._rest = _overwritten(self._rest), ""
        return [rest] if rest else []


def _overwritten(line: str, *, keep_end: bool = False) -> str:
    """What a terminal shows after the carriage returns in `line`, taking each new text as a whole."""
    body = line.rstrip("\r")
    end = "\r" if keep_end and body != line else ""
    return body.rpartition("\r")[2] + end


class ConsoleCapture:
    """Copies what is written to sys.stdout and sys.stderr to `emit(stream, lines)`, until `stop`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lock = threading.RLock()
        self._buffers = {"stdout": LineBuffer(), "stderr": LineBuffer()}
        self._patched: list[tuple[Any, Any]] = []

    def start(self) -> None:
        """Begin; a stream that cannot be wrapped is left alone."""
        for name in self._buffers:
            self._wrap(name, getattr(sys, name, None))

    def _wrap(self, name: str, stream: Any) -> None:
        original = getattr(stream, "write", None)
        if original is None:
            return

        def write(text: Any) -> Any:
            result = original(text)
            self._copy(name, text)
            return result

        try:
            stream.write = write
        except AttributeError:
            return
        self._patched.append((stream, write))

    def _copy(self, name: str, text: Any) -> None:
        if getattr(_inside, "busy", False) or not isinstance(text, str):
            return
        with suppress(Exception), uncaptured(), self._lock:  # a user's print must never fail because of us
            if lines := self._buffers[name].feed(text):
                self._emit(name, lines)

    def after_fork(self) -> None:
        """In a forked child: the lock may be held by a thread that is not here."""
        self._lock = threading.RLock()
        for name in self._buffers:
            self._buffers[name] = LineBuffer()

    def stop(self) -> None:
        """Give the streams back and emit what is left."""
        for stream, write in self._patched:
            if getattr(stream, "write", None) is write:
                del stream.write
        self._patched.clear()
        with self._lock:
            for name, buffer in self._buffers.items():
                if lines := buffer.flush():
                    self._emit(name, lines)
