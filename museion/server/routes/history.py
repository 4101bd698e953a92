"""Numbers over steps, in and out."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from museion.actions.log_history import log_history, next_seq
from museion.actions.read_history import read_keys as keys_of
from museion.actions.read_history import read_rows, read_series
from museion.actions.read_history import read_values as values_of
from museion.errors import ValueInvalid
from museion.server.context import LARGEST, Asked, Count, context_of
from museion.server.doors import PROJECT, RUN, Door, answers, described, query
from museion.server.schemas import Accepted, HistoryPage, KeyOut, SeriesIn, ValueOut, ValuePage

MAX_WRITER = 128
Step = Annotated[int, Query(ge=-LARGEST, le=LARGEST)]
Name = Annotated[str, Query(min_length=1, max_length=1024)]


async def append_history(request: Request) -> Response:
    """Store a batch (docs/FORMAT.md, "History batch") whose first row is number `seq` of `writer`.

    409 sequence_gap names the row expected in `details.next_seq`; sending a batch again is no news.
    """
    stores = context_of(request).stores
    place = request.path_params
    writer, seq = _writer(request), _seq(request)
    body = await request.body()
    following = await run_in_threadpool(
        log_history, stores, place["entity"], place["project"], place["run"], writer, seq, body
    )
    return Response(b'{"next_seq":%d}' % following, media_type="application/json")


def _writer(request: Request) -> str:
    writer = request.query_params.get("writer", "")
    if not 0 < len(writer) <= MAX_WRITER or not writer.isprintable():
        raise ValueInvalid("The query parameter `writer` is missing or not a plain name.")
    return writer


def _seq(request: Request) -> int:
    text = request.query_params.get("seq", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 16 or int(text) > LARGEST:
        raise ValueInvalid("The query parameter `seq` is missing or not a row's number.")
    return int(text)


def read_next_seq(
    here: Asked,
    entity: str,
    project: str,
    run: str,
    writer: Annotated[str, Query(min_length=1, max_length=MAX_WRITER)],
) -> Accepted:
    """The number of the row that a writer has to send next."""
    return Accepted(next_seq=next_seq(here.stores, entity, project, run, writer))


def read_history(
    here: Asked,
    entity: str,
    project: str,
    run: str,
    keys: Annotated[str | None, Query(description="Keys, joined by commas", max_length=65536)] = None,
    start: Step = 0,
    stop: Step | None = None,
    limit: Count = 1_000,
) -> HistoryPage:
    """Rows in order of step; `next` is the step to go on from. System metrics come only if `keys` names them."""
    wanted = [key for key in keys.split(",") if key] if keys is not None else None
    # `_runtime` counts from the run's first row, wherever this page begins.
    first = read_rows(here.stores, entity, project, run, limit=1)
    rows = read_rows(here.stores, entity, project, run, keys=wanted, start=start, stop=stop, limit=limit + 1)
    origin = first[0].time if first else 0.0
    shown = [_row(row, origin) for row in rows[:limit]]
    return HistoryPage(rows=shown, next=rows[limit].step if len(rows) > limit else None)


def _row(row: Any, origin: float) -> dict[str, Any]:
    return {"_step": row.step, "_timestamp": row.time, "_runtime": row.time - origin, **row.values}


def read_keys(here: Asked, entity: str, project: str, run: str) -> list[KeyOut]:
    """What a run has logged, a line for each key."""
    return [KeyOut.model_validate(found) for found in keys_of(here.stores, entity, project, run)]


def read_values(
    here: Asked, entity: str, project: str, run: str, key: Name, start: Step = 0, limit: Count = 1_000
) -> ValuePage:
    """Values of one key that are not numbers, by step."""
    found = values_of(here.stores, entity, project, run, key, start=start, limit=limit + 1)
    return ValuePage(values=[ValueOut.model_validate(v) for v in found[:limit]], truncated=len(found) > limit)


def read_curves(here: Asked, entity: str, project: str, body: SeriesIn) -> Response:
    """Curves of many runs and keys at once, in binary (docs/FORMAT.md, "Series on the wire")."""
    from museion.history.wire import encode_series

    curves = read_series(
        here.stores,
        entity,
        project,
        body.runs,
        body.keys,
        x=body.x,
        width=body.width,
        start=body.start,
        stop=body.stop,
    )
    return Response(encode_series(curves), media_type="application/octet-stream")


_OCTETS = {
    "responses": {
        "200": {
            "description": "Series on the wire",
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}

DOORS = (
    Door(
        "POST",
        f"{RUN}/history",
        append_history,
        "write",
        "history",
        bare=True,
        size="batch",
        openapi=described(
            f"{RUN}/history",
            queries=[query("writer", required=True), query("seq", "integer", required=True)],
            sends=True,
            answer=answers("Accepted"),
        ),
    ),
    Door("GET", f"{RUN}/history/next", read_next_seq, "read", "history"),
    Door("GET", f"{RUN}/history", read_history, "read", "history"),
    Door("GET", f"{RUN}/keys", read_keys, "read", "history"),
    Door("GET", f"{RUN}/values", read_values, "read", "history"),
    Door("POST", f"{PROJECT}/series", read_curves, "read", "history", openapi=_OCTETS),
)
