"""Where packs lie: a folder of this machine. `bucket.py` is the same over an object store."""

from __future__ import annotations

import os
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from museion.blobs.disk import publish, roomy, sync_folder

_OPEN = 32
_ID = re.compile(r"[0-9a-f]{64}")


class Span(NamedTuple):
    """A stretch of a pack: `length` bytes from `offset` on."""

    pack: str
    offset: int
    length: int


class Packs(Protocol):
    """Immutable files by id. `run` is the most bytes worth reading at once, `ahead` how many reads may be under way,
    `shared` whether other servers write there too."""

    run: int
    ahead: int
    shared: bool

    def read(self, span: Span) -> bytes:
        """The bytes, fewer where the pack ends; raises FileNotFoundError if it is not there."""

    def put(self, pack: str, path: Path, fd: int) -> None:
        """Take the finished file at `path`, open as `fd`: durable when this returns. What is there already stays,
        unless it has another size."""

    def delete(self, pack: str) -> None:
        """Remove it; one that is not there is no error."""

    def each(self) -> Iterator[tuple[str, int]]:
        """Id and size of every pack."""

    def put_aside(self, pack: str) -> None:
        """Take a pack that does not hold together out of the way, for a person to look at."""

    def close(self) -> None:
        """Let go of what is open."""


class Folder:
    """Packs as files under `root/packs/ab/<id>`. Threads may share it: reads are positioned, files are kept open."""

    run = 1 << 20
    ahead = 0
    shared = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[str, _Shared] = OrderedDict()
        (root / "packs").mkdir(parents=True, exist_ok=True)

    def path(self, pack: str) -> Path:
        """Where a pack lies."""
        return self._root / "packs" / pack[:2] / pack

    def read(self, span: Span) -> bytes:
        shared = self._borrow(span.pack)
        try:
            return os.pread(shared.fd, span.length, span.offset)
        finally:
            self._give_back(shared)

    def _borrow(self, pack: str) -> _Shared:
        with self._lock:
            shared = self._open.get(pack)
            if shared is None:
                shared = self._open[pack] = _Shared(os.open(self.path(pack), os.O_RDONLY | os.O_CLOEXEC))
                if len(self._open) > _OPEN:
                    self._retire(self._open.popitem(last=False)[1])
            else:
                self._open.move_to_end(pack)
            shared.readers += 1
            return shared

    def _give_back(self, shared: _Shared) -> None:
        with self._lock:
            shared.readers -= 1
            if shared.retired and not shared.readers:
                os.close(shared.fd)

    @staticmethod
    def _retire(shared: _Shared) -> None:
        shared.retired = True
        if not shared.readers:
            os.close(shared.fd)

    def forget(self, pack: str) -> None:
        """Let go of a file whose name now means another one, or none."""
        with self._lock:
            if shared := self._open.pop(pack, None):
                self._retire(shared)

    def put(self, pack: str, path: Path, fd: int) -> None:
        with roomy(path):
            os.fsync(fd)
            publish(path, self.path(pack))
        self.forget(pack)

    def delete(self, pack: str) -> None:
        self.path(pack).unlink(missing_ok=True)
        self.forget(pack)

    def each(self) -> Iterator[tuple[str, int]]:
        for folder in os.scandir(self._root / "packs"):
            if folder.is_dir(follow_symlinks=False):
                for entry in os.scandir(folder):
                    if _ID.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                        yield entry.name, entry.stat(follow_symlinks=False).st_size

    def put_aside(self, pack: str) -> None:
        aside = self._root / "quarantine"
        aside.mkdir(exist_ok=True)
        self.path(pack).rename(aside / pack)
        sync_folder(aside)
        self.forget(pack)

    def close(self) -> None:
        with self._lock:
            while self._open:
                self._retire(self._open.popitem()[1])


class _Shared:
    """An open file that several threads read; closed when it is retired and nobody reads any more."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.readers = 0
        self.retired = False


def joined(spans: Sequence[Span], most: int) -> Iterator[tuple[Span, int]]:
    """Neighbours read as one: (stretch of at most `most` bytes, how many of `spans` it covers), in order."""
    at = 0
    while at < len(spans):
        pack, offset, length = spans[at]
        count = 1
        while at + count < len(spans):
            span = spans[at + count]
            if span.pack != pack or span.offset != offset + length or length + span.length > most:
                break
            length, count = length + span.length, count + 1
        yield Span(pack, offset, length), count
        at += count
