"""`museion login`: remember a key for a server."""

from __future__ import annotations

from typing import Annotated

import typer

from museion.cli import output
from museion.sdk import settings
from museion.sdk.transport import HttpTransport


def login(
    key: Annotated[str | None, typer.Argument(help="API key; asked for if it is left out.")] = None,
    host: Annotated[str | None, typer.Option(help="The server's URL; MUSEION_BASE_URL by default.")] = None,
    json: output.Json = False,
) -> None:
    """Check a key with its server and keep it in $MUSEION_HOME/credentials.json."""
    url = host or settings.from_environment().base_url
    if not url:
        raise typer.BadParameter("the local server needs no login; for another, give --host URL")
    secret = key or typer.prompt("API key", hide_input=True)
    viewer = HttpTransport(url, secret).request("GET", "/api/v1/viewer").json()
    settings.keep_credential(settings.home(), url, secret)
    if json:
        output.emit({"host": url, "user": viewer["name"], "entity": viewer["entity"]})
    else:
        output.say(f"Logged in to {url} as {viewer['name']}.")
