"""How much a deletion frees."""

from __future__ import annotations

from collections.abc import Mapping

from museion.catalog.catalog import Rows


def freed_bytes(rows: Rows, contents: Mapping[str, int]) -> int:
    """Bytes of those `contents` (digest → size) that no version and no run names any more.

    Call it in the transaction of the deletion, after the rows are gone. It looks into manifests one by one and stops
    as soon as all contents are found to be needed still.
    """
    alone = dict(contents)
    for digest in rows.files.named(alone):
        del alone[digest]
    for manifest in rows.manifests.named():
        if not alone:
            break
        for digest in rows.manifests.contents(manifest).keys() & alone.keys():
            del alone[digest]
    return sum(alone.values())
