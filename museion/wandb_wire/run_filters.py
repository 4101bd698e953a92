"""Which runs a W&B filter means, and in which order: the filter language is ours, read from W&B's way of writing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from museion.actions.list_runs import RunPage, RunQuery, list_runs
from museion.actions.stores import Stores
from museion.catalog.runs import StoredRun
from museion.errors import QueryInvalid
from museion.model.query.fields import Field
from museion.model.query.mongo import filter_of, order_of_wandb
from museion.model.query.tree import Among, Filter, both
from museion.wandb_wire.nouns.lookup import ProjectNode


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, and the names of sweeps the runs must be of (None: any)."""

    filter: Filter
    sweeps: frozenset[str] | None = None


def read_filter(text: str | None) -> Wanted:
    """Read a filter's JSON text; raises QueryInvalid. `sweep` is set apart: it is no field of our runs."""
    try:
        found = json.loads(text) if text and text.strip() else {}
    except (ValueError, RecursionError):
        raise QueryInvalid("The filter is not JSON.") from None
    if not isinstance(found, dict | None):
        raise QueryInvalid("A filter is an object.", advice='Write {"state": "finished"}.')
    sweeps: set[str] = set()
    rest = _without_sweeps(found or {}, sweeps)
    return Wanted(filter_of(rest), frozenset(sweeps) if sweeps else None)


def _without_sweeps(found: Mapping[str, Any], sweeps: set[str]) -> dict[str, Any]:
    """Take out `sweep` where it must hold: at the top, or inside $and."""
    rest: dict[str, Any] = {}
    for key, wanted in found.items():
        if key == "sweep":
            sweeps.update(_names(wanted))
        elif key == "$and" and isinstance(wanted, list):
            rest[key] = [_without_sweeps(one, sweeps) if isinstance(one, dict) else one for one in wanted]
        else:
            rest[key] = wanted
    return rest


def _names(wanted: Any) -> list[str]:
    if isinstance(wanted, dict):
        wanted = wanted.get("$in", wanted.get("$eq"))
    return [str(name) for name in wanted] if isinstance(wanted, list) else [str(wanted)]


def page_of_runs(
    stores: Stores, home: ProjectNode, filters: str | None, order: str | None, limit: int, cursor: str | None
) -> tuple[RunPage, list[StoredRun]]:
    """A page of the project's runs with their keys; oldest first, where no order is given. Raises QueryInvalid."""
    wanted = read_filter(filters)
    tree = wanted.filter if wanted.sweeps is None else both(wanted.filter, _of_sweeps(stores, home, wanted.sweeps))
    by = order_of_wandb(order or "+created_at")
    query = RunQuery(filter=tree, archived="any", sort=by, limit=limit, cursor=cursor)
    page = list_runs(stores, home.entity, home.name, query)
    with stores.catalog.reading() as rows:
        keys = rows.runs.keys(home.key, [run.id for run in page.runs])
    return page, [StoredRun(keys[run.id], home.key, run) for run in page.runs if run.id in keys]


def _of_sweeps(stores: Stores, home: ProjectNode, names: frozenset[str]) -> Filter:
    with stores.catalog.reading() as rows:
        sweeps = [sweep for name in names if (sweep := rows.sweeps.named(home.key, name)) is not None]
        keys = [key for sweep in sweeps for key in rows.wandb_runs.of_sweep(sweep.key)]
        found = [rows.runs.get(key).run.id for key in keys]
    return Among(Field("run", "id"), tuple(found))


def look_up(values: Any, path: str) -> Any:
    """`a.b` in `{"a": {"b": 1}}` or in `{"a.b": 1}` is 1; None if there is nothing."""
    if not isinstance(values, Mapping):
        return None
    if path in values:
        return values[path]
    ends = (at for at, letter in enumerate(path) if letter == ".")
    return next(
        (found for end in ends if (found := look_up(values.get(path[:end]), path[end + 1 :])) is not None), None
    )
