"""Which runs a W&B filter means, and in which order: the filter language is ours, read from W&B's way of writing it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.stores import Stores
from museion.catalog import tables as t
from museion.catalog.runs import StoredRun, select_runs, stored_run
from museion.errors import QueryInvalid
from museion.model.query.fields import Field
from museion.model.query.holds import test_of
from museion.model.query.mongo import filter_of, order_of_wandb
from museion.model.query.tree import And, Filter, Missing, Not, Or
from museion.model.run import Run


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter, and the sweeps the runs must be of (None: any)."""

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


def runs_in_order(stores: Stores, project: int, wanted: Wanted, order: str | None) -> list[StoredRun]:
    """Every run of the project that passes, in this order (oldest first, where none is given)."""
    by = order_of_wandb(order or "+created_at")
    with stores.catalog.reading() as rows:
        found = [stored_run(row) for row in rows.connection.execute(select_runs().where(t.run.c.project == project))]
        if wanted.sweeps is not None:
            found = _of_sweeps(rows, project, found, wanted.sweeps)
    kept = [stored for stored in found if passes(stored.run, wanted.filter)]
    kept.sort(key=lambda stored: stored.key)
    for one in reversed(by):
        kept.sort(key=lambda stored: _rank(value_of(stored.run, one.field)), reverse=one.falling)
        kept.sort(key=lambda stored: value_of(stored.run, one.field) is None)
    return kept


def _of_sweeps(rows: Any, project: int, found: Sequence[StoredRun], names: frozenset[str]) -> list[StoredRun]:
    sweeps = [sweep for name in names if (sweep := rows.sweeps.named(project, name)) is not None]
    keys = {key for sweep in sweeps for key in rows.wandb_runs.of_sweep(sweep.key)}
    return [stored for stored in found if stored.key in keys]


def passes(run: Run, node: Filter) -> bool:
    """Whether the run passes the filter."""
    match node:
        case And(parts):
            return all(passes(run, part) for part in parts)
        case Or(parts):
            return any(passes(run, part) for part in parts)
        case Not(part):
            return not passes(run, part)
        case Missing(field):
            return value_of(run, field) is None
        case _:
            return test_of(node)(value_of(run, node.field))


def value_of(run: Run, field: Field) -> Any:
    """What the run has there; None if nothing."""
    if field.part != "run":
        return look_up(getattr(run, field.part), field.key)
    if field.key == "duration":
        return run.heartbeat_at - run.created_at
    value = getattr(run, field.key, None)
    return str(value) if field.key == "state" else value


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


def _rank(value: Any) -> tuple[int, float, str]:
    if isinstance(value, bool | int | float) and value == value:
        return (0, float(min(max(value, -1e308), 1e308)), "")
    return (1, 0.0, value) if isinstance(value, str) else (2, 0.0, str(value))
