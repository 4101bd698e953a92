"""How much a deletion frees."""

from __future__ import annotations

from collections.abc import Mapping

from museion.actions.account import update_account
from museion.blobs import account
from museion.catalog.catalog import Rows
from museion.model.digest import to_raw


def freed_bytes(rows: Rows, contents: Mapping[str, int]) -> int:
    """Bytes in packs that only those `contents` (digest → size) need which no version and no run names any more.

    Call it in the transaction of the deletion, after the rows are gone. Exact to the chunk: what a second version
    shares with the first is not freed with it.
    """
    update_account(rows)
    return account.freed(rows.connection, map(to_raw, contents))
