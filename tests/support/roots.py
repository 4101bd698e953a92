"""Folders of servers, made fast: the schema is made once for all tests of a process, and copied."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path

from museion.actions.stores import DATABASE


@functools.cache
def _migrated() -> tempfile.TemporaryDirectory[str]:
    from museion.catalog.database import migrate, open_engine

    folder = tempfile.TemporaryDirectory(prefix="museion-migrated-")
    engine = open_engine(f"sqlite:///{folder.name}/{DATABASE}")
    migrate(engine)
    engine.dispose()
    return folder


def new_root(root: Path) -> Path:
    """Make `root` a server's folder in which nothing was ever kept."""
    root.mkdir(parents=True)
    shutil.copy(Path(_migrated().name) / DATABASE, root / DATABASE)
    return root
