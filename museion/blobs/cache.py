"""Downloaded content on this machine, by digest, within bounds; the least recently used goes first."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from museion.blobs.disk import roomy, write_all
from museion.errors import BlobCorrupt
from museion.model.digest import from_raw, to_raw

SHARE = 0.2
"""The part of its disk that the cache takes at most, of bytes and of inodes, unless it is told otherwise."""
MAX_FILES = 1_000_000
IN_USE_SECONDS = 3600.0  # what was asked for this recently may still be read by a live run
_FICLONE = 0x40049409
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """Where a cache is, what it holds, and what it may hold."""

    folder: str
    bytes: int
    files: int
    max_bytes: int
    max_files: int


class FileCache:
    """Whole files under `root/files/ab/<digest>`, read-only. Threads and processes may share it.

    Bounded by `max_bytes` and `max_files` (None: a fifth of the disk's); used in the last hour (`in_use` seconds) is
    never evicted.
    """

    def __init__(
        self,
        root: Path,
        *,
        max_bytes: int | None = None,
        max_files: int | None = None,
        in_use: float = IN_USE_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._files = root / "files"
        self._temporary = root / "tmp"
        for folder in (self._files, self._temporary):
            folder.mkdir(parents=True, exist_ok=True)
        share = _share(root)
        self._max_bytes = share[0] if max_bytes is None else max_bytes
        self._max_files = share[1] if max_files is None else max_files
        self._in_use = in_use
        self._clock = clock
        self._added: tuple[int, int] | None = None

    def get(self, digest: str) -> Path | None:
        """The cached file, to be read and not written to; None if it is not here. Asking keeps it from eviction."""
        path = self._path(digest)
        try:
            os.utime(path, (self._clock(), path.stat().st_mtime))
        except FileNotFoundError:
            return None
        return path

    def put(self, digest: str, pieces: Iterable[bytes]) -> Path:
        """Keep content; raises BlobCorrupt if it is not what `digest` says, StorageFull; nothing is kept then."""
        target = self._path(digest)
        temporary = self._temporary / f"{os.getpid()}-{secrets.token_hex(8)}"
        try:
            size = self._write(temporary, digest, pieces)
            target.parent.mkdir(exist_ok=True)
            os.utime(temporary, (self._clock(), self._clock()))
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        self._make_room(size, target)
        return target

    def adopt(self, digest: str, file: Path) -> Path:
        """Take over a file that lies on the cache's disk and that the caller has just verified: moved, not copied."""
        target = self._path(digest)
        size = file.stat().st_size
        file.chmod(0o444)
        target.parent.mkdir(exist_ok=True)
        os.utime(file, (self._clock(), self._clock()))
        os.replace(file, target)
        self._make_room(size, target)
        return target

    def place(self, digest: str, target: Path, *, link: bool = False) -> bool:
        """Put a copy at `target`, whole or not at all, sharing the disk's blocks where it can; False if not cached.

        With `link`, and on the same disk, it is a second name of the cached file, read-only: it takes no room, and must
        not be written to. All is verified: content that was tampered with leaves the cache, and raises BlobCorrupt.
        """
        source = self.get(digest)
        if source is None:
            return False
        temporary = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
        try:
            with roomy(target):
                found = _linked(source, temporary) if link else None
                found = found or _copy(source, temporary)
            if found != digest:
                source.unlink(missing_ok=True)
                raise BlobCorrupt(f"The cached file {source} has other content.", advice="Download it again.")
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def sweep(self) -> None:
        """Clear away what dead writers left, and evict down to the bounds."""
        self._clear_leftovers()
        self._evict(keep=None)

    def info(self) -> CacheInfo:
        """What it holds now, and may hold."""
        sizes = [size for _, size, _ in self._scan()]
        return CacheInfo(str(self._files.parent), sum(sizes), len(sizes), self._max_bytes, self._max_files)

    def clean(self, keep: int = 0) -> int:
        """Delete the least recently used until at most `keep` bytes are left, but nothing in use; gives bytes freed."""
        freed = self._clear_leftovers()
        found = sorted(self._scan())
        total, oldest = sum(size for _, size, _ in found), self._clock() - self._in_use
        for used, size, path in found:
            if total <= keep or used >= oldest:
                break
            path.unlink(missing_ok=True)
            total, freed = total - size, freed + size
        self._added = None
        return freed

    def _clear_leftovers(self) -> int:
        freed = 0
        for leftover in self._temporary.iterdir():
            if not _alive(leftover.name.partition("-")[0]):
                with suppress(FileNotFoundError):
                    freed += leftover.stat().st_size
                    leftover.unlink()
        return freed

    def _path(self, digest: str) -> Path:
        name = to_raw(digest).hex()
        return self._files / name[:2] / name

    def _write(self, temporary: Path, digest: str, pieces: Iterable[bytes]) -> int:
        hasher, size = blake3(), 0
        with roomy(temporary):
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            for piece in pieces:
                hasher.update(piece)
                size += len(piece)
                with roomy(temporary):
                    write_all(fd, piece)
            os.fchmod(fd, 0o444)
        finally:
            os.close(fd)
        if (found := from_raw(hasher.digest())) != digest:
            raise BlobCorrupt(f"The content that came for {digest} is {found}.", digest=digest)
        return size

    def _make_room(self, size: int, keep: Path) -> None:
        """Count what this process adds, and look at the disk only when that may be too much."""
        if self._added is None:
            self._added = self._evict(keep)
            return
        total, files = self._added[0] + size, self._added[1] + 1
        self._added = (total, files)
        if total > self._max_bytes or files > self._max_files:
            self._added = self._evict(keep)

    def _evict(self, keep: Path | None) -> tuple[int, int]:
        """Delete the least recently used until a tenth is free; gives the bytes and files that are left."""
        found = sorted(self._scan())
        total, files = sum(size for _, size, _ in found), len(found)
        if total <= self._max_bytes and files <= self._max_files:
            return total, files
        oldest = self._clock() - self._in_use
        for used, size, path in found:
            if total <= self._max_bytes * 0.9 and files <= self._max_files * 0.9:
                break
            if used < oldest and path != keep:
                path.unlink(missing_ok=True)
                total, files = total - size, files - 1
        return total, files

    def _scan(self) -> Iterable[tuple[float, int, Path]]:
        for folder in self._files.iterdir():
            for entry in os.scandir(folder):
                try:
                    info = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # another process evicted it
                yield info.st_atime, info.st_size, Path(entry.path)


def _share(root: Path) -> tuple[int, int]:
    """The bytes and files that a fifth of the disk has room for; some file systems do not count inodes."""
    disk = os.statvfs(root)
    files = int(disk.f_files * SHARE) or MAX_FILES
    return int(disk.f_blocks * disk.f_frsize * SHARE), min(files, MAX_FILES)


def _linked(source: Path, target: Path) -> str | None:
    """Give the file a second name, and its digest; None where that cannot be."""
    try:
        os.link(source, target)
    except OSError:
        return None
    hasher = blake3()
    if target.stat().st_size:
        hasher.update_mmap(target)
    return from_raw(hasher.digest())


def _copy(source: Path, target: Path) -> str:
    """Copy, by sharing blocks if the file system can; gives the digest of what was copied."""
    hasher = blake3()
    with source.open("rb", buffering=0) as read, target.open("xb", buffering=0) as write:
        shared = _clone(read.fileno(), write.fileno())
        while piece := read.read(_PIECE):
            hasher.update(piece)
            if not shared:
                write_all(write.fileno(), piece)
    return from_raw(hasher.digest())


def _clone(source: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, _FICLONE, source)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise
        return False
    return True


def _alive(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True
