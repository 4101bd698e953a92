"""Files of runs, and files by signed URL."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions.save_files import NewFile, open_file
from museion.actions.save_files import list_files as files_of
from museion.actions.save_files import save_files as save
from museion.server.content import type_of
from museion.server.context import Asked, Count, Cursor, Text, context_of
from museion.server.doors import API, RUN, Door, described, query
from museion.server.download import Stored, serve
from museion.server.schemas import FileOut, FilePage, FilesIn
from museion.server.signing import Signer


def save_files(here: Asked, entity: str, project: str, run: str, body: FilesIn) -> list[FileOut]:
    """Name uploaded content as files of the run; a path that is there gets the new content."""
    files = [NewFile(file.path, file.digest, file.size) for file in body.files]
    saved = save(here.stores, entity, project, run, files, upload=body.upload)
    return [_out(here.context.signer, file) for file in saved]


def list_files(
    here: Asked,
    entity: str,
    project: str,
    run: str,
    prefix: Text = "",
    cursor: Cursor = None,
    limit: Count = 1_000,
) -> FilePage:
    """Files of a run in order of path."""
    page = files_of(here.stores, entity, project, run, prefix=prefix, cursor=cursor, limit=limit)
    found = [_out(here.context.signer, file) for file in page.files]
    return FilePage(files=found, total=page.total, size=page.size, next=page.next)


def _out(signer: Signer, file: Any) -> FileOut:
    return FileOut(
        path=file.path,
        size=file.size,
        digest=file.digest,
        url=signer.file_url(file.digest, file.path, file.size),
        type=type_of(file.path),
        updated_at=file.updated_at,
    )


async def read_file(request: Request) -> Response:
    """The bytes of a run's file: Range, ETag; shown by a browser only if that is safe."""
    stores = context_of(request).stores
    p = request.path_params
    found = await run_in_threadpool(open_file, stores, p["entity"], p["project"], p["run"], p["path"])
    return await serve(request, stores.blobs, Stored(found.digest, found.path, found.size))


async def read_signed(request: Request) -> Response:
    """The bytes that a signed URL grants, without a key; 403 if it was altered or is over."""
    context = context_of(request)
    grant = context.signer.open_file(request.path_params["token"], request.path_params["name"])
    file = Stored(grant.digest, grant.name, grant.size, forever=True)
    return await serve(request, context.stores.blobs, file)


_DOWNLOAD = [
    query("download", description="1: offer it for saving, whatever it is"),
    query("page", description="1: show HTML as a page, without an origin and without any way out"),
]

DOORS = (
    Door("POST", f"{RUN}/files", save_files, "write", "files"),
    Door("GET", f"{RUN}/files", list_files, "read", "files"),
    Door(
        "GET",
        f"{RUN}/files/{{path:path}}",
        read_file,
        "read",
        "files",
        bare=True,
        openapi=described(f"{RUN}/files/{{path}}", queries=_DOWNLOAD),
    ),
    Door(
        "GET",
        f"{API}/signed/{{token}}/{{name}}",
        read_signed,
        "public",
        "files",
        bare=True,
        openapi=described(f"{API}/signed/{{token}}/{{name}}", queries=_DOWNLOAD),
    ),
)
