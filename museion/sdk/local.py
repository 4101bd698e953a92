"""What the client keeps on this machine, under `$MUSEION_HOME`: staged content, the cache, what is known offline."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from museion.blobs.cache import FileCache
    from museion.blobs.staging import Staging

_making = threading.Lock()


def home() -> Path:
    """`$MUSEION_HOME`, by default `~/.museion`."""
    return Path(os.environ.get("MUSEION_HOME") or "~/.museion").expanduser().absolute()


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

    return Staging(root)


@cache
def _file_cache(root: Path) -> FileCache:
    from museion.blobs.cache import FileCache

    return FileCache(root)
