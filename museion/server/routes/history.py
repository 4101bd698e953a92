"""Numbers over steps, in and out."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from museion.actions.fork_run import fork_run as fork_run_now
from museion.actions.log_history import is_light, next_seq, submit_history
from museion.actions.read_history import read_keys as keys_of
from museion.actions.read_history import read_rows, read_series, read_shared_keys
from museion.actions.read_history import read_values as values_of
from museion.actions.rewind_run import read_layers as layers_of
from museion.actions.rewind_run import rewind_run as rewind_run_now
from museion.errors import TooLarge, ValueInvalid
from museion.server.context import LARGEST, Asked, Count, context_of
from museion.server.doors import PROJECT, RUN, Door, answers, described, query
from museion.server.schemas import (
    LAYERS,
    Accepted,
    ForkIn,
    HistoryPage,
    KeyOut,
    KeysIn,
    LayerOut,
    RewindIn,
    RunOut,
    SeriesIn,
    SharedKeyOut,
    SpanOut,
    ValueOut,
    ValuePage,
)

MAX_WRITER = 128
MAX_GROUPED = 10_000
Step = Annotated[int, Query(ge=-LARGEST, le=LARGEST)]
Layer = Annotated[int | None, Query(ge=0, le=LAYERS, description="What was shown before this rewind, from 0")]
Name = Annotated[str, Query(min_length=1, max_length=1024)]


async def append_history(request: Request) -> Response:
    """Store a batch (docs/FORMAT.md, "History batch") whose first row is number `seq` of `writer`.

    409 sequence_gap names the row expected in `details.next_seq`; sending a batch again is no news.
    """
    stores = context_of(request).stores
    place = request.path_params
    writer, seq = _writer(request), _seq(request)
    body = await request.body()
    names = place["entity"], place["project"], place["run"]
    # A light batch is checked in less time than a thread takes to wake up; what waits is stored by another thread.
    if is_light(body) and stores.addresses.find(names) is not None:
        stored = submit_history(stores, *names, writer, seq, body)
    else:
        stored = await run_in_threadpool(submit_history, stores, *names, writer, seq, body)
    following = await asyncio.wrap_future(stored)
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
    layer: Layer = None,
) -> HistoryPage:
    """Rows in order of step; `next` is the step to go on from. System metrics come only if `keys` names them."""
    wanted = [key for key in keys.split(",") if key] if keys is not None else None
    # `_runtime` counts from the run's first row, wherever this page begins.
    first = read_rows(here.stores, entity, project, run, start=-LARGEST, limit=1, layer=layer)
    rows = read_rows(
        here.stores, entity, project, run, keys=wanted, start=start, stop=stop, limit=limit + 1, layer=layer
    )
    origin = first[0].time if first else 0.0
    shown = [_row(row, origin) for row in rows[:limit]]
    return HistoryPage(rows=shown, next=rows[limit].step if len(rows) > limit else None)


def _row(row: Any, origin: float) -> dict[str, Any]:
    return {"_step": row.step, "_timestamp": row.time, "_runtime": row.time - origin, **row.values}


def read_keys(here: Asked, entity: str, project: str, run: str, layer: Layer = None) -> list[KeyOut]:
    """What a run has logged, a line for each key."""
    return [KeyOut.model_validate(found) for found in keys_of(here.stores, entity, project, run, layer=layer)]


def read_project_keys(here: Asked, entity: str, project: str, body: KeysIn) -> list[SharedKeyOut]:
    """The keys of many runs, or of the whole project, put together."""
    return [SharedKeyOut.model_validate(found) for found in read_shared_keys(here.stores, entity, project, body.runs)]


def read_values(
    here: Asked,
    entity: str,
    project: str,
    run: str,
    key: Name,
    start: Step = 0,
    limit: Count = 1_000,
    layer: Layer = None,
) -> ValuePage:
    """Values of one key that are not numbers, by step."""
    found = values_of(here.stores, entity, project, run, key, start=start, limit=limit + 1, layer=layer)
    return ValuePage(values=[ValueOut.model_validate(v) for v in found[:limit]], truncated=len(found) > limit)


def read_curves(here: Asked, entity: str, project: str, body: SeriesIn) -> Response:
    """Curves of many runs and keys at once, in binary (docs/FORMAT.md, "Series on the wire")."""
    from museion.history.sampling import Ask
    from museion.history.smoothing import Smoothing
    from museion.history.wire import encode_series

    named = body.model_dump(exclude={"runs", "keys", "smoothing"})
    if sum(map(len, (body.groups or {}).values())) > MAX_GROUPED:
        raise TooLarge(f"Groups may hold {MAX_GROUPED:,} runs in all.", limit=MAX_GROUPED)
    smoothing = Smoothing(body.smoothing.kind, body.smoothing.strength) if body.smoothing else None
    ask = Ask(smoothing=smoothing, **named)
    curves = read_series(here.stores, entity, project, body.runs, body.keys, ask)
    return Response(encode_series(curves), media_type="application/octet-stream")


def fork_run(here: Asked, entity: str, project: str, run: str, body: ForkIn) -> RunOut:
    """Let a run (made if it is not there) show its parent's history up to a step, and then its own."""
    found = fork_run_now(here.stores, entity, project, run, body.parent, body.step, user=here.caller.name)
    return RunOut.model_validate(found)


def rewind_run(here: Asked, entity: str, project: str, run: str, body: RewindIn) -> RunOut:
    """Take a run back to a step; what came after stays readable as a layer."""
    return RunOut.model_validate(rewind_run_now(here.stores, entity, project, run, body.step))


def read_layers(here: Asked, entity: str, project: str, run: str) -> list[LayerOut]:
    """What the run showed before each of its rewinds, and what it shows now."""
    layers = layers_of(here.stores, entity, project, run)
    return [
        LayerOut(layer=at, spans=[SpanOut(run=name, stop=stop) for name, stop in spans])
        for at, spans in enumerate(layers)
    ]


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
    Door("GET", f"{RUN}/layers", read_layers, "read", "history"),
    Door("POST", f"{RUN}/fork", fork_run, "write", "history"),
    Door("POST", f"{RUN}/rewind", rewind_run, "write", "history"),
    Door("POST", f"{PROJECT}/keys", read_project_keys, "read", "history"),
    Door("POST", f"{PROJECT}/series", read_curves, "read", "history", openapi=_OCTETS),
)
