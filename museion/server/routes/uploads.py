"""Bytes on their way in: lease, have?, packs, recipes."""

from __future__ import annotations

import tempfile
from typing import IO, BinaryIO, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from museion.actions import uploads
from museion.blobs.recipe import Recipe
from museion.errors import ValueInvalid
from museion.model.digest import from_raw
from museion.server.context import Asked, context_of
from museion.server.doors import PROJECT, Door, answers, described, query
from museion.server.schemas import PackAccepted, RecipesIn, UploadOut

UPLOAD = PROJECT + "/uploads/{upload}"
HASH = 32
MAX_ASKED = 100_000
PIECE = 1 << 20
IN_MEMORY = 16 << 20
"""A pack up to this size waits in memory for its end; a larger one in a nameless file."""


def open_upload(here: Asked, entity: str, project: str) -> UploadOut:
    """A lease: what is sent or asked for under it is kept until it expires."""
    found = uploads.open_upload(here.stores, entity, project)
    return UploadOut(upload=found.upload, expires=found.expires, max_pack=here.context.settings.limits.pack)


async def have(request: Request) -> Response:
    """Which of these need not be sent: 32 raw bytes each in, one bit each out, the lowest first."""
    hashes = _hashes(await request.body())
    what = request.query_params.get("what", "chunks")
    if what not in ("chunks", "files"):
        raise ValueInvalid(f"`what` is {what[:40]!r}.", advice="Ask for chunks or files.")
    p, stores = request.path_params, context_of(request).stores
    place = (p["entity"], p["project"], p["upload"])
    if what == "chunks":
        there = await run_in_threadpool(uploads.have_chunks, stores, *place, hashes)
    else:
        there = await run_in_threadpool(uploads.have_files, stores, *place, [from_raw(h) for h in hashes])
    return Response(bitmap(there), media_type="application/octet-stream")


def _hashes(body: bytes) -> list[bytes]:
    if len(body) % HASH or len(body) > HASH * MAX_ASKED:
        raise ValueInvalid(f"The body has {len(body):,} bytes.", advice=f"Send up to {MAX_ASKED:,} hashes of 32 bytes.")
    return [body[i : i + HASH] for i in range(0, len(body), HASH)]


def bitmap(bits: list[bool]) -> bytes:
    """One bit each, the lowest of a byte first; the last byte is filled up with zeros."""
    found = bytearray((len(bits) + 7) // 8)
    for i, bit in enumerate(bits):
        found[i >> 3] |= bit << (i & 7)
    return bytes(found)


async def add_pack(request: Request) -> Response:
    """Store a pack (docs/FORMAT.md, "Pack"). Every chunk is hashed again; sending it again is no news."""
    p, stores = request.path_params, context_of(request).stores
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(context_of(request).settings.root)) as body:
        await _receive(request, body)
        receipt = await run_in_threadpool(
            uploads.add_pack, stores, p["entity"], p["project"], p["upload"], cast("BinaryIO", body)
        )
    accepted = PackAccepted(pack=receipt.pack, chunks=receipt.chunks, new=receipt.new)
    return Response(accepted.model_dump_json(), media_type="application/json")


async def _receive(request: Request, body: IO[bytes]) -> None:
    """Gathers what comes into pieces worth a walk to a thread."""
    waiting = bytearray()
    try:
        async for piece in request.stream():
            waiting += piece
            if len(waiting) >= PIECE:
                await run_in_threadpool(body.write, waiting)
                waiting = bytearray()
    except ClientDisconnect:
        raise ValueInvalid("The connection broke before the pack's end.") from None
    body.write(waiting)
    body.seek(0)


def add_recipes(here: Asked, entity: str, project: str, upload: str, body: RecipesIn) -> None:
    """Say how files are put together; 409 blobs_missing lists the chunks that are not there."""
    recipes = [Recipe(file.digest, file.size, tuple(file.chunks)) for file in body.files]
    uploads.add_recipes(here.stores, entity, project, upload, recipes)


DOORS = (
    Door("POST", f"{PROJECT}/uploads", open_upload, "write", "uploads"),
    Door(
        "POST",
        f"{UPLOAD}/have",
        have,
        "write",
        "uploads",
        bare=True,
        openapi=described(f"{UPLOAD}/have", queries=[query("what", description="chunks or files")], sends=True),
    ),
    Door(
        "POST",
        f"{UPLOAD}/packs",
        add_pack,
        "write",
        "uploads",
        bare=True,
        size="pack",
        openapi=described(f"{UPLOAD}/packs", sends=True, answer=answers("PackAccepted")),
        answer=PackAccepted,
    ),
    Door("POST", f"{UPLOAD}/files", add_recipes, "write", "uploads", status=204),
)
