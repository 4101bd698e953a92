"""Projects, and what changed in one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from museion.actions.changes_since import Changes, changes_since
from museion.actions.projects import delete_project as delete_project_now
from museion.actions.projects import list_projects as projects_of
from museion.actions.projects import read_project as project_of
from museion.errors import ValueInvalid
from museion.server.context import LARGEST, Asked, Context, Place, Text, context_of
from museion.server.doors import API, PROJECT, Door, described, query
from museion.server.schemas import ChangesOut, Deleted, ProjectOut

HEARTBEAT = 15.0
LOOK_AGAIN = 2.0
"""Seconds between looks without a ring: another server process may have written."""
COALESCE = 0.2


def list_projects(here: Asked, entity: Text = "", q: Text = "") -> Sequence[ProjectOut]:
    """Projects the caller may read, the last changed first."""
    caller = here.caller
    visible = None if caller.everywhere else [e for e in caller.roles if caller.may("read", e)]
    if entity:
        visible = [entity] if visible is None or entity in visible else []
    return [ProjectOut.model_validate(found) for found in projects_of(here.stores, visible, q)]


def read_project(here: Asked, entity: str, project: str) -> ProjectOut:
    """One project with its counts."""
    return ProjectOut.model_validate(project_of(here.stores, entity, project))


def delete_project(here: Asked, entity: str, project: str) -> Deleted:
    """Delete a project with all its runs and artifacts."""
    return Deleted.model_validate(delete_project_now(here.stores, entity, project), from_attributes=True)


def read_changes(here: Asked, entity: str, project: str, since: Place = 0) -> ChangesOut:
    """What changed after the cursor `since`."""
    return ChangesOut.model_validate(changes_since(here.stores, entity, project, since))


async def watch_changes(request: Request) -> Response:
    """The changes as server-sent events, as they happen; the event's id is the cursor."""
    context = context_of(request)
    entity, project = request.path_params["entity"], request.path_params["project"]
    cursor = _cursor(request)
    first = await run_in_threadpool(changes_since, context.stores, entity, project, cursor)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.scope.get("museion.head"):
        return Response(media_type="text/event-stream", headers=headers)
    stream = _events(context, entity, project, cursor, first)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _cursor(request: Request) -> int:
    """`Last-Event-ID` is what a browser sends when it comes back; it is the newer of the two."""
    text = request.headers.get("last-event-id") or request.query_params.get("since", "0")
    if not text.isascii() or not text.isdecimal() or len(text) > 16 or int(text) > LARGEST:
        raise ValueInvalid(f"The cursor {text[:40]!r} is not a number.")
    return int(text)


async def _events(context: Context, entity: str, project: str, cursor: int, news: Changes) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    loop = asyncio.get_running_loop()
    spoke, rung = loop.time(), context.bell.rung
    while not context.bell.stopped:
        if news.cursor != cursor:
            cursor = news.cursor
            yield _event(news)
            spoke = loop.time()
            await context.bell.pause(COALESCE)
        elif loop.time() - spoke >= HEARTBEAT:
            yield b": here\n\n"
            spoke = loop.time()
        else:
            await context.bell.wait(LOOK_AGAIN, rung)
        rung = context.bell.rung
        news = await run_in_threadpool(changes_since, context.stores, entity, project, cursor)


def _event(news: Changes) -> bytes:
    body: dict[str, Any] = {"cursor": news.cursor, "runs": news.runs, "collections": news.collections}
    return f"id: {news.cursor}\nevent: changes\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()


_STREAM = {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}

DOORS = (
    Door("GET", f"{API}/projects", list_projects, "read", "projects"),
    Door("GET", PROJECT, read_project, "read", "projects"),
    Door("DELETE", PROJECT, delete_project, "admin", "projects"),
    Door("GET", f"{PROJECT}/changes", read_changes, "read", "projects"),
    Door(
        "GET",
        f"{PROJECT}/events",
        watch_changes,
        "read",
        "projects",
        bare=True,
        openapi=described(f"{PROJECT}/events", queries=[query("since", "integer")], answer=_STREAM),
    ),
)
