"""The doors through which W&B's clients send and fetch the bytes of artifacts: signed URLs, and `/artifactsV2/`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions.receive_content import Readable
from museion.actions.stores import Stores
from museion.errors import FileMissing
from museion.server.context import context_of
from museion.server.doors import Door
from museion.server.download import Stored, serve
from museion.server.receive import spooled, take_in
from museion.server.routes.wandb import SIGNED, asked_of, granted
from museion.wandb_wire.artifacts.slots import GET_FILE, GET_MANIFEST, PUT_FILE, PUT_MANIFEST, PUT_PART

Take = Callable[[Stores, dict[str, Any], Readable], str]


async def put_artifact_file(request: Request) -> Response:
    """Take in a file of an artifact, by a signed URL."""
    from museion.wandb_wire.artifacts.arrivals import take_file

    return await _taken(request, PUT_FILE, take_file)


async def put_artifact_part(request: Request) -> Response:
    """Take in a part of a large file, by a signed URL."""
    from museion.wandb_wire.artifacts.arrivals import take_part

    return await _taken(request, PUT_PART, take_part)


async def _taken(request: Request, purpose: str, take: Take) -> Response:
    grant, context = granted(request, purpose), context_of(request)
    async with spooled(request, context.settings.root) as body:
        etag = await take_in(take, context.stores, grant, cast("Readable", body))
    return Response(status_code=200, headers={"ETag": f'"{etag}"'})


async def put_artifact_manifest(request: Request) -> Response:
    """Take in a manifest, by a signed URL."""
    from museion.wandb_wire.artifacts.arrivals import take_manifest

    grant = granted(request, PUT_MANIFEST)
    body = await request.body()
    etag = await take_in(take_manifest, context_of(request).stores, grant, body)
    return Response(status_code=200, headers={"ETag": f'"{etag}"'})


async def get_artifact_file(request: Request) -> Response:
    """The bytes of a file of an artifact, by a signed URL: Range, ETag."""
    grant = granted(request, GET_FILE)
    stored = Stored(grant["d"], grant["path"], grant["s"], forever=True)
    return await serve(request, context_of(request).stores.blobs, stored)


async def get_artifact_manifest(request: Request) -> Response:
    """The manifest of an artifact, by a signed URL."""
    from museion.wandb_wire.artifacts.fetching import granted_manifest

    grant = granted(request, GET_MANIFEST)
    data = await run_in_threadpool(granted_manifest, context_of(request).stores, grant)
    return Response(data, media_type="application/json")


async def get_by_digest(request: Request) -> Response:
    """The bytes of a file by its MD5 or XXH128 in hex, out of a collection: how clients fetch single files."""
    from museion.wandb_wire.artifacts.fetching import find_content

    place = request.path_params
    parts = place["rest"].split("/")
    if len(parts) < 2:
        raise FileMissing("There is no file at this address.")
    where = (place["entity"], place["project"], place["collection"])
    found = await run_in_threadpool(find_content, asked_of(request), *where, parts[:-2], parts[-2])
    stored = Stored(found.digest, parts[-1], found.size, forever=True)
    return await serve(request, context_of(request).stores.blobs, stored)


def _signed(method: str, purpose: str, endpoint: Callable[..., Any], size: Any = "body") -> Door:
    path = f"{SIGNED}/{purpose}/{{token}}/{{path:path}}"
    return Door(method, path, endpoint, "public", "wandb", bare=True, size=size, listed=False)


DOORS = (
    _signed("PUT", PUT_FILE, put_artifact_file, "file"),
    _signed("PUT", PUT_PART, put_artifact_part, "file"),
    _signed("PUT", PUT_MANIFEST, put_artifact_manifest, "manifest"),
    _signed("GET", GET_FILE, get_artifact_file),
    _signed("GET", GET_MANIFEST, get_artifact_manifest),
    Door(
        "GET",
        "/artifactsV2/{region}/{entity}/{project}/{collection}/{rest:path}",
        get_by_digest,
        "read",
        "wandb",
        bare=True,
        listed=False,
    ),
)
