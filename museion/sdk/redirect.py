"""The console at its root: file descriptors 1 and 2 go through a process that copies them on (`tee.py`).

So what C libraries and subprocesses write is kept too, and what is still written when this process dies. A terminal
stays one: the programs find a pseudo-terminal of the same size.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import struct
import subprocess
import sys
import termios
from pathlib import Path

PATIENCE = 2.0
_active: list[Redirect] = []


class Redirect:
    """Between `start` and `stop` the two descriptors go to the tee of a run folder. One at a time in a process."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder, self._run = folder, run
        self._kept: dict[int, int] = {}
        self._tee: subprocess.Popen[bytes] | None = None
        self._owner = os.getpid()

    def start(self) -> bool:
        """False, and nothing changed, where it cannot be done."""
        if _active:
            return False
        try:
            self._start()
        except OSError:
            return False
        _active.append(self)
        return True

    def _start(self) -> None:
        _flush()
        ends = {fd: _pair(fd) for fd in (1, 2)}
        self._kept = {fd: os.dup(fd) for fd in ends}
        try:
            self._tee = self._spawn([end[0] for end in ends.values()])
            for fd, (_, written) in ends.items():
                os.dup2(written, fd)
        finally:
            for pair in ends.values():
                for end in pair:
                    os.close(end)

    def _spawn(self, read: list[int]) -> subprocess.Popen[bytes]:
        from museion.sdk.processes import importable

        numbers = [str(number) for number in (*read, *self._kept.values())]
        return subprocess.Popen(
            [sys.executable, "-m", "museion.sdk.tee", str(self._folder), self._run, *numbers],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=[*read, *self._kept.values()], start_new_session=True, env=importable(dict(os.environ)),
        )  # fmt: skip

    def say(self, text: str) -> None:
        """Write to the real stderr, past the copying."""
        os.write(self._kept[2], text.encode(errors="replace"))

    def stop(self) -> None:
        """Give the descriptors back; wait a little until what was written is shown. In a forked child: nothing."""
        if self not in _active or os.getpid() != self._owner:
            return
        _active.remove(self)
        _flush()
        for fd, kept in self._kept.items():
            os.dup2(kept, fd)
            os.close(kept)
        if self._tee is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._tee.wait(PATIENCE)
            self._tee.returncode = 0  # a child that still writes keeps it alive: it is not ours to wait for


def active() -> Redirect | None:
    """The redirection of this process, if there is one."""
    return _active[0] if _active else None


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


def _pair(fd: int) -> tuple[int, int]:
    """Where to read and where to write what now goes to `fd`: a pseudo-terminal if that is a terminal, else a pipe."""
    if not os.isatty(fd):
        return os.pipe()
    import tty

    read, written = os.openpty()
    tty.setraw(written)
    copy_size(fd, read)
    return read, written


def copy_size(source: int, target: int) -> None:
    """Make one terminal as large as another."""
    with contextlib.suppress(OSError):
        size = fcntl.ioctl(source, termios.TIOCGWINSZ, struct.pack("4H", 0, 0, 0, 0))
        fcntl.ioctl(target, termios.TIOCSWINSZ, size)
