"""Which runs a change of many means: by their ids, or by a filter."""

from __future__ import annotations

from collections.abc import Sequence

from museion.actions.stores import Stores, project_key
from museion.catalog.run_query import Selection, chosen
from museion.errors import RunNotFound, TooLarge

MOST = 100_000
Choice = Sequence[str] | Selection


def choose_runs(stores: Stores, entity: str, project: str, choice: Choice) -> list[int]:
    """Keys of the runs; raises RunNotFound if one of the ids is not there, QueryInvalid for a bad filter."""
    if isinstance(choice, Selection):
        found = _selected(stores, entity, project, choice)
    else:
        found = _named(stores, entity, project, choice)
    if len(found) > MOST:
        raise TooLarge(f"{len(found):,} runs are more than {MOST:,}.", advice="Take them in several steps.")
    return found


def _selected(stores: Stores, entity: str, project: str, selection: Selection) -> list[int]:
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
    with stores.catalog.run_table(home) as (rows, table):
        places = chosen(rows.connection, table, home, selection)
        keys: list[int] = table.keys[places].tolist()
    return keys


def _named(stores: Stores, entity: str, project: str, ids: Sequence[str]) -> list[int]:
    with stores.catalog.reading() as rows:
        found = rows.runs.keys(project_key(rows, entity, project), ids)
    if missing := [run for run in ids if run not in found]:
        raise RunNotFound(f"There is no run {missing[0]!r} in {entity}/{project}.", missing=missing[:100])
    return list(found.values())
