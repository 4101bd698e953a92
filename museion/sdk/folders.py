"""Local files and folders as an artifact takes them.

A link to a regular file is followed: its content is added under the link's name. A link to a folder, a broken link
and anything that is not a regular file (socket, pipe, device) is refused by name, because following it would add
something other than what a person sees in the folder, or never end.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from museion.errors import Denied, FileMissing, PathInvalid, ValueInvalid


def regular_file(path: str | os.PathLike[str]) -> Path:
    """`path` as an absolute Path, if a regular file is there; else FileMissing, Denied or ValueInvalid."""
    found = absolute(path)
    mode = _mode(found)
    if stat.S_ISREG(mode):
        return found
    advice = "Use add_dir for a folder." if stat.S_ISDIR(mode) else "Only regular files can be added."
    raise ValueInvalid(f"{found} is {kind(mode)}.", advice=advice)


def folder(path: str | os.PathLike[str]) -> Path:
    """`path` as an absolute Path, if a folder is there."""
    found = absolute(path)
    mode = _mode(found)
    if not stat.S_ISDIR(mode):
        raise ValueInvalid(f"{found} is {kind(mode)}.", advice="Use add_file for a file.")
    return found


def walk(root: Path) -> Iterator[tuple[str, str]]:
    """(entry path, absolute path) of each file under `root`, sorted; refuses what the top of this file says."""
    yield from _walk(os.fspath(root), "")


def absolute(path: str | os.PathLike[str]) -> Path:
    """`path` made absolute, with `~` opened and links left as they are."""
    try:
        text = os.fspath(path)
    except TypeError:
        raise PathInvalid(f"A path is text, not {type(path).__name__}.") from None
    if not text or "\0" in text:
        raise PathInvalid(f"{text!r} is not a path.", advice="Give the path of a file.")
    return Path(os.path.abspath(os.path.expanduser(text)))


def kind(mode: int) -> str:
    """What a file of this mode is, in words."""
    names = {
        stat.S_IFREG: "a regular file",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return names.get(stat.S_IFMT(mode), "not a regular file")


def unreadable(path: Path, error: OSError) -> Denied | ValueInvalid | FileMissing:
    """The error to raise when reading `path` failed with `error`."""
    if isinstance(error, PermissionError):
        return Denied(f"{path} cannot be read: permission denied.", advice="Change its permissions, or leave it out.")
    if isinstance(error, FileNotFoundError):
        return FileMissing(f"There is no file {path}.", advice="Check the path; it is relative to the working folder.")
    return ValueInvalid(f"{path} cannot be read: {error.strerror or error}.")


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError as error:
        if path.is_symlink():
            raise FileMissing(f"The link {path} leads to nothing.", advice="Mend or remove it.") from None
        raise unreadable(path, error) from None


def _walk(root: str, prefix: str) -> Iterator[tuple[str, str]]:
    try:
        found = sorted(os.scandir(root), key=lambda entry: entry.name)
    except OSError as error:
        raise unreadable(Path(root), error) from None
    for entry in found:
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{prefix}{entry.name}/")
        else:
            if not entry.is_file(follow_symlinks=False):  # the folder's own listing says so: no look at each file
                _check_member(Path(entry.path))
            yield f"{prefix}{entry.name}", entry.path


def _check_member(path: Path) -> None:
    mode = _mode(path)
    if stat.S_ISREG(mode):
        return
    what = "a link to a folder" if path.is_symlink() and stat.S_ISDIR(mode) else kind(mode)
    raise ValueInvalid(f"{path} is {what}.", advice="Leave it out of the folder, or add what you mean by add_dir(…).")
