"""Is the server there, and who am I to it."""

from __future__ import annotations

from museion import __version__
from museion.server.auth import EVERYWHERE, RANK, Caller
from museion.server.context import Asked
from museion.server.doors import API, Door
from museion.server.schemas import Health, Viewer


async def read_health(here: Asked) -> Health:
    """Whether the server answers, its version and its limits. Needs no key."""
    settings = here.context.settings
    return Health(status="ok", version=__version__, api=1, ui=settings.ui is not None, limits=settings.limits)


async def read_viewer(here: Asked) -> Viewer:
    """Who the key or the session belongs to; `entity` is where things go if none is named."""
    caller = here.caller
    entity = home_entity(caller)
    return Viewer(name=caller.name, entity=entity, role=caller.role(entity) or "viewer")


def home_entity(caller: Caller) -> str:
    """The caller's own entity, else the one where the caller may do most."""
    if caller.name in caller.roles or caller.everywhere or not caller.roles:
        return caller.name
    return max(sorted(e for e in caller.roles if e != EVERYWHERE), key=lambda e: RANK[caller.roles[e]])


DOORS = (
    Door("GET", f"{API}/health", read_health, "public", "system"),
    Door("GET", f"{API}/viewer", read_viewer, "read", "system"),
)
