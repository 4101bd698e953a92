"""Filters on runs, as W&B writes them: `{"config.lr": 0.1, "state": {"$in": [...]}, "$or": [...]}`.

What the server can answer itself is sent along; the rest is decided here, run by run.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from museion.errors import ValueInvalid

_ON_SERVER = {"state": "state", "job_type": "job_type", "jobType": "job_type", "group": "group"}
_FIELDS = {"display_name": "name", "displayName": "name", "jobType": "job_type", "createdAt": "created_at"}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
    "$in": lambda found, wanted: any(_equal(found, one) for one in wanted),
    "$nin": lambda found, wanted: not any(_equal(found, one) for one in wanted),
    "$exists": lambda found, wanted: (found is not None) == bool(wanted),
    "$regex": lambda found, wanted: re.search(wanted, str(found)) is not None,
}


def split(filters: Mapping[str, Any] | None) -> tuple[dict[str, str], dict[str, Any]]:
    """(query of the request, what has to be decided here); raises ValueInvalid for an operator we lack."""
    query: dict[str, str] = {}
    rest: dict[str, Any] = {}
    for key, wanted in (filters or {}).items():
        if key in _ON_SERVER and isinstance(wanted, str):
            query[_ON_SERVER[key]] = wanted
        else:
            rest[key] = wanted
    _check(rest)
    return query, rest


def matches(run: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether the run (JSON, as `RunOut`) passes all filters."""
    return all(_passes(run, key, wanted) for key, wanted in filters.items())


def _passes(run: Mapping[str, Any], key: str, wanted: Any) -> bool:
    if key in ("$and", "$or"):
        return (all if key == "$and" else any)(matches(run, one) for one in wanted)
    found = look_up(run, key)
    if isinstance(wanted, Mapping) and wanted and all(str(name).startswith("$") for name in wanted):
        return all(_holds(name, found, limit) for name, limit in wanted.items())
    return _equal(found, wanted)


def look_up(run: Mapping[str, Any], key: str) -> Any:
    """`config.lr`, `summary_metrics.loss`, `state` … of a run; None if it has none."""
    head, _, rest = key.partition(".")
    if head in ("config", "summary", "summary_metrics") and rest:
        return _inner(run["config" if head == "config" else "summary"], rest.removesuffix(".value"))
    return run.get(_FIELDS.get(key, key))


def _inner(values: Any, path: str) -> Any:
    if not isinstance(values, Mapping):
        return None
    if path in values:
        return values[path]
    head, dot, rest = path.partition(".")
    return _inner(values.get(head), rest) if dot else None


def _holds(name: str, found: Any, limit: Any) -> bool:
    try:
        return bool(_COMPARE[name](found, limit))
    except TypeError:
        return False


def _equal(found: Any, wanted: Any) -> bool:
    """Equality, and for lists (tags) membership, as W&B's filters have it."""
    return found == wanted or (isinstance(found, list) and not isinstance(wanted, list) and wanted in found)


def _check(filters: Mapping[str, Any]) -> None:
    for key, wanted in filters.items():
        if key in ("$and", "$or"):
            for one in wanted:
                _check(one)
        elif key.startswith("$"):
            raise ValueInvalid(f"The filter {key!r} is not known.", advice="Use $and and $or at the top.")
        elif isinstance(wanted, Mapping):
            for name in wanted:
                if str(name).startswith("$") and name not in _COMPARE:
                    raise ValueInvalid(f"The filter {name!r} is not known.", advice=f"Use {', '.join(_COMPARE)}.")
