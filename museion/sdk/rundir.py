"""The folder of a run on this machine: `<runs>/<entity>/<project>/<run id>/`.

meta.json           what the run is, and which server it is meant for
<writer>.journal    one a writer: each process that logs has its own
<writer>.alive      locked by that process for as long as it lives
acks.json           how far the journals are known to be on the server
status.json         what the uploader is doing, for people and for `finish`
receipts/<uid>.json the server's answers to artifacts
files/              files that belong to the run
uploader.lock, uploader.log, environment.json
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from museion.errors import Corrupt
from museion.sdk.journal import SUFFIX, JournalReader, JournalWriter
from museion.sdk.processes import lives
from museion.sdk.settings import write_private

FORMAT = 1
SILENCE = 600.0
"""Seconds without a record after which a writer on another host counts as dead, where no lock can tell."""
_HELD = (errno.EACCES, errno.EAGAIN)
Json = dict[str, Any]

_mine: dict[Path, int] = {}
"""Journals this process writes, and its id: a process cannot ask for a lock that it holds itself."""


def read_json(path: Path) -> Any:
    """The JSON in `path`, or None if it is not there or not whole."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None


@dataclass(frozen=True)
class RunDir:
    """The paths of a run folder."""

    path: Path

    @classmethod
    def create(cls, path: Path, meta: Json) -> RunDir:
        """Make the folder, or join the one that is there; `meta` is the newest start's."""
        for folder in (path, path / "files", path / "receipts"):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path / "meta.json", {"format": FORMAT, **meta})
        return cls(path)

    @property
    def meta(self) -> Json:
        """`meta.json`; raises Corrupt if this is no run folder."""
        found = read_json(self.path / "meta.json")
        if not isinstance(found, dict) or not {"entity", "project", "id"} <= found.keys():
            raise Corrupt(f"{self.path} is not a run folder: it has no readable meta.json.")
        return found

    @property
    def files(self) -> Path:
        return self.path / "files"

    @property
    def status(self) -> Json:
        """What the uploader last said; empty before it said anything."""
        return read_json(self.path / "status.json") or {}

    @property
    def acks(self) -> Json:
        return read_json(self.path / "acks.json") or {}

    def journals(self) -> list[Path]:
        """All journals, in the order of their names (writers begin with their time of birth)."""
        return sorted(self.path.glob(f"*{SUFFIX}"))

    def receipt(self, uid: str) -> Path:
        return self.path / "receipts" / f"{uid}.json"

    def main(self) -> Json | None:
        """The header of the newest writer that began the run, or joined it; None if there is none."""
        for path in reversed(self.journals()):
            if (head := header_of(path)) and head.get("role", "main") == "main":
                return head
        return None

    def running(self) -> bool:
        """Whether a process that began the run, or joined it, lives."""
        return any(is_alive(path) and (header_of(path) or {}).get("role", "main") == "main" for path in self.journals())

    @contextmanager
    def sole(self, what: str = "uploader") -> Iterator[bool]:
        """True for the only process that drains this folder now (or does `what`), False for any other."""
        fd = os.open(self.path / f"{what}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _flocked(fd)
        finally:
            os.close(fd)


def _flocked(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True  # a file system without locks: two that send at once only send twice
    return True


def header_of(journal: Path) -> Json | None:
    """What a journal says of its writer; None if it is not readable (yet)."""
    try:
        reader = JournalReader(journal)
    except OSError:
        return None
    try:
        return reader.header()
    except Corrupt:
        return None
    finally:
        reader.close()


def new_writer(now: float) -> str:
    """A name for a writer: sorts by `now` (seconds since the epoch), unlike any other."""
    return f"{int(now * 1000):011x}{secrets.token_hex(3)}"


class Writer:
    """A process's own journal in a run folder, and the lock that says it lives.

    The lock is a POSIX record lock: the kernel frees it when the process ends, and a forked child does not have it.
    Where the file system has none, the process's id and host stand in the file instead.
    """

    def __init__(self, folder: RunDir, header: Json, now: float, *, name: str | None = None, held: int = 0) -> None:
        self.name = name or new_writer(now)
        self._alive = os.open(folder.path / f"{self.name}.alive", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _hold(self._alive)
        path = folder.path / f"{self.name}{SUFFIX}"
        _mine[path] = os.getpid()
        known = {"writer": self.name, "pid": os.getpid(), "host": os.uname().nodename, "time": now}
        self.journal = JournalWriter(path, {**known, **header}, held=held)

    def close(self) -> None:
        """Close the journal, and let the uploader know that nothing more comes."""
        self.journal.close()
        self._let_go()

    def forget(self) -> None:
        """In a forked child: let go of the parent's files; its lock stays with the parent."""
        self.journal.forget()
        self._let_go()

    def _let_go(self) -> None:
        _mine.pop(self.journal.path, None)
        if self._alive >= 0:
            os.close(self._alive)
            self._alive = -1


def is_alive(journal: Path) -> bool:
    """Whether the process that writes `journal` lives."""
    if _mine.get(journal) == os.getpid():
        return True
    try:
        fd = os.open(journal.with_suffix(".alive"), os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except OSError as error:
        return error.errno in _HELD or _said_to_live(fd, journal)
    finally:
        os.close(fd)


def _hold(fd: int) -> None:
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.pwrite(fd, f"{os.getpid()} {os.uname().nodename}".encode(), 0)


def _said_to_live(fd: int, journal: Path) -> bool:
    """Without locks: what the process table of this host says, and of another host whether the journal grew lately."""
    pid, _, host = os.pread(fd, 512, 0).decode(errors="replace").partition(" ")
    if host == os.uname().nodename and pid.isdecimal():
        return lives(int(pid))
    return time.time() - journal.stat().st_mtime < SILENCE
