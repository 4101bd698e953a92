"""Console output of the training process, copied line by line while it goes on its way.

Text that is overwritten by a carriage return (progress bars) counts as one line: its last state. The user's stream
always gets its text first and unchanged, and no fault of the copying reaches the user.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

LONGEST = 16_384
HELD = 16
MOST = 256 << 20
"""Bytes of console output that one process may have copied; what comes after that is only shown."""
CUT = "[the console is kept up to here: it is longer than 256 MiB]"
_MOVES = re.compile(r"(\x1b\[\d*A)")
_ERASES = re.compile(r"\x1b\[[0-2]?K")
_UNFINISHED = re.compile(r"\x1b(\[\d{0,3})?$")
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
    """Text in, whole lines out, as a terminal would show them at last.

    What a carriage return or a move upwards (several progress bars at once) writes over counts once, in its last state.
    Colours stay. Once a program has moved upwards, the last `HELD` lines wait for what it may still do to them.
    """

    def __init__(self) -> None:
        self._rows = [""]
        self._at = 0
        self._moved = False
        self._cut = ""

    def feed(self, text: str) -> list[str]:
        """The lines that `text` completes."""
        text = self._cut + text
        self._cut = found.group() if (found := _UNFINISHED.search(text)) else ""
        text = text[: len(text) - len(self._cut)]
        if self._moved or "\x1b[" in text:
            for part in _MOVES.split(text):
                self._take(part)
        else:
            self._take_lines(text)
        return self._completed()

    def flush(self) -> list[str]:
        """What is left, as lines."""
        rows = [_overwritten(row)[:LONGEST] for row in self._rows]
        while rows and not rows[-1]:
            rows.pop()
        self.__init__()  # type: ignore[misc]
        return rows

    def _take(self, part: str) -> None:
        if part.endswith("A") and part.startswith("\x1b["):
            self._moved = True
            self._at = max(0, self._at - int(part[2:-1] or 1))
        elif part:
            self._take_lines(part)

    def _take_lines(self, text: str) -> None:
        first, *others = text.split("\n")
        self._write(first)
        for line in others:
            self._at += 1
            if self._at == len(self._rows):
                self._rows.append("")
            elif line:
                self._rows[self._at] += "\r"
            self._write(line)

    def _write(self, text: str) -> None:
        row = self._rows[self._at] + text
        self._rows[self._at] = _overwritten(row, keep_end=True) if "\r" in row else row

    def _completed(self) -> list[str]:
        count = max(0, len(self._rows) - HELD) if self._moved else self._at
        lines = self._rows[:count]
        del self._rows[:count]
        self._at = max(0, self._at - count)
        if len(self._rows[-1]) > LONGEST:
            lines, self._rows, self._at = [*lines, *self._rows], [""], 0
        return [_overwritten(line)[:LONGEST] for line in lines]


def _overwritten(line: str, *, keep_end: bool = False) -> str:
    """What a terminal shows after the carriage returns in `line`, taking each new text as a whole."""
    if "\r" not in line and "\x1b" not in line:
        return line
    body = line.rstrip("\r")
    end = "\r" if keep_end and body != line else ""
    last = body.rpartition("\r")[2]
    return _ERASES.sub("", last).rstrip(" ") + end if last != line else _ERASES.sub("", last)


class Bound:
    """How much may still be copied."""

    def __init__(self, most: int = MOST) -> None:
        self._left = most

    def take(self, lines: list[str]) -> list[str]:
        """`lines` while there is room for them, then once a line that says so, then nothing."""
        if self._left <= 0:
            return []
        self._left -= sum(map(len, lines)) + len(lines)
        return lines if self._left > 0 else [CUT]


class ConsoleCapture:
    """Copies what is written to sys.stdout and sys.stderr to `emit(stream, lines)`, until `stop`."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self._lock = threading.RLock()
        self._buffers = {"stdout": LineBuffer(), "stderr": LineBuffer()}
        self._patched: list[tuple[Any, Any]] = []
        self._bound = Bound()

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
            if lines := self._bound.take(self._buffers[name].feed(text)):
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
