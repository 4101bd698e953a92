"""`museion user`: accounts of a server, made where its folder is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from museion.cli import output

app = typer.Typer(help="Accounts of a server.", no_args_is_help=True)
Root = Annotated[Path, typer.Option(help="The server's folder.")]


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The new user's name; their runs live under it.")],
    root: Root = Path("museion-server"),
    role: Annotated[str, typer.Option(help="viewer, member or admin.")] = "member",
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, as given to the server.")] = None,
    json: output.Json = False,
) -> None:
    """Add a user and print their API key, once."""
    from museion.actions.create_user import create_user
    from museion.actions.open_stores import open_stores

    stores = open_stores(root, database)
    try:
        key = create_user(stores, name, role)
    finally:
        stores.close()
    if json:
        output.emit({"user": name, "role": role, "key": key})
    else:
        output.say(f"{name} ({role}). API key, shown this once:\n{key}")
