"""What the client keeps on this machine, under `$MUSEION_HOME`: staged content, the cache, what is known offline."""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from museion.errors import ValueInvalid
from museion.sdk.settings import home

if TYPE_CHECKING:
    from museion.blobs.cache import FileCache
    from museion.blobs.staging import Staging

ABANDONED = 7 * 86_400.0
CLAIMS = "claims"

_making = threading.Lock()


def cache_root() -> Path:
    """Where downloaded content is kept: `$MUSEION_CACHE_DIR`, by default `$MUSEION_HOME/cache`."""
    chosen = os.environ.get("MUSEION_CACHE_DIR")
    return Path(chosen).expanduser().absolute() if chosen else home() / "cache"


def staging_root() -> Path:
    """Where content is kept that a server does not have yet."""
    return home() / "staging"


def byte_count(text: str | None, what: str) -> int | None:
    """`20GiB`, `500MB` or a number of bytes; None if nothing is said. Raises ValueInvalid, speaking of `what`."""
    if not text:
        return None
    found = re.fullmatch(r"\s*([0-9.]{1,20})\s*([KMGT]?)(i?)B?\s*", text, re.IGNORECASE)
    if found is None or found[1].count(".") > 1 or found[1] == ".":
        raise ValueInvalid(f"{what} is {text!r}.", advice="Write a size such as 20GiB.")
    power = " KMGT".index(found[2].upper() or " ")
    return int(float(found[1]) * (1024 if found[3] else 1000) ** power)


def sweep_leftovers(older: float = 86_400.0) -> int:
    """Delete what crashed processes left: files that were being written to an artifact, and parts of downloads, not
    touched for `older` seconds. Gives the bytes freed."""
    freed, before = 0, time.time() - older
    for root in (home() / "tmp", cache_root() / "partial"):
        for path in sorted(root.rglob("*"), reverse=True) if root.is_dir() else ():
            with suppress(OSError):
                info = path.lstat()
                if info.st_mtime >= before:
                    continue
                if path.is_dir() and not path.is_symlink():
                    path.rmdir()
                else:
                    path.unlink()
                    freed += info.st_size
    return freed


def staging() -> Staging:
    """Content added to artifacts and not known to a server yet."""
    with _making:
        return _staging(staging_root())


def claim(holder: str) -> int:
    """Say that this process has use for what is staged under `holder`, as long as it lives: gives an open file, for
    `unclaim`. What a process that was killed had not logged goes when the next one stages something."""
    folder = home() / "staging" / CLAIMS
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder / holder, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(fd, fcntl.LOCK_EX)
    return fd


def unclaim(holder: str, claimed: int) -> None:
    """The end of a claim: somebody else sees to what is staged under `holder`, or nobody needs it."""
    (home() / "staging" / CLAIMS / holder).unlink(missing_ok=True)
    os.close(claimed)


def file_cache() -> FileCache:
    """Downloaded content, by digest."""
    with _making:
        return _file_cache(cache_root(), byte_count(os.environ.get("MUSEION_CACHE_SIZE"), "MUSEION_CACHE_SIZE"))


def partial_root() -> Path:
    """Large files that are on their way into the cache, on its disk; what was left lying for a week goes."""
    with _making:
        return _partial_root(cache_root() / "partial")


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Of all processes of this machine that ask for `name`, one at a time is inside; a dead one is out."""
    folder = cache_root() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def offline_root() -> Path:
    """Versions known on this machine without a server."""
    return home() / "offline"


@cache
def _partial_root(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    oldest = time.time() - ABANDONED
    for leftover in root.iterdir():
        with suppress(FileNotFoundError):
            if leftover.is_file() and leftover.stat().st_mtime < oldest:
                leftover.unlink()
    return root


@cache
def _staging(root: Path) -> Staging:
    from museion.blobs.staging import Staging

    sweep_leftovers(ABANDONED)
    made = Staging(root)
    _let_go_of_the_dead(made, root / CLAIMS)
    atexit.register(_close, made, os.getpid())
    return made


def _close(staging: Staging, owner: int) -> None:
    """At the end of the process that opened it; a forked child leaves it alone."""
    if os.getpid() == owner:
        with suppress(OSError):
            staging.close()


def _let_go_of_the_dead(staging: Staging, claims: Path) -> None:
    """Release what processes staged that are gone without having logged it."""
    for path in claims.iterdir() if claims.is_dir() else ():
        with suppress(OSError), path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            staging.release(path.name)
            path.unlink(missing_ok=True)


@cache
def _file_cache(root: Path, max_bytes: int | None) -> FileCache:
    from museion.blobs.cache import FileCache

    return FileCache(root, max_bytes=max_bytes)
