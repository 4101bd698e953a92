"""What the client keeps on this machine, under `$MUSEION_HOME`: staged content, the cache, what is known offline."""

from __future__ import annotations

import atexit
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from museion.sdk.settings import home

if TYPE_CHECKING:
    from museion.blobs.cache import FileCache
    from museion.blobs.staging import Staging

ABANDONED = 7 * 86_400.0

_making = threading.Lock()


def staging() -> Staging:
    """Content added to artifacts and not known to a server yet."""
    with _making:
        return _staging(home() / "staging")


def file_cache() -> FileCache:
    """Downloaded content, by digest."""
    with _making:
        return _file_cache(home() / "cache")


def partial_root() -> Path:
    """Large files that are on their way into the cache, on its disk; what was left lying for a week goes."""
    with _making:
        return _partial_root(home() / "cache" / "partial")


@contextmanager
def exclusive(name: str) -> Iterator[None]:
    """Of all processes of this machine that ask for `name`, one at a time is inside; a dead one is out."""
    folder = home() / "locks"
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

    made = Staging(root)
    atexit.register(_close, made, os.getpid())
    return made


def _close(staging: Staging, owner: int) -> None:
    """At the end of the process that opened it; a forked child leaves it alone."""
    if os.getpid() == owner:
        with suppress(OSError):
            staging.close()


@cache
def _file_cache(root: Path) -> FileCache:
    from museion.blobs.cache import FileCache

    return FileCache(root)
