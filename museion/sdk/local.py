"""What the client keeps on this machine, under `$MUSEION_HOME`: staged content, the cache, what is known offline."""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from museion.sdk.settings import home

if TYPE_CHECKING:
    from museion.blobs.cache import FileCache
    from museion.blobs.staging import Staging

_making = threading.Lock()


def staging() -> Staging:
    """Content added to artifacts and not known to a server yet."""
    with _making:
        return _staging(home() / "staging")


def file_cache() -> FileCache:
    """Downloaded content, by digest."""
    with _making:
        return _file_cache(home() / "cache")


def offline_root() -> Path:
    """Versions known on this machine without a server."""
    return home() / "offline"


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
