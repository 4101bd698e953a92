"""What is new: asked for, or told as it happens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from dataclasses import asdict

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from museion.actions import changes_since as actions
from museion.server.context import LARGEST, Asked, Context, Place, context_of
from museion.server.doors import PROJECT, Door, described, query
from museion.server.render import encode
from museion.server.schemas import ChangesOut

LOOK_EVERY = 2.0
COMMENT_EVERY = 15.0
GATHER = 0.2


def read_changes(here: Asked, entity: str, project: str, since: Place = 0) -> ChangesOut:
    """Ids of runs and names of collections that changed after the cursor `since`."""
    return ChangesOut.model_validate(asdict(actions.changes_since(here.stores, entity, project, since)))


async def events(request: Request) -> Response:
    """The same as server-sent events, one for each batch of changes; `since` or Last-Event-ID says from where."""
    given = request.path_params
    text = request.headers.get("last-event-id") or request.query_params.get("since") or "0"
    since = min(int(text), LARGEST) if text.isdecimal() else 0
    context = context_of(request)
    first = await _changes(context, given["entity"], given["project"], since)
    stream = _stream(context, given["entity"], given["project"], since, first)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def _changes(context: Context, entity: str, project: str, since: int) -> actions.Changes:
    return await anyio.to_thread.run_sync(actions.changes_since, context.stores, entity, project, since)


async def _stream(
    context: Context, entity: str, project: str, since: int, first: actions.Changes
) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    found, spoke = first, time.monotonic()
    while not context.bell.stopped:
        if found.cursor > since:
            since, spoke = found.cursor, time.monotonic()
            yield b"id: %d\ndata: %s\n\n" % (since, encode(asdict(found)))
            await anyio.sleep(GATHER)
        elif time.monotonic() - spoke > COMMENT_EVERY:
            spoke = time.monotonic()
            yield b": still here\n\n"
        await context.bell.wait(LOOK_EVERY)
        found = await _changes(context, entity, project, since)


_EVENTS = PROJECT + "/events"

DOORS = [
    Door("GET", PROJECT + "/changes", read_changes, "read", "changes"),
    Door(
        "GET",
        _EVENTS,
        events,
        "read",
        "changes",
        bare=True,
        openapi=described(_EVENTS, queries=[query("since", "integer")]),
    ),
]
