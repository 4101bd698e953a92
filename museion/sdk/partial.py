"""A large file while it comes: ranges land where they belong, and which are there is noted beside it, so that after any
interruption only the others are fetched. Nothing is believed in the end but the digest of the whole."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from museion.blobs.disk import roomy
from museion.errors import BlobCorrupt, ServerFault, ServerUnreachable
from museion.model.manifest import Content
from museion.sdk.digests import digest_file
from museion.sdk.progress import Tell

RANGE = 16 << 20
WORKERS = 4
TRIES = 4

Read = Callable[[int, int], Iterator[bytes]]
"""The bytes of the content from `start` to `stop`, as they come."""


class Span(NamedTuple):
    """Bytes from `start` to `stop`."""

    start: int
    stop: int


class PartialFile:
    """The file at `path` on its way to be `content`; beside it, `<path>.have` says which ranges it has.

    One process at a time works on it: whoever makes it holds a lock for that.
    """

    def __init__(self, path: Path, content: Content) -> None:
        self.path = path
        self._content = content
        self._notes = path.with_name(f"{path.name}.have")
        self._lock = threading.Lock()

    def fill(self, read: Read, tell: Tell, *, workers: int = WORKERS) -> Path:
        """Fetch what is not there yet, and give the file once all of it is verified.

        What an earlier attempt left and the disk lost since is fetched again. Raises BlobCorrupt (then nothing of it
        is kept), StorageFull, and what `read` raises (then what came is kept).
        """
        began_empty = self.prepare()
        self._fetch(read, tell, workers)
        if digest_file(self.path) != self._content.digest and not began_empty:
            self.drop()
            self.prepare()
            self._fetch(read, lambda count: None, workers)
        if digest_file(self.path) != self._content.digest:
            self.drop()
            raise BlobCorrupt(f"The bytes that came do not match {self._content.digest}.", digest=self._content.digest)
        self._notes.unlink(missing_ok=True)
        return self.path

    def prepare(self) -> bool:
        """Make the file; True if nothing of it is there yet."""
        if not self.path.exists():
            self._notes.unlink(missing_ok=True)
        with roomy(self.path), self.path.open("ab") as file:
            if file.tell() != self._content.size:
                file.truncate(self._content.size)
        return not self._known()

    def put(self, pieces: Iterable[tuple[int, bytes]]) -> None:
        """Lay down bytes that were found elsewhere, at their places."""
        found: list[Span] = []
        with self.path.open("r+b", buffering=0) as file:
            for at, data in pieces:
                self._write(file.fileno(), at, data)
                found.append(Span(at, at + len(data)))
        self._note(found)

    def missing(self) -> list[Span]:
        """What is still to be fetched, in ranges of at most 16 MiB."""
        found: list[Span] = []
        at = 0
        for start, stop in [*self._known(), Span(self._content.size, self._content.size)]:
            found += [Span(begin, min(begin + RANGE, start)) for begin in range(at, start, RANGE)]
            at = max(at, stop)
        return found

    def drop(self) -> None:
        """Away with it."""
        self.path.unlink(missing_ok=True)
        self._notes.unlink(missing_ok=True)

    def _fetch(self, read: Read, tell: Tell, workers: int) -> None:
        missing = self.missing()
        tell(self._content.size - sum(stop - start for start, stop in missing))
        with ThreadPoolExecutor(max(1, min(workers, len(missing))), "museion-range") as pool:
            futures = [pool.submit(self._bring, span, read, tell) for span in missing]
            try:
                for future in futures:
                    future.result()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _bring(self, span: Span, read: Read, tell: Tell) -> None:
        """One range; what broke off goes on from where it was."""
        at = span.start
        for left in reversed(range(TRIES)):
            begun = at
            try:
                with self.path.open("r+b", buffering=0) as file:
                    for piece in _exactly(read(at, span.stop), span.stop - at):
                        self._write(file.fileno(), at, piece)
                        at += len(piece)
                        tell(len(piece))
            except (ServerUnreachable, ServerFault):
                if not left:
                    raise
            finally:
                self._note([Span(begun, at)])
            if at == span.stop:
                return

    def _write(self, fd: int, at: int, data: bytes) -> None:
        view = memoryview(data)
        with roomy(self.path):
            while view:
                written = os.pwrite(fd, view, at)
                view, at = view[written:], at + written

    def _note(self, spans: list[Span]) -> None:
        with self._lock, roomy(self._notes), self._notes.open("a") as notes:
            notes.writelines(f"{start} {stop}\n" for start, stop in spans if start < stop)

    def _known(self) -> list[Span]:
        """In order; a line that was torn by a crash does not count."""
        found: list[Span] = []
        with suppress(FileNotFoundError):
            for line in self._notes.read_text().splitlines(keepends=True):
                parts = line.split()
                if line.endswith("\n") and len(parts) == 2 and all(part.isdecimal() for part in parts):
                    found.append(Span(int(parts[0]), int(parts[1])))
        return sorted(span for span in found if span.start <= span.stop <= self._content.size)


def _exactly(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Pass them on; ServerFault if they are more or fewer bytes than were asked for."""
    for piece in pieces:
        size -= len(piece)
        if size < 0:
            raise ServerFault("The server sent more bytes than were asked for.")
        yield piece
    if size:
        raise ServerFault(f"The server's answer lacks {size:,} bytes.")
