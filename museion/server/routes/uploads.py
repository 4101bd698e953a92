"""Bytes on their way in: lease, have?, packs, recipes."""

from __future__ import annotations

import os
from contextlib import ExitStack

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions import uploads
from museion.blobs.recipe import Recipe
from museion.blobs.store import PackReceipt
from museion.errors import NotFound, ValueInvalid
from museion.model.digest import from_raw
from museion.server.context import Asked, context_of
from museion.server.doors import PROJECT, Door, answers, described, query
from museion.server.receive import gather
from museion.server.schemas import PackAccepted, PackOffer, RecipesIn, UploadOut

UPLOAD = PROJECT + "/uploads/{upload}"
HASH = 32
MAX_ASKED = 100_000


def open_upload(here: Asked, entity: str, project: str) -> UploadOut:
    """A lease: what is sent or asked for under it is kept until it expires."""
    found = uploads.open_upload(here.stores, entity, project)
    limit, staging = here.context.settings.limits.pack, _staging(here)
    direct = here.stores.blobs.direct
    return UploadOut(upload=found.upload, expires=found.expires, max_pack=limit, staging=staging, direct=direct)


def _staging(here: Asked) -> str | None:
    """Which folder packs are taken over from, told by device and inode: nobody on another machine has the same."""
    settings = here.context.settings
    if settings.staging is None or here.caller.name != settings.local_user:
        return None
    try:
        info = os.lstat(settings.staging)
    except OSError:
        return None
    return f"{info.st_dev}:{info.st_ino}"


def close_upload(here: Asked, entity: str, project: str, upload: str) -> None:
    """End a lease before its time, once what was sent under it has a name. What has none can go with the next
    collection. One that has ended already is no error."""
    uploads.close_upload(here.stores, entity, project, upload)


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
    place = (p["entity"], p["project"], p["upload"])
    with ExitStack() as stack:
        incoming = stack.enter_context(await run_in_threadpool(uploads.receive_pack, stores, *place))
        await gather(request, incoming.write)
        receipt = await run_in_threadpool(incoming.store)
    return _accepted(receipt)


async def adopt_pack(request: Request) -> Response:
    """Take over a staged pack that lies on this machine, by its name in the folder that the lease told of: a second
    name for the same file instead of a copy. Every chunk is hashed all the same. 404 if it cannot be: send it then."""
    context, p = context_of(request), request.path_params
    folder = context.settings.staging
    if folder is None or request.scope["museion.caller"].name != context.settings.local_user:
        raise NotFound("Nothing is taken over here.", advice="Send the pack's bytes.")
    place = (p["entity"], p["project"], p["upload"])
    receipt = await run_in_threadpool(uploads.adopt_pack, context.stores, *place, folder, p["name"])
    return _accepted(receipt)


def offer_pack(here: Asked, entity: str, project: str, upload: str) -> PackOffer:
    """Where one pack can be sent straight into the bucket: a signed URL for one object, PUT only, for a while. 404
    where the server takes packs itself. Nothing of it is visible before it was taken in."""
    found = uploads.offer_pack(here.stores, entity, project, upload)
    return PackOffer.model_validate(found, from_attributes=True)


def take_direct(here: Asked, entity: str, project: str, upload: str, name: str) -> PackAccepted:
    """What came by the URL of an offer becomes a pack, every chunk hashed again. 404 if nothing came: send it then."""
    receipt = uploads.take_direct(here.stores, entity, project, upload, name)
    return PackAccepted(pack=receipt.pack, chunks=receipt.chunks, new=receipt.new)


def _accepted(receipt: PackReceipt) -> Response:
    accepted = PackAccepted(pack=receipt.pack, chunks=receipt.chunks, new=receipt.new)
    return Response(accepted.model_dump_json(), media_type="application/json")


def add_recipes(here: Asked, entity: str, project: str, upload: str, body: RecipesIn) -> None:
    """Say how files are put together; 409 blobs_missing lists the chunks that are not there."""
    recipes = [Recipe(file.digest, file.size, tuple(file.chunks)) for file in body.files]
    uploads.add_recipes(here.stores, entity, project, upload, recipes)


DOORS = (
    Door("POST", f"{PROJECT}/uploads", open_upload, "write", "uploads"),
    Door("DELETE", UPLOAD, close_upload, "write", "uploads", status=204),
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
    Door(
        "POST",
        f"{UPLOAD}/staged/{{name}}",
        adopt_pack,
        "write",
        "uploads",
        bare=True,
        openapi=described(f"{UPLOAD}/staged/{{name}}", answer=answers("PackAccepted")),
    ),
    Door("POST", f"{UPLOAD}/direct", offer_pack, "write", "uploads"),
    Door("POST", f"{UPLOAD}/direct/{{name}}", take_direct, "write", "uploads"),
    Door("POST", f"{UPLOAD}/files", add_recipes, "write", "uploads", status=204),
)
