"""Delete a run: its row, numbers, console and files. The versions it made stay."""

from __future__ import annotations

from museion.actions.freed import freed_bytes
from museion.actions.stores import Stores, run_key


def delete_run(stores: Stores, entity: str, project: str, run: str) -> int:
    """Delete it; returns the bytes of its files that nothing else needs, which the next collection frees."""
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        run_id = rows.runs.get(key).run.id
        contents = rows.files.contents(key)
        rows.runs.delete(key)
        rows.changes.record(home, "run", run_id, stores.clock())
        freed = freed_bytes(rows, contents)
    stores.history.delete(key)
    return freed
