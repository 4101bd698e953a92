"""`python -m museion.sdk.tee <run folder> <run> <read> <read> <show> <show>`: a run's output, shown and kept.

It lives until every process that writes to the two descriptors has closed them, and nothing it cannot write stops it:
the run must never wait for a reader that is not there.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import select
import signal
import sys
import time
from pathlib import Path

from museion.errors import MuseionError
from museion.sdk.console import Bound, LineBuffer
from museion.sdk.journal import Kind
from museion.sdk.redirect import copy_size
from museion.sdk.rundir import RunDir, Writer

PIECE = 1 << 16
RESIZE = 1.0


class Channel:
    """One descriptor: what is read from it is shown, and its lines are kept."""

    def __init__(self, stream: str, read: int, show: int) -> None:
        self.stream, self.read, self.show = stream, read, show
        self._buffer = LineBuffer()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def take(self) -> list[str] | None:
        """The lines that the next piece completes; None at the end."""
        try:
            data = os.read(self.read, PIECE)
        except OSError:
            data = b""
        if not data:
            return None
        self._show(data)
        return self._buffer.feed(self._decoder.decode(data))

    def rest(self) -> list[str]:
        """What is left when the end has come."""
        return self._buffer.feed(self._decoder.decode(b"", final=True)) + self._buffer.flush()

    def _show(self, data: bytes) -> None:
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self.show, data) :]


class Tee:
    """Both channels, and the journal their lines go to: made when the first line comes."""

    def __init__(self, folder: RunDir, run: str, channels: list[Channel]) -> None:
        self._folder, self._run = folder, run
        self._open = {channel.read: channel for channel in channels}
        self._writer: Writer | None = None
        self._bound = Bound()
        self._sized = 0.0

    def follow(self) -> None:
        """Until both channels are at their end."""
        while self._open:
            ready, _, _ = select.select(list(self._open), [], [], RESIZE)
            for fd in ready:
                channel = self._open[fd]
                lines = channel.take()
                if lines is None:
                    del self._open[fd]
                    lines = channel.rest()
                self._keep(channel.stream, lines)
            self._resize()
        if self._writer:
            self._writer.close()

    def _keep(self, stream: str, lines: list[str]) -> None:
        with contextlib.suppress(OSError, MuseionError):
            for line in self._bound.take(lines) if lines else ():
                self._journal().journal.append(Kind.CONSOLE, [time.time(), stream, line])

    def _journal(self) -> Writer:
        if self._writer is None:
            self._writer = Writer(self._folder, {"role": "console", "run": self._run}, time.time())
        return self._writer

    def _resize(self) -> None:
        now = time.monotonic()
        if now - self._sized >= RESIZE:
            self._sized = now
            for channel in self._open.values():
                if os.isatty(channel.show):
                    copy_size(channel.show, channel.read)


def main(arguments: list[str] | None = None) -> int:
    """Follow until everybody has closed the other ends; 0."""
    folder, run, *numbers = arguments if arguments is not None else sys.argv[1:]
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    first, second, show_first, show_second = map(int, numbers)
    channels = [Channel("stdout", first, show_first), Channel("stderr", second, show_second)]
    Tee(RunDir(Path(folder)), run, channels).follow()
    return 0


if __name__ == "__main__":
    sys.exit(main())
