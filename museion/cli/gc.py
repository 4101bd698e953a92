"""`museion gc`: take back the space of what nothing names any more."""

from __future__ import annotations

from typing import Annotated

import typer

from museion.cli import output
from museion.cli.connect import connect

HOUR = 3600.0


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Only say how much would be freed.")] = False,
    grace: Annotated[float, typer.Option(help="Leave alone what was touched within this many seconds.")] = HOUR,
    empty_trash: Annotated[
        bool, typer.Option("--empty-trash", help="Also what was deleted and can still be restored.")
    ] = False,
    json: output.Json = False,
) -> None:
    """Delete bytes that no version and no run names, now. The server does it by itself each few hours."""
    body = {"dry_run": dry_run, "grace": grace, "empty_trash": empty_trash}
    found = connect().request("POST", "/api/v1/garbage", json=body, timeout=24 * HOUR).json()
    if json:
        output.emit(found)
        return
    what = f"{found['files']:,} files, {found['packs']:,} packs"
    verb = "Frees" if dry_run else "Freed"
    output.say(f"{verb} {output.size(found['bytes'])} ({found['bytes']:,} bytes): {what}.")
