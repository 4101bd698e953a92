"""`museion up` and `museion down`: the local server of this user."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import time
import webbrowser
from typing import Annotated
from urllib.parse import quote

import typer

from museion.cli import output
from museion.cli.connect import entity_of, wait_until_ready
from museion.model.links import mint
from museion.sdk import localserver, settings
from museion.sdk.processes import lives
from museion.sdk.transport import HttpTransport

LINK_LIFE = 24 * 3600.0


def up(
    browser: Annotated[bool, typer.Option(help="Open the UI.")] = True,
    page: Annotated[str, typer.Option(help="Page to open, as in the UI; {entity} stands for yours.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print the link alone.")] = False,
    json: output.Json = False,
) -> None:
    """Start the local server, unless it runs already, and open the UI."""
    server = localserver.find_or_start(settings.home())
    transport = HttpTransport(server.url, server.key)
    wait_until_ready(transport)
    if "{entity}" in page:
        page = page.replace("{entity}", entity_of(transport))
    link = sign_in_link(server, page)
    if json:
        output.emit({"url": server.url, "link": link, "pid": server.pid, "version": server.version})
    elif quiet:
        output.say(link)
    else:
        output.say(f"Museion {server.version} is at {server.url}\nOpen {link}")
    if browser and not json:
        webbrowser.open(link)


def sign_in_link(server: localserver.LocalServer, page: str) -> str:
    """A link that signs a browser in, once, and leads to `page`."""
    token = mint(server.key, secrets.token_urlsafe(12), time.time() + LINK_LIFE)
    return f"{server.url}/-/link/{token}?next={quote('/' + page.lstrip('/'), safe='/')}"


def down(json: output.Json = False) -> None:
    """Stop the local server."""
    server = localserver.find(settings.home())
    if server:
        _stop(server.pid)
    if json:
        output.emit({"stopped": bool(server)})
    else:
        output.say("Stopped." if server else "It was not running.")


def _stop(pid: int, patience: float = 10.0) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + patience
        while lives(pid) and time.monotonic() < deadline:
            time.sleep(0.05)
        if lives(pid):
            os.kill(pid, signal.SIGKILL)
