"""Take back the space of bytes that nothing names any more."""

from __future__ import annotations

from collections.abc import Iterator

from museion.actions.stores import Stores
from museion.blobs.store import Swept

GRACE = 3600.0
"""Seconds between finding that nothing names some bytes and deleting them."""


def collect_garbage(stores: Stores, grace: float = GRACE) -> Swept:
    """Let the blob store delete what no version and no run's file names, and no upload holds."""
    with stores.catalog.transaction() as rows:
        rows.uploads.sweep(stores.clock())
        rows.manifests.sweep()
    return stores.blobs.sweep(lambda: live_digests(stores), grace)


def live_digests(stores: Stores) -> Iterator[str]:
    """Every digest that a version or a run's file names; some more than once."""
    with stores.catalog.reading() as rows:
        yield from rows.files.digests()
        for manifest in list(rows.manifests.each()):
            yield from rows.manifests.contents(manifest)
