"""What a run printed."""

from __future__ import annotations

from dataclasses import asdict

from museion.actions import log_console as actions
from museion.server.context import Asked, Count, Place, Text
from museion.server.doors import RUN, Door
from museion.server.schemas import Accepted, ConsoleIn, ConsoleLine, ConsolePage


def log_console(here: Asked, entity: str, project: str, run: str, body: ConsoleIn) -> Accepted:
    """Store lines; those that are there already are passed over."""
    found = actions.log_console(here.stores, entity, project, run, body.writer, body.first, body.lines)
    return Accepted(next_seq=found)


def read_console(
    here: Asked, entity: str, project: str, run: str, start: Place = 0, limit: Count = 1000, q: Text = ""
) -> ConsolePage:
    """Lines from number `start` on; with `q`, only those that contain it."""
    page = actions.read_console(here.stores, entity, project, run, start=start, limit=limit, q=q)
    return ConsolePage(lines=[ConsoleLine(**asdict(line)) for line in page.lines], total=page.total)


DOORS = [
    Door("POST", RUN + "/console", log_console, "write", "console"),
    Door("GET", RUN + "/console", read_console, "read", "console"),
]
