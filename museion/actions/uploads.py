"""Send bytes: open an upload, ask what is there already, add packs, say how files are put together, end it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from museion.actions.stores import Stores, project_key, scope
from museion.blobs.recipe import Recipe
from museion.blobs.store import Incoming, Offer, PackReceipt
from museion.catalog.catalog import Rows
from museion.errors import NotFound

UPLOAD_SECONDS = 24 * 3600.0
"""How long an upload may take: what it sent or asked for is kept for that long, named or not."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A lease; it ends at `expires`, UTC seconds since the epoch."""

    upload: str
    expires: float


def open_upload(stores: Stores, entity: str, project: str, *, seconds: float = UPLOAD_SECONDS) -> Upload:
    """Begin an upload into a project; raises ProjectNotFound."""
    with stores.catalog.reading() as rows:
        key = project_key(rows, entity, project)
    now = stores.clock()
    lease = stores.blobs.lease(seconds, scope(entity, project))
    with stores.catalog.transaction() as rows:
        rows.uploads.sweep(now)
        rows.uploads.add(lease, key, now + seconds)
    return Upload(lease, now + seconds)


def have_chunks(stores: Stores, entity: str, project: str, upload: str, hashes: Sequence[bytes]) -> list[bool]:
    """Which of these chunks need not be sent; they are kept until the upload ends."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.have_chunks(upload, hashes)


def have_files(stores: Stores, entity: str, project: str, upload: str, digests: Sequence[str]) -> list[bool]:
    """Which of these whole files the project has already; they are kept until the upload ends."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.have_files(upload, digests, scope(entity, project))


def add_pack(stores: Stores, entity: str, project: str, upload: str, body: BinaryIO | bytes) -> PackReceipt:
    """Store a pack; every chunk in it is hashed again. Sending it again is no news."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.add_pack(upload, body)


def receive_pack(stores: Stores, entity: str, project: str, upload: str) -> AbstractContextManager[Incoming]:
    """As `add_pack`, piece by piece as it comes from the network: nothing is written twice."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.receive(upload)


def offer_pack(stores: Stores, entity: str, project: str, upload: str) -> Offer:
    """A signed URL by which one pack goes straight into the bucket; NotFound where packs are sent to the server."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.offer(upload)


def take_direct(stores: Stores, entity: str, project: str, upload: str, name: str) -> PackReceipt:
    """Take in what came by an offer's URL, every chunk hashed; NotFound if nothing came."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.take_direct(upload, name)


def adopt_pack(stores: Stores, entity: str, project: str, upload: str, folder: Path, name: str) -> PackReceipt:
    """Take a pack over that lies staged on this machine in `folder`; NotFound if it cannot be: then send it."""
    check_upload(stores, entity, project, upload)
    return stores.blobs.adopt(upload, folder, name)


def add_recipes(stores: Stores, entity: str, project: str, upload: str, recipes: Sequence[Recipe]) -> None:
    """Put files together from chunks; raises BlobsMissing with the chunks that are not there."""
    check_upload(stores, entity, project, upload)
    stores.blobs.add_files(upload, recipes, scope(entity, project))


def close_upload(stores: Stores, entity: str, project: str, upload: str) -> None:
    """End an upload before its time: what nothing names now is garbage. One that has ended already is no error.

    Raises ProjectNotFound; an upload of another project stays as it is.
    """
    with stores.catalog.transaction() as rows:
        if rows.uploads.project(upload, stores.clock()) != project_key(rows, entity, project):
            return
        rows.uploads.remove(upload)
    stores.blobs.release(upload)


def check_upload(stores: Stores, entity: str, project: str, upload: str) -> None:
    """Raise NotFound unless `upload` is one of this project and still open."""
    with stores.catalog.reading() as rows:
        require_upload(rows, stores.clock(), entity, project, upload)


def require_upload(rows: Rows, now: float, entity: str, project: str, upload: str) -> None:
    """The same inside a transaction."""
    if rows.uploads.project(upload, now) != project_key(rows, entity, project):
        raise NotFound(f"There is no upload {upload!r} in {entity}/{project}.", advice="Open a new one.")
