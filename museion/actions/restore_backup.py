"""Make a server's folder anew from a backup."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from sqlalchemy import inspect, select

from museion.actions.backup import FORMAT, SAYS, SIGNING, Backup, copy_rows
from museion.actions.stores import DATABASE, open_stores
from museion.blobs.bucket import open_packs
from museion.blobs.copy_packs import copy_packs
from museion.blobs.disk import sync_file, sync_folder
from museion.blobs.packs import Folder, Span
from museion.catalog import tables as t
from museion.catalog.database import migrate, open_engine
from museion.errors import Corrupt, UsageError


def restore_backup(
    source: Path, root: Path, *, database: str | None = None, storage: str | None = None, link: bool = False
) -> Backup:
    """Restore the backup in the folder `source` into `root`, which must be new or empty, and so must a `database` that
    is given. `storage`: a bucket that takes the packs. With `link`, packs on the same disk are not copied.

    Raises UsageError, Corrupt for what is no whole backup, StorageFull.
    """
    said = _read(source)
    if root.exists() and any(root.iterdir()):
        raise UsageError(f"{root} has something in it.", advice="Restore into a new folder.")
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    _bring_packs(source, root, storage, link)
    _bring_database(source / DATABASE, root, database)
    if (source / SIGNING).is_file():
        shutil.copyfile(source / SIGNING, root / SIGNING)
        (root / SIGNING).chmod(0o600)
    sync_folder(root)
    open_stores(root, database, storage=storage).close()  # brings an older backup's schema up to date
    return said


def _read(source: Path) -> Backup:
    try:
        said = Backup(**json.loads((source / SAYS).read_text()))
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{source} is not a backup: {SAYS} cannot be read ({error}).") from None
    if said.format > FORMAT:
        raise UsageError(f"The backup has the format {said.format}; this Museion reads {FORMAT}.")
    there = dict(Folder(source).each())
    if len(there) < said.packs or sum(there.values()) < said.bytes:
        raise Corrupt(f"The backup {source} is not whole: it says {said.packs:,} packs, and has {len(there):,}.")
    return said


def _bring_packs(source: Path, root: Path, storage: str | None, link: bool) -> None:
    packs = Folder(source)
    wanted = dict(packs.each())
    if storage is None:
        copy_packs(packs, root, wanted, link=link)
        return
    bucket = open_packs(root, storage)
    (root / "tmp").mkdir(exist_ok=True)
    there = dict(bucket.each())
    for pack, size in wanted.items():
        if there.get(pack) == size:
            continue
        temporary = root / "tmp" / f"{pack}.tmp"
        temporary.write_bytes(packs.read(Span(pack, 0, size)))
        with temporary.open("rb") as file:
            bucket.put(pack, temporary, file.fileno())
        temporary.unlink(missing_ok=True)


def _bring_database(source: Path, root: Path, database: str | None) -> None:
    if database is None:
        shutil.copyfile(source, root / DATABASE)
        sync_file(root / DATABASE)
        return
    copy = root / "restoring.db"
    shutil.copyfile(source, copy)
    taken, made = open_engine(f"sqlite:///{copy}"), open_engine(database)
    try:
        migrate(taken)
        migrate(made)
        with made.begin() as into, taken.connect() as rows:
            if inspect(into).has_table("project") and into.execute(select(t.project.c.key).limit(1)).first():
                raise UsageError("The database has something in it.", advice="Restore into a new one.")
            copy_rows(rows, into)
    finally:
        taken.dispose()
        made.dispose()
        for leftover in root.glob("restoring.db*"):
            leftover.unlink()
