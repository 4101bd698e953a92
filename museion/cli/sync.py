"""`museion sync`: send what is still here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import connect
from museion.sdk import settings
from museion.sdk import sync as syncing


def sync(
    paths: Annotated[list[Path] | None, typer.Argument(help="Run folders; everything that waits by default.")] = None,
    clean: Annotated[bool, typer.Option(help="Then remove the folders of runs that the server has whole.")] = False,
    json: output.Json = False,
) -> None:
    """Send runs that were logged offline or did not get through. Doing it twice changes nothing."""
    found = [str(path) for path in paths or syncing.waiting(settings.from_environment().runs)]
    reports: list[dict[str, Any]] = []
    if found:
        with output.console.status("Sending") as status:
            reports = syncing.sync(found, connect(), progress=lambda done: status.update(f"Sent {done['run']}"))
    gone = syncing.clean(settings.from_environment().runs) if clean else []
    if json:
        output.emit({"runs": reports, "removed": [str(folder) for folder in gone]} if clean else reports)
    else:
        for line in map(describe, reports):
            output.say(line)
        output.say("Nothing is waiting." if not reports else f"{len(reports)} runs looked at.")
        if clean:
            output.say(f"{len(gone)} run folders removed: the server has those runs.")


def describe(report: dict[str, Any]) -> str:
    """One run in a line: what was sent, and what was refused."""
    line = f"{report['run']} ({report['name']}): {report['rows']} rows, {report['artifacts']} artifacts"
    line += "" if report["done"] else "; not all of it yet"
    line += f"; {report['skipped']} torn bytes skipped" if report["skipped"] else ""
    return line + "".join(f"\n  refused: {refusal}" for refusal in report["refused"])
