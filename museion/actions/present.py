"""Insist that content is there before it gets a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import select

from museion.actions.stores import Stores, scope
from museion.actions.uploads import check_upload
from museion.blobs import tables as blob_tables
from museion.catalog.sql import pieces
from museion.errors import BlobsMissing
from museion.model.digest import from_raw, to_raw

PIN_SECONDS = 600.0
MAX_LISTED = 10_000
"""How many missing digests an error lists; who sends these and asks again learns of the rest."""


@contextmanager
def present(stores: Stores, entity: str, project: str, upload: str | None, digests: Iterable[str]) -> Iterator[None]:
    """Raise BlobsMissing unless the project has all of `digests`; inside, they cannot be collected.

    Only what was sent to this project counts: knowing a digest is no right to the bytes. They are held by `upload`,
    or else by a lease of their own that ends with the block.
    """
    if upload is not None:
        check_upload(stores, entity, project, upload)
    wanted = sorted(digests)
    if not wanted:
        yield
        return
    lease = upload or stores.blobs.lease(PIN_SECONDS, scope(entity, project))
    try:
        _require(stores, lease, wanted, scope(entity, project))
        yield
    finally:
        if upload is None:
            stores.blobs.release(lease)


def _require(stores: Stores, lease: str, wanted: list[str], place: str) -> None:
    missing: list[str] = []
    for piece in pieces(wanted):
        known = stores.blobs.have_files(lease, piece, place)
        missing.extend(digest for digest, there in zip(piece, known, strict=True) if not there)
    if missing:
        count = f"{len(missing):,} of {len(wanted):,} contents are not on the server."
        raise BlobsMissing(count, missing=missing[:MAX_LISTED], total=len(missing))


def true_sizes(stores: Stores, digests: Iterable[str]) -> dict[str, int]:
    """digest → size in bytes, of those that are there: `blobs.stat` for very many at once."""
    found: dict[str, int] = {}
    file = blob_tables.file.c
    with stores.catalog.reading() as rows:
        for piece in pieces(digests):
            wanted = select(file.digest, file.size).where(file.digest.in_([to_raw(digest) for digest in piece]))
            found.update({from_raw(raw): size for raw, size in rows.connection.execute(wanted)})
    return found
