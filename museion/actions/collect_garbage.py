"""Take back the space of bytes that nothing names any more."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select, union

from museion.actions.delete_run import empty_trash
from museion.actions.stores import Stores
from museion.blobs.store import Swept
from museion.catalog import tables
from museion.history.tables import span, writer

GRACE = 3600.0
"""Seconds between finding that nothing names some bytes and deleting them."""


def collect_garbage(
    stores: Stores, grace: float = GRACE, restorable: float | None = None, *, at_once: bool = False
) -> Swept:
    """Let the blob store delete what no version and no run's file names, and no upload holds.

    Runs and versions deleted more than `restorable` seconds ago (by default `grace`) cannot be restored from now on.
    With `at_once`, what was not touched for `grace` seconds goes now; else it is condemned now and goes a grace later.
    """
    with stores.catalog.transaction() as rows:
        now = stores.clock()
        rows.uploads.sweep(now)
        rows.trash.purge(now - (grace if restorable is None else restorable))
        rows.manifests.sweep()
    empty_trash(stores, grace if restorable is None else restorable)
    for run in _lost_runs(stores):
        stores.history.delete(run)
    return stores.blobs.sweep(lambda: live_digests(stores), grace, at_once=at_once)


def look_for_garbage(stores: Stores, grace: float = GRACE) -> Swept:
    """What `collect_garbage(…, at_once=True)` would delete now, the trash not emptied."""
    return stores.blobs.look(lambda: live_digests(stores), grace)


def live_digests(stores: Stores) -> Iterator[str]:
    """Every digest that a version or a run's file names; some more than once."""
    with stores.catalog.reading() as rows:
        yield from rows.files.digests()
        for manifest in list(rows.manifests.each()):
            yield from rows.manifests.contents(manifest)


def _lost_runs(stores: Stores) -> list[int]:
    """Runs that are gone but have history: they were deleted while someone logged, or just before a crash."""
    known = select(tables.run.c.key)
    wanted = [select(each.c.run).where(each.c.run.not_in(known)) for each in (writer, span)]
    with stores.catalog.reading() as rows:
        return list(rows.connection.execute(union(*wanted)).scalars())
