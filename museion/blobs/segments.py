"""The client's own packs, while they are written.

A segment is a pack file that grows: what was appended and entered into the ledger can be read at once, and is there
after a kill. When it is full, its table is written and it is a pack like any other, ready to be sent as it is. The
writer holds a lock on its file, so that others can tell a live segment from one whose writer is dead.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from museion.blobs.chunker import Buffer
from museion.blobs.disk import PIECE, make_folder, roomy, write_all
from museion.blobs.pack import PackWriter

_MANY = 512  # buffers a writev(2); the system takes at most 1,024


@dataclass(slots=True)
class Spot:
    """Where a chunk was written."""

    segment: str
    offset: int
    length: int


class _Segment:
    """One pack file in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._waiting: list[Buffer] = []
        self._bytes = 0
        self._spots: dict[bytes, Spot] = {}
        self._fd = _create_locked(path)
        self._pack = PackWriter(self._write)
        self.fits = self._pack.fits

    def add(self, key: bytes, data: Buffer) -> Spot:
        if key not in self._spots:  # a pack names a chunk once
            self._spots[key] = Spot(self.path.name, self._pack.add(key, data), len(data))
        return self._spots[key]

    def _write(self, data: Buffer) -> None:
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= PIECE or len(self._waiting) >= _MANY:
            self.flush()

    def flush(self) -> None:
        waiting, self._waiting, self._bytes = self._waiting, [], 0
        if waiting:
            with roomy(self.path):
                written = os.writev(self._fd, waiting)
                if written != sum(map(len, waiting)):
                    write_all(self._fd, memoryview(b"".join(waiting))[written:])

    def seal(self) -> tuple[str, int]:
        """Make it a pack; gives its id and size in bytes."""
        pack = self._pack.close()
        self.flush()
        return pack, os.lseek(self._fd, 0, os.SEEK_CUR)

    def close(self) -> None:
        """Let go of it, and of the lock."""
        os.close(self._fd)


@dataclass(slots=True)
class SegmentWriter:
    """Appends chunks to segments in `folder`, a new one when one is full. Not for use by two threads at once.

    `sealed` has the finished ones (name → pack id and size); they stay locked until the ledger has them: `let_go`.
    """

    folder: Path
    token: Callable[[], str]
    sealed: dict[str, tuple[str, int]] = field(default_factory=dict)
    _current: _Segment | None = None
    _finished: list[_Segment] = field(default_factory=list)

    def add(self, key: bytes, data: Buffer) -> Spot:
        """Append a chunk; `data` must stay as it is until `flush`."""
        if self._current is not None and not self._current.fits(len(data)):
            self.seal()
        if self._current is None:
            with roomy(self.folder):
                make_folder(self.folder)
            self._current = _Segment(self.folder / f"{os.getpid()}-{self.token()}")
        return self._current.add(key, data)

    def flush(self) -> None:
        """Hand all that was added to the system: from here on it survives the death of this process."""
        if self._current is not None:
            self._current.flush()

    def seal(self) -> None:
        """Finish the current segment."""
        if self._current is not None:
            self._current.flush()
            self.sealed[self._current.path.name] = self._current.seal()
            self._finished.append(self._current)
            self._current = None

    def let_go(self) -> None:
        """The ledger has what was sealed: unlock it."""
        while self._finished:
            self._finished.pop().close()
        self.sealed.clear()

    def abandon(self) -> list[Path]:
        """After a failed write: close everything and begin anew; gives the files that may now be in the way."""
        left = [*self._finished, *([self._current] if self._current else [])]
        for segment in left:
            segment.close()
        self._finished, self._current = [], None
        self.sealed.clear()
        return [segment.path for segment in left]


def _create_locked(path: Path) -> int:
    while True:
        with roomy(path):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX)
        if os.fstat(fd).st_nlink:
            return fd
        os.close(fd)  # a sweep took it for a dead writer's in the moment before it was locked


@contextmanager
def locked(path: Path) -> Iterator[bool]:
    """Hold the segment's lock if its writer does not, and say whether: nobody will write to it any more."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield True
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        free = True
    except BlockingIOError:
        free = False
    try:
        yield free
    finally:
        os.close(fd)
