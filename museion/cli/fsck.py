"""`museion fsck`: read every byte of a server's packs, and say what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from museion.cli import output

Root = Annotated[Path | None, typer.Option(help="The server's folder; by default that of the local server.")]
Database = Annotated[str | None, typer.Option(help="SQLAlchemy URL, as given to the server.")]
Storage = Annotated[str | None, typer.Option(help="Bucket of the packs, as given to the server.")]


def fsck(
    root: Root = None,
    repair: Annotated[bool, typer.Option("--repair", help="Heal what another copy or a pack can heal.")] = False,
    database: Database = None,
    storage: Storage = None,
    json: output.Json = False,
) -> None:
    """Examine packs, chunks, rows and files; exit 6 if something stays wrong. The server may be at work meanwhile."""
    from museion.actions.fsck import fsck as examine

    with visiting(root, database, storage) as stores, _progress(json) as progress:
        faults = list(examine(stores, repair=repair, progress=progress))
    left = [fault for fault in faults if not fault.healed]
    if json:
        output.emit({"faults": [asdict(fault) for fault in faults], "left": len(left)})
    else:
        for fault in faults:
            output.say(f"{'healed' if fault.healed else fault.kind}: {fault.what}")
        output.say(f"{len(faults)} faults, {len(left)} of them left." if faults else "All is as it should be.")
    if left:
        raise typer.Exit(6)


@contextmanager
def visiting(root: Path | None, database: str | None, storage: str | None) -> Iterator[Any]:
    """The stores in a server's folder, beside the server."""
    from museion.actions.stores import visit_stores

    stores = visit_stores(folder_of(root), database, storage=storage)
    try:
        yield stores
    finally:
        stores.close()


def folder_of(root: Path | None) -> Path:
    """The folder that is meant: the local server's, if none was named."""
    from museion.sdk.settings import home

    return root or home() / "server"


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
    if quiet or not output.console.is_terminal:
        yield lambda done, total: None
        return
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=output.console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
