"""Read history: rows, keys, values that are not numbers, and curves."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.stores import Stores, project_key, run_key
from museion.history.batch import Row
from museion.history.keys import KeyInfo, SharedKey
from museion.history.rowview import Point
from museion.history.sampling import Ask, Series


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
    layer: int | None = None,
) -> list[Row]:
    """At most `limit` rows with start ≤ step < stop, in order of step; system metrics only if `keys` names them.

    `layer` (here and below) is what the run showed before its rewind of that number, counted from 0.
    """
    return stores.history.rows(_key(stores, entity, project, run), keys, start, stop, limit, layer)


def read_keys(stores: Stores, entity: str, project: str, run: str, *, layer: int | None = None) -> list[KeyInfo]:
    """What the run has logged, a line for each key."""
    return stores.history.keys(_key(stores, entity, project, run), layer)


def read_shared_keys(stores: Stores, entity: str, project: str, runs: Sequence[str] | None = None) -> list[SharedKey]:
    """The keys of some runs of a project (None: of all) put together; runs that are not there are left out."""
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
        found = rows.runs.keys_of(home) if runs is None else list(rows.runs.keys(home, runs).values())
    return stores.history.shared_keys(found)


def read_values(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    key: str,
    *,
    start: int = 0,
    limit: int = 1_000,
    layer: int | None = None,
) -> list[Point]:
    """Values of one key that are not numbers, from step `start` on."""
    return stores.history.values(_key(stores, entity, project, run), key, start, limit, layer)


def read_series(
    stores: Stores,
    entity: str,
    project: str,
    runs: Sequence[str],
    keys: Sequence[str],
    ask: Ask | None = None,
) -> list[Series]:
    """Curves of many runs and keys at once, or of the groups in `ask`; runs that are not there are left out."""
    members = [run for held in (ask.groups or {}).values() for run in held] if ask else []
    wanted = list(dict.fromkeys([*runs, *members]))
    with stores.catalog.reading() as rows:
        found = rows.runs.keys(project_key(rows, entity, project), wanted)
    ordered = {run: found[run] for run in wanted if run in found}
    return stores.history.series(ordered, keys, ask)


def _key(stores: Stores, entity: str, project: str, run: str) -> int:
    with stores.catalog.reading() as rows:
        return run_key(rows, entity, project, run)[1]
