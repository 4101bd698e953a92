"""`museion server`: a server in the foreground, for a machine others use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer


def server(
    root: Annotated[Path, typer.Option(help="Folder that holds everything.")] = Path("museion-server"),
    host: Annotated[
        str, typer.Option(help="Address to listen on; wider than loopback demands accounts.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8484,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL; SQLite under the root by default.")] = None,
    storage: Annotated[
        str | None, typer.Option(help="Bucket for the bytes: s3://bucket/prefix, gs://…, az://…; else under the root.")
    ] = None,
) -> None:
    """Serve until stopped with Ctrl-C or SIGTERM."""
    command = [sys.executable, "-m", "museion.server", "--root", str(root), "--host", host, "--port", str(port)]
    if database:
        command += ["--database", database]
    if storage:
        command += ["--storage", storage]
    raise typer.Exit(subprocess.run(command, check=False).returncode)
