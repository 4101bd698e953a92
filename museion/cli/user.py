"""`museion user`: accounts of a server, made where its folder is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, cast

import typer

from museion.cli import output

app = typer.Typer(help="Accounts of a server.", no_args_is_help=True)
Role = Literal["viewer", "member", "admin"]


@app.callback()
def users() -> None:
    """Accounts of a server."""


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="The new user's name.")],
    root: Annotated[Path, typer.Option(help="The server's folder.")] = Path("museion-server"),
    role: Annotated[str, typer.Option(help="viewer, member or admin.")] = "member",
    entity: Annotated[str | None, typer.Option(help="Where the role holds; the user's own name by default.")] = None,
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, as given to the server.")] = None,
    json: output.Json = False,
) -> None:
    """Add a user, or give one a role in another entity, and print a new API key, once."""
    from museion.actions.stores import open_stores
    from museion.actions.users import create_key, create_user

    stores = open_stores(root, database)
    try:
        create_user(stores, name, {entity or name: cast("Role", role)})
        key = create_key(stores, name)
    finally:
        stores.close()
    if json:
        output.emit({"user": name, "entity": entity or name, "role": role, "key": key})
    else:
        output.say(f"{name} is {role} of {entity or name}. API key, shown this once:\n{key}")


@app.command("key")
def key(
    name: Annotated[str, typer.Argument(help="Whose key it is.")],
    root: Annotated[Path, typer.Option(help="The server's folder.")] = Path("museion-server"),
    database: Annotated[str | None, typer.Option(help="SQLAlchemy URL, as given to the server.")] = None,
    json: output.Json = False,
) -> None:
    """Print one more API key of a user, once; those they have stay good."""
    from museion.actions.stores import visit_stores
    from museion.actions.users import create_key

    stores = visit_stores(root, database)
    try:
        made = create_key(stores, name)
    finally:
        stores.close()
    if json:
        output.emit({"user": name, "key": made})
    else:
        output.say(f"API key of {name}, shown this once:\n{made}")
