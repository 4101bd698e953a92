"""Which server a command speaks to: the one that is set up, else the local one of this user."""

from __future__ import annotations

import time
from urllib.parse import quote

from museion.errors import NameInvalid, ServerUnreachable, UsageError
from museion.sdk import localserver, settings
from museion.sdk.connect import connect as reach
from museion.sdk.transport import HttpTransport, project_path

PATIENCE = 30.0


def connect(start: bool = True) -> HttpTransport:
    """A transport to the server of the settings; the local one is started if `start`."""
    found = settings.from_environment()
    if not start and not found.base_url and localserver.find(found.home) is None:
        raise ServerUnreachable("The local server is not running.", advice="Start it with `museion up`.")
    return reach(found)


def wait_until_ready(transport: HttpTransport, patience: float = PATIENCE) -> None:
    """Return once the server answers; raises ServerUnreachable after `patience` seconds."""
    deadline = time.monotonic() + patience
    while True:
        try:
            transport.request("GET", "/api/v1/health", timeout=patience)
            return
        except ServerUnreachable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def entity_of(transport: HttpTransport) -> str:
    """The entity whose things a bare project name means: the setting, else the key's owner."""
    chosen = settings.from_environment().entity
    return chosen or str(transport.request("GET", "/api/v1/viewer").json()["entity"])


def split_project(transport: HttpTransport, text: str | None) -> tuple[str, str]:
    """`entity/project`, or `project` with the entity filled in; raises UsageError if there is none."""
    text = text or settings.from_environment().project
    if not text:
        raise UsageError("No project was named.", advice="Give --project, or set MUSEION_PROJECT.")
    entity, slash, project = text.rpartition("/")
    if "/" in entity:
        raise NameInvalid(f"{text!r} is not a project.", advice="Write project, or entity/project.")
    return (entity if slash else entity_of(transport)), project


def api_of_project(transport: HttpTransport, text: str | None, *rest: str) -> str:
    """The API path of a project as a person names it."""
    return project_path(*split_project(transport, text), *rest)


def page_of(*parts: str) -> str:
    """The UI's path of something."""
    return "/" + "/".join(quote(part, safe="/") for part in parts)
