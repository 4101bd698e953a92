"""Points as they are logged, as server-sent events."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from museion.actions.follow_history import follow_history
from museion.errors import TooLarge, ValueInvalid
from museion.history.following import News
from museion.history.points import Points
from museion.history.reading import SYSTEM, SYSTEM_TIMES, TIMELINES, TIMES
from museion.server.context import LARGEST, Context, context_of
from museion.server.doors import PROJECT, Door, described, query

HEARTBEAT = 15.0
LOOK_AGAIN = 1.0
"""Seconds between looks without a ring: another server process may have written."""
COALESCE = 0.1
MOST_RUNS = 1000


@dataclass(frozen=True, slots=True)
class _Followed:
    """Whom a stream tells of."""

    context: Context
    entity: str
    project: str
    runs: Sequence[str]
    keys: Sequence[str] | None

    async def news(self, after: int | None) -> News:
        stores = self.context.stores
        return await run_in_threadpool(follow_history, stores, self.entity, self.project, self.runs, self.keys, after)


async def watch_points(request: Request) -> Response:
    """What runs log, as it comes: `runs` and `keys` are joined by commas, `since` is a cursor (without one: from now).

    The first event has the cursor alone: curves that are read after it miss nothing. An event's id is the cursor, its
    data `{"cursor", "points": [{"run", "key", "steps", "times", "values"}], "again": [runs to read anew]}`.
    """
    place, asked = request.path_params, request.query_params
    runs = _names(asked.get("runs")) or []
    if len(runs) > MOST_RUNS:
        raise TooLarge(f"A stream follows {MOST_RUNS:,} runs at most.", limit=MOST_RUNS)
    followed = _Followed(context_of(request), place["entity"], place["project"], runs, _names(asked.get("keys")))
    since = _cursor(request)
    first = await followed.news(since)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if request.scope.get("museion.head"):
        return Response(media_type="text/event-stream", headers=headers)
    return StreamingResponse(_events(followed, first), media_type="text/event-stream", headers=headers)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name for name in text.split(",") if name]


def _cursor(request: Request) -> int | None:
    """`Last-Event-ID` is what a browser sends when it comes back; it is the newer of the two."""
    text = request.headers.get("last-event-id") or request.query_params.get("since")
    if text is None:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 16 or int(text) > LARGEST:
        raise ValueInvalid(f"The cursor {text[:40]!r} is not a number.")
    return int(text)


async def _events(followed: _Followed, news: News) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n" + _event(news)
    bell, loop = followed.context.bell, asyncio.get_running_loop()
    spoke, rung = loop.time(), 0
    while not bell.stopped:
        await bell.wait(LOOK_AGAIN, rung)
        cursor, rung = news.cursor, bell.rung
        news = await followed.news(cursor)
        if news.cursor != cursor:
            yield _event(news)
            spoke = loop.time()
            await bell.pause(COALESCE)
        elif loop.time() - spoke >= HEARTBEAT:
            yield b": here\n\n"
            spoke = loop.time()


def _event(news: News) -> bytes:
    points = [told for run, held in news.points.items() for told in _told(run, held)]
    body = {"cursor": news.cursor, "points": points, "again": list(news.again)}
    text = json.dumps(body, separators=(",", ":"), allow_nan=False)
    return f"id: {news.cursor}\nevent: points\ndata: {text}\n\n".encode()


def _told(run: str, held: Mapping[str, Points]) -> list[dict[str, Any]]:
    clocks = {name: dict(_pairs(held[name])) for name in TIMELINES if name in held}
    out = []
    for key in sorted(held.keys() - set(TIMELINES)):
        clock = clocks.get(SYSTEM_TIMES if key.startswith(SYSTEM) else TIMES, {})
        steps = held[key].steps.tolist()
        values = [_plain(value) for value in held[key].cells.python()]
        times = [clock.get(step) for step in steps]
        out.append({"run": run, "key": key, "steps": steps, "times": times, "values": values})
    return out


def _pairs(points: Points) -> list[tuple[int, Any]]:
    return list(zip(points.steps.tolist(), points.cells.python(), strict=True))


def _plain(value: Any) -> Any:
    """JSON has no NaN and no Infinity: they travel as strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


_STREAM = {"description": "Server-sent events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}

DOORS = (
    Door(
        "GET",
        f"{PROJECT}/live",
        watch_points,
        "read",
        "history",
        bare=True,
        openapi=described(
            f"{PROJECT}/live",
            queries=[query("runs", required=True), query("keys"), query("since", "integer")],
            answer=_STREAM,
        ),
    ),
)
