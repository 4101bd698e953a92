"""`museion backup` and `museion restore`: a server's folder, kept elsewhere and brought back."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from museion.cli import output
from museion.cli.fsck import Database, Root, Storage, folder_of, visiting

Link = Annotated[
    bool, typer.Option("--link", help="On the same disk: second names instead of copies; no help if the disk fails.")
]


def backup(
    target: Annotated[Path, typer.Argument(help="A new folder, or one with an older backup of the server.")],
    root: Root = None,
    link: Link = False,
    database: Database = None,
    storage: Storage = None,
    json: output.Json = False,
) -> None:
    """Back a server up; it may be at work meanwhile."""
    from museion.actions.backup import backup as write

    with visiting(root, database, storage) as stores:
        done = write(stores, folder_of(root), target, link=link)
    if json:
        output.emit(asdict(done))
    else:
        new = f"{done.new_packs:,} of {done.packs:,} packs were new, {output.size(done.new_bytes)}"
        output.say(f"Backed up to {target}: {new}.")


def restore(
    source: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    root: Annotated[Path, typer.Option(help="The new server's folder: one that is not there yet, or empty.")],
    link: Link = False,
    database: Database = None,
    storage: Storage = None,
    json: output.Json = False,
) -> None:
    """Make a server's folder anew from a backup; then start the server on it."""
    from museion.actions.restore_backup import restore_backup

    done = restore_backup(source, root, database=database, storage=storage, link=link)
    if json:
        output.emit(asdict(done))
    else:
        output.say(f"Restored into {root}: {done.packs:,} packs, {output.size(done.bytes)}.")
