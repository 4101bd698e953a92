"""Examine the bytes of a server, and heal what can be healed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from museion.actions.account import update_account
from museion.actions.collect_garbage import live_digests
from museion.actions.stores import Stores
from museion.blobs import account
from museion.blobs.store import Fault


def fsck(
    stores: Stores, *, repair: bool = False, progress: Callable[[int, int], object] = lambda done, total: None
) -> Iterator[Fault]:
    """Everything that is wrong, as it is found: packs and chunks missing or damaged, rows that lead nowhere, files that
    are named and not whole. With `repair`, what another copy can heal is healed, and the account is made anew."""
    yield from stores.blobs.examine(lambda: list(live_digests(stores)), repair=repair, progress=progress)
    if repair:
        with stores.catalog.transaction() as rows:
            account.forget(rows.connection)
            update_account(rows)
