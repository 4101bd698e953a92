"""`museion run export`: the history of runs as a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect
from museion.errors import UsageError
from museion.sdk.transport import Reply

FORMATS = ("parquet", "arrow", "csv")
_ENDINGS = {"parquet": "parquet", "arrow": "arrow", "arrows": "arrow", "csv": "csv"}
_PATIENCE = 3600.0


def export(
    run: Annotated[str | None, typer.Argument(help="A run's id; without one, all runs of the project.")] = None,
    project: output.Project = None,
    out: Annotated[str, typer.Option("--output", "-o", help="The file to write; - is the standard output.")] = "-",
    kind: Annotated[str | None, typer.Option("--format", help="parquet, arrow or csv; else by the ending.")] = None,
    keys: Annotated[str | None, typer.Option(help="Only these keys, joined by commas.")] = None,
) -> None:
    """Write the history of a run, or of a whole project, as Parquet, an Arrow stream or CSV."""
    kind = kind or _ENDINGS.get(out.rpartition(".")[2].lower(), "csv")
    if kind not in FORMATS:
        raise UsageError(f"There is no format {kind!r}.", advice=f"Use one of {', '.join(FORMATS)}.")
    transport = connect()
    path = api_of_project(transport, project, *(("runs", run) if run else ()), "export")
    query = {"format": kind, "keys": keys}
    reply = transport.request("GET", path, query=query, stream=True, timeout=_PATIENCE)
    if out == "-":
        _print(reply)
    else:
        output.say(f"{out}: {output.size(_save(reply, Path(out)))}")


def _print(reply: Reply) -> None:
    try:
        for piece in reply.pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _save(reply: Reply, path: Path) -> int:
    """The file appears when it is complete, or not at all; returns its size."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            for piece in reply.pieces:
                file.write(piece)
            size = file.tell()
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return size
