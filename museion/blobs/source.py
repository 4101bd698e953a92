"""A local file being added: what it is, and whether it stays so while it is read."""

from __future__ import annotations

import os
import stat
from types import TracebackType
from typing import NamedTuple

from museion.errors import Denied, FileChanged, FileMissing, ValueInvalid


class Identity(NamedTuple):
    """What tells that a file is still the one it was; times in nanoseconds."""

    device: int
    inode: int
    size: int
    mtime: int
    ctime: int

    @classmethod
    def of(cls, info: os.stat_result) -> Identity:
        return cls(info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns)

    def same_content(self, other: Identity) -> bool:
        """Nothing wrote to it in between, as far as its size and time of change tell."""
        return (self.size, self.mtime) == (other.size, other.mtime)


class Source:
    """An open regular file; a symbolic link to one is followed. Use it in a `with` block.

    Raises FileMissing, Denied (no permission), or ValueInvalid for a folder, pipe, socket or device. `known` is what
    was just found there: a regular file.
    """

    def __init__(self, path: str | os.PathLike[str], known: Identity | None = None) -> None:
        self.path = path
        try:
            if known is None:  # look before opening: to open a pipe can wait for ever, a device can act
                _check_regular(path, os.stat(path))
            self.fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            what = "is a broken link" if os.path.islink(path) else "is not there"
            raise FileMissing(f"The file {path} {what}.") from None
        except PermissionError:
            raise Denied(f"The file {path} may not be read by this user.", advice="Change its permissions.") from None
        except NotADirectoryError:
            raise FileMissing(f"The file {path} is not there: a part of its path is no folder.") from None
        try:
            info = os.fstat(self.fd)
            _check_regular(path, info)
        except BaseException:
            os.close(self.fd)
            raise
        self.identity = Identity.of(info)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self.fd)

    def read_into(self, view: memoryview) -> int:
        """Fill `view` with what comes next; the number of bytes, 0 at the end."""
        return os.readv(self.fd, [view])

    def read_all(self) -> bytes:
        """All of a small file."""
        data = os.read(self.fd, self.identity.size + 1)
        if len(data) == self.identity.size:  # as long as it should be: the byte more that was asked for is not there
            return data
        parts = [data]
        while part := os.read(self.fd, max(1 << 16, self.identity.size + 1)):
            parts.append(part)
        return b"".join(parts)

    def check_unchanged(self, size: int) -> None:
        """Raise FileChanged unless `size` bytes were read and nobody wrote to it since it was opened."""
        if size != self.identity.size or not self.identity.same_content(Identity.of(os.fstat(self.fd))):
            raise FileChanged(f"The file {self.path} was written to while it was being added.", path=str(self.path))


def _check_regular(path: str | os.PathLike[str], info: os.stat_result) -> None:
    if not stat.S_ISREG(info.st_mode):
        advice = "Use add_dir for a folder." if stat.S_ISDIR(info.st_mode) else "Only regular files can be added."
        raise ValueInvalid(f"{path} is {_kind(info.st_mode)}, not a file.", advice=advice)


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return kinds.get(stat.S_IFMT(mode), "a device")
