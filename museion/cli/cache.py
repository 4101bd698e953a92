"""`museion cache`: what this machine keeps of what was downloaded, and what waits to be sent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from museion.cli import output
from museion.sdk import local

app = typer.Typer(
    help="What this machine keeps: downloaded content, and content waiting to be sent.", no_args_is_help=True
)


@app.callback()
def cache() -> None:
    """What this machine keeps: downloaded content, and content waiting to be sent."""


@app.command("info")
def info(json: output.Json = False) -> None:
    """Where it is, how much there is, and how much there may be."""
    held = local.file_cache().info()
    waiting = local.staging().size()
    if json:
        output.emit({"cache": asdict(held), "staged": {"folder": str(local.staging_root()), "bytes": waiting}})
        return
    bounds = f"of at most {output.size(held.max_bytes)} and {held.max_files:,} files"
    output.say(f"Cache {held.folder}: {output.size(held.bytes)} in {held.files:,} files, {bounds}.")
    output.say(f"Staged in {local.staging_root()}: {output.size(waiting)}, to be sent or kept for offline use.")


@app.command("clean")
def clean(
    keep: Annotated[float, typer.Option(help="GiB of the most recently used to keep.")] = 0.0,
    json: output.Json = False,
) -> None:
    """Delete downloaded content, the least recently used first, and what crashed processes left.

    What was read within the last hour stays: a run may be at work on it. What waits to be sent is never touched.
    """
    freed = local.file_cache().clean(int(keep * (1 << 30))) + local.sweep_leftovers()
    if json:
        output.emit({"freed": freed})
    else:
        output.say(f"Freed {output.size(freed)}.")
