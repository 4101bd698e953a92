"""`museion sync`: send what is still here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from museion.cli import output
from museion.cli.connect import connect
from museion.sdk import settings
from museion.sdk import sync as syncing


def sync(
    paths: Annotated[list[Path] | None, typer.Argument(help="Run folders; everything that waits by default.")] = None,
    json: output.Json = False,
) -> None:
    """Send runs that were logged offline or did not get through. Doing it twice changes nothing."""
    found = syncing.waiting(settings.from_environment().runs) if not paths else list(paths)
    transport = connect() if found else None
    sent = []
    for folder in found:
        with output.console.status(f"Sending {folder.name}"):
            sent.append(syncing.sync_run(folder, transport))
    if json:
        output.emit(sent)
    elif not sent:
        output.say("Nothing is waiting.")
