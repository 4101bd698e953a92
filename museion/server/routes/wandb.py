"""The doors for W&B's clients: GraphQL, the stream of a run, and its files by signed URL."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from museion.errors import Forbidden, TooLarge
from museion.previews.shelf import Shelf
from museion.server.context import Context, context_of
from museion.server.doors import API, Door
from museion.server.download import Stored, serve
from museion.server.receive import spooled, take_in
from museion.server.signing import Signer
from museion.wandb_wire.asked import Asked

SIGNED = "/wandb"
LINK_SECONDS = 24 * 3600.0
EXPORTS = 8 << 30
"""Bytes of history files that are kept, for all runs together; others are made again."""
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class SignedLinks:
    """URLs on this server, under its seal: the purpose is part of it, and so is the path."""

    signer: Signer
    base: str

    def url(self, purpose: str, fields: Mapping[str, Any], path: str, seconds: float | None = None) -> str:
        expires = self.signer.clock() + (LINK_SECONDS if seconds is None else seconds)
        token = self.signer.seal(f"wandb:{purpose}", {**fields, "path": path}, expires)
        return f"{self.base}{SIGNED}/{purpose}/{token}/{quote(path)}"


def base_url(request: Request) -> str:
    """This server as the client sees it."""
    return f"{request.url.scheme}://{request.headers.get('host') or request.url.netloc}"


def asked_of(request: Request, who: Any = None) -> Asked:
    """What the wire needs to know of this request."""
    context, base = context_of(request), base_url(request)
    client = request.headers.get("x-wandb-async-client-id")
    links = SignedLinks(context.signer, base)
    return Asked(context.stores, who or request.scope["museion.caller"], base, links, client=client)


def granted(request: Request, purpose: str) -> dict[str, Any]:
    """The fields under the seal of a signed URL; raises Forbidden if it is for something else, altered or over."""
    place = request.path_params
    fields = context_of(request).signer.open(f"wandb:{purpose}", place["token"])
    if fields["path"] != place["path"]:
        raise Forbidden("The signature is for another file.", advice="Ask for a new link.")
    return fields


async def answer_graphql(request: Request) -> Response:
    """Answer one GraphQL document, as W&B's clients send them."""
    from museion.wandb_wire.graphql import answer

    asked = asked_of(request)
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        return Response('{"errors":[{"message":"The body is not JSON."}]}', 400, media_type=JSON)
    found = await run_in_threadpool(answer, body, asked)
    _ring(context_of(request), asked)
    return Response(json.dumps(found.body, allow_nan=False), found.status, media_type=JSON)


def _ring(context: Context, asked: Asked) -> None:
    if asked.changed:
        context.bell.ring()


async def stream_files(request: Request) -> Response:
    """Take in what a run sends while it goes on."""
    from museion.wandb_wire.stream import stream

    asked, place = asked_of(request), request.path_params
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = await run_in_threadpool(unzipped, body, context_of(request).settings.limits.body)
    found = await run_in_threadpool(stream, asked, place["entity"], place["project"], place["run"], body)
    _ring(context_of(request), asked)
    return Response(json.dumps(found), media_type=JSON)


def unzipped(body: bytes, limit: int) -> bytes:
    """What was compressed; nothing if it is damaged. Raises TooLarge beyond the limit, before it is all there."""
    unpacking = zlib.decompressobj(wbits=31)
    try:
        found = unpacking.decompress(body, limit + 1)
    except zlib.error:
        return b""
    if len(found) > limit:
        raise TooLarge(f"The body unpacks to more than {limit:,} bytes.", limit=limit)
    return found


async def put_run_file(request: Request) -> Response:
    """Take in a file of a run, by a signed URL."""
    from museion.wandb_wire.run_files import put_file

    grant, context = granted(request, "wandb-run-put"), context_of(request)
    async with spooled(request, context.settings.root) as body:
        etag = await take_in(put_file, context.stores, grant["run"], grant["path"], body)
    context.bell.ring()
    return Response(status_code=200, headers={"ETag": f'"{etag}"'})


async def get_run_file(request: Request) -> Response:
    """The bytes of a file of a run, by a signed URL: Range, ETag."""
    grant = granted(request, "wandb-run-get")
    stored = Stored(grant["digest"], grant["path"], grant["size"], forever=True)
    return await serve(request, context_of(request).stores.blobs, stored)


async def get_history_file(request: Request) -> Response:
    """A piece of a run's history as Parquet, by signed URL: made when it is first asked for, then kept. Range, ETag."""
    from museion.wandb_wire.exports import file_of

    grant, context = granted(request, "wandb-history-get"), context_of(request)
    name, pieces = file_of(context.stores, grant)
    shelf = Shelf(context.settings.root / "exports", EXPORTS)
    path = await run_in_threadpool(shelf.file, name, pieces)
    return FileResponse(path, media_type="application/vnd.apache.parquet")


async def allow_origin(request: Request) -> Response:
    """A page of this server may fetch from, and send to, its signed URLs; pages of others may not."""
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": base_url(request),
            "Access-Control-Allow-Methods": "GET, PUT",
            "Access-Control-Allow-Headers": "Content-Type, Content-MD5, Range",
            "Vary": "Origin",
        },
    )


async def not_spoken(request: Request) -> Response:
    """Nothing takes this here. Clients ask at some addresses whether they are there, and go by the 404."""
    if request.url.path.startswith(f"{API}/"):
        raise HTTPException(405, "This address does not take the method.")
    raise HTTPException(404, "There is nothing at this address.")


DOORS = (
    Door("POST", "/graphql", answer_graphql, "read", "wandb", bare=True, listed=False, graphql=True),
    Door(
        "POST",
        "/files/{entity}/{project}/{run}/file_stream",
        stream_files,
        "write",
        "wandb",
        bare=True,
        listed=False,
        graphql=True,
    ),
    Door(
        "PUT",
        f"{SIGNED}/wandb-run-put/{{token}}/{{path:path}}",
        put_run_file,
        "public",
        "wandb",
        bare=True,
        size="file",
        listed=False,
    ),
    Door(
        "GET",
        f"{SIGNED}/wandb-run-get/{{token}}/{{path:path}}",
        get_run_file,
        "public",
        "wandb",
        bare=True,
        listed=False,
    ),
    Door(
        "GET",
        f"{SIGNED}/wandb-history-get/{{token}}/{{path:path}}",
        get_history_file,
        "public",
        "wandb",
        bare=True,
        listed=False,
    ),
)

LAST = (
    Door("OPTIONS", f"{SIGNED}/{{path:path}}", allow_origin, "public", "wandb", bare=True, listed=False),
    Door("POST", "/{path:path}", not_spoken, "public", "wandb", bare=True, listed=False),
)
"""After all other doors: it takes what is left."""
