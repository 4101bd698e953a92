"""Read history: rows, keys, values that are not numbers, and curves."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.stores import Stores, project_key, run_key
from museion.history.batch import Row
from museion.history.rowview import Point
from museion.history.sampling import Series
from museion.history.store import KeyInfo


def read_rows(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    *,
    keys: Sequence[str] | None = None,
    start: int = 0,
    stop: int | None = None,
    limit: int = 1_000,
) -> list[Row]:
    """At most `limit` rows with start ≤ step < stop, in order of step; system metrics only if `keys` names them."""
    return stores.history.rows(_key(stores, entity, project, run), keys, start, stop, limit)


def read_keys(stores: Stores, entity: str, project: str, run: str) -> list[KeyInfo]:
    """What the run has logged, a line for each key."""
    return stores.history.keys(_key(stores, entity, project, run))


def read_values(
    stores: Stores, entity: str, project: str, run: str, key: str, *, start: int = 0, limit: int = 1_000
) -> list[Point]:
    """Values of one key that are not numbers, from step `start` on."""
    return stores.history.values(_key(stores, entity, project, run), key, start, limit)


def read_series(
    stores: Stores,
    entity: str,
    project: str,
    runs: Sequence[str],
    keys: Sequence[str],
    *,
    x: str = "_step",
    width: int = 750,
    start: float | None = None,
    stop: float | None = None,
) -> list[Series]:
    """Curves of many runs and keys at once; runs that are not there (any more) are left out."""
    with stores.catalog.reading() as rows:
        found = rows.runs.keys(project_key(rows, entity, project), runs)
    ordered = {run: found[run] for run in runs if run in found}
    return stores.history.series(ordered, keys, x, width, start, stop)


def _key(stores: Stores, entity: str, project: str, run: str) -> int:
    with stores.catalog.reading() as rows:
        return run_key(rows, entity, project, run)[1]
