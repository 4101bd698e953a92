"""Looking into files: what they hold, and small pictures of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions.preview_file import Looked, preview_file, thumbnail_file
from museion.actions.read_artifact import find_entry
from museion.actions.save_files import open_file
from museion.actions.stores import Stores
from museion.errors import FileMissing, ValueInvalid
from museion.model.manifest import Content
from museion.server.content import safe_headers
from museion.server.context import context_of
from museion.server.doors import RUN, VERSION, Door, answers, described, query
from museion.server.download import ASK_AGAIN
from museion.server.ranges import matches
from museion.server.schemas import Preview

Find = Callable[[Stores, Request], Looked]
Endpoint = Callable[[Request], Awaitable[Response]]

_WIDEST = 1024


def _of_run(stores: Stores, request: Request) -> Looked:
    p = request.path_params
    file = open_file(stores, p["entity"], p["project"], p["run"], _path(request))
    return Looked(file.digest, file.path, file.size)


def _of_version(stores: Stores, request: Request) -> Looked:
    p, path = request.path_params, _path(request)
    entry = find_entry(stores, p["entity"], p["project"], p["name"], p["pointer"], path)
    if not isinstance(entry, Content):
        raise FileMissing(f"{path!r} is a reference: its bytes are not kept here.", advice=f"Look at {entry.uri}.")
    return Looked(entry.digest, path, entry.size)


def _path(request: Request) -> str:
    path = request.query_params.get("path", "")
    if not path:
        raise ValueInvalid("`path` is missing.", advice="Say which file: ?path=data/train.csv")
    return path


def _preview(find: Find, noun: str) -> Endpoint:
    async def read_preview(request: Request) -> Response:
        """What the file holds, told without running anything of it: a table with statistics, tensors, …"""
        context = context_of(request)
        file = await run_in_threadpool(find, context.stores, request)
        headers = {"ETag": f'"{file.digest}-preview"', "Cache-Control": ASK_AGAIN, "X-Content-Type-Options": "nosniff"}
        if matches(request.headers.get("if-none-match"), headers["ETag"]):
            return Response(status_code=304, headers=headers)
        made = await run_in_threadpool(preview_file, context.stores, context.shelf, file)
        return Response(made, media_type="application/json", headers=headers)

    read_preview.__name__ = f"read_{noun}_preview"  # the API's description names doors by it
    return read_preview


def _thumbnail(find: Find, noun: str) -> Endpoint:
    async def read_thumbnail(request: Request) -> Response:
        """A picture made small, as WebP."""
        context, width = context_of(request), _width(request)
        file = await run_in_threadpool(find, context.stores, request)
        tag = f'"{file.digest}-{width}"'
        headers = {**safe_headers("thumbnail.webp", False), "ETag": tag, "Cache-Control": ASK_AGAIN}
        if matches(request.headers.get("if-none-match"), tag):
            return Response(status_code=304, headers=headers)
        made = await run_in_threadpool(thumbnail_file, context.stores, context.shelf, file, width)
        return Response(made, headers=headers)

    read_thumbnail.__name__ = f"read_{noun}_thumbnail"
    return read_thumbnail


def _width(request: Request) -> int:
    text = request.query_params.get("width", "256")
    if not text.isdecimal() or not 1 <= int(text[:6]) <= _WIDEST:
        raise ValueInvalid(f"width is {text[:20]!r}.", advice=f"Give a number of pixels, 1 to {_WIDEST}.")
    return int(text)


_FILE = query("path", required=True, description="Path of the file")
_WIDE = query("width", "integer", description="The most pixels it is wide or high, up to 1024")
_WEBP = {"description": "The picture", "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}}


def _doors(base: str, find: Find, noun: str, tag: str) -> tuple[Door, ...]:
    return (
        Door(
            "GET",
            f"{base}/preview",
            _preview(find, noun),
            "read",
            tag,
            bare=True,
            openapi=described(f"{base}/preview", queries=[_FILE], answer=answers("Preview")),
            answer=Preview,
        ),
        Door(
            "GET",
            f"{base}/thumbnail",
            _thumbnail(find, noun),
            "read",
            tag,
            bare=True,
            openapi=described(f"{base}/thumbnail", queries=[_FILE, _WIDE], answer=_WEBP),
        ),
    )


DOORS = (*_doors(RUN, _of_run, "run", "files"), *_doors(VERSION, _of_version, "version", "artifacts"))
