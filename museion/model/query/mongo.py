"""Filters as W&B's clients write them, in the manner of MongoDB, → the tree of our own language.

    {"$and": [{"config.lr.value": {"$lt": 0.1}}, {"state": {"$in": ["finished", "running"]}}], "tags": "best"}

`name` is the run's id, as W&B has it, and `display_name` its name. Null means missing. A list to be equal to means
that all its elements are there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from museion.errors import QueryInvalid, ValueInvalid
from museion.model.query import regex
from museion.model.query.fields import FIELDS, Field
from museion.model.query.order import By
from museion.model.query.parser import MAX_DEPTH, MAX_LENGTH, MAX_VALUES, fitting
from museion.model.query.tree import EVERYTHING, Among, And, Compare, Filter, Matches, Missing, Not, Or, Relation

NAMES = {
    "name": "id",
    "display_name": "name",
    "displayName": "name",
    "jobType": "job_type",
    "groupName": "group",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "heartbeatAt": "heartbeat_at",
    "username": "user",
    "user.username": "user",
    "exitcode": "exit_code",
    "runtime": "duration",
}
"""W&B's names for fields of a run."""

_RELATIONS: dict[str, Relation] = {"$gt": ">", "$gte": ">=", "$lt": "<", "$lte": "<="}
_OPERATORS = ("$eq", "$ne", *_RELATIONS, "$in", "$nin", "$all", "$exists", "$regex", "$not")


def filter_of_json(text: str) -> Filter:
    """The tree of a filter that travels as JSON text; raises QueryInvalid."""
    if len(text) > 16 * MAX_LENGTH:
        raise QueryInvalid(f"The filter has {len(text):,} characters, more than {16 * MAX_LENGTH:,}.")
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise QueryInvalid(f"The filter is not JSON: {error}.") from None
    return filter_of(found or {})


def filter_of(filters: Mapping[str, Any] | None) -> Filter:
    """The tree of a filter that is a dict; raises QueryInvalid for what it cannot mean."""
    try:
        return _object(filters or {}, "", 0)
    except QueryInvalid:
        raise
    except ValueInvalid as error:
        raise QueryInvalid(error.message, advice=error.advice) from None


def order_of_wandb(text: str | None) -> tuple[By, ...]:
    """`-created_at`, `+summary_metrics.loss`, `config.lr.value` as the keys of an order; raises QueryInvalid."""
    text = (text or "").strip() or "-created_at"
    pieces = [piece.strip() for piece in text.split(",") if piece.strip()]
    return tuple(By(field_of_wandb(piece.lstrip("+-").strip()), piece.startswith("-")) for piece in pieces)


def field_of_wandb(key: str) -> Field:
    """The field that a key of W&B's means; raises QueryInvalid."""
    head, dot, rest = key.partition(".")
    if dot and head in ("config", "summary", "summary_metrics", "summaryMetrics") and rest:
        return Field("config" if head == "config" else "summary", _without_value(rest) if head == "config" else rest)
    name = NAMES.get(key, key)
    if name in FIELDS:
        return Field("run", name)
    if head == "sweep":
        raise QueryInvalid("Runs have no sweep here.", advice="Group the runs of a search with group=.")
    raise QueryInvalid(
        f"Runs have no field {key!r}.",
        advice="Use state, display_name, tags, job_type, created_at …, config.<key> or summary_metrics.<key>.",
    )


def _without_value(key: str) -> str:
    """W&B keeps each entry of the config as `{"value": …}`, and its filters may say so."""
    if key.endswith(".value"):
        return key.removesuffix(".value")
    first, _, rest = key.partition(".")
    return f"{first}.{rest.removeprefix('value.')}" if rest.startswith("value.") else key


def _object(found: Any, prefix: str, depth: int) -> Filter:
    if depth > MAX_DEPTH:
        raise QueryInvalid(f"The filter has more than {MAX_DEPTH} levels.", advice="Write it flatter.")
    if not isinstance(found, Mapping):
        raise QueryInvalid(f"A filter is an object, not {found!r:.80}.", advice='Write {"state": "finished"}.')
    if len(found) > MAX_VALUES:
        raise QueryInvalid(f"The filter has more than {MAX_VALUES:,} keys.")
    parts = [_entry(str(key), wanted, prefix, depth) for key, wanted in found.items()]
    return parts[0] if len(parts) == 1 else And(tuple(parts)) if parts else EVERYTHING


def _entry(key: str, wanted: Any, prefix: str, depth: int) -> Filter:
    match key:
        case "$and":
            return And(_listed(key, wanted, prefix, depth))
        case "$or":
            return Or(_listed(key, wanted, prefix, depth))
        case "$nor":
            return Not(Or(_listed(key, wanted, prefix, depth)))
        case "$not":
            return Not(_object(wanted, prefix, depth + 1))
    if key.startswith("$"):
        raise QueryInvalid(f"The filter {key!r} is not known here.", advice="Use $and, $or, $nor and $not around keys.")
    path = f"{prefix}.{key}" if prefix else key
    if isinstance(wanted, Mapping) and wanted and not any(str(name).startswith("$") for name in wanted):
        return _object(wanted, path, depth + 1)
    return _field(field_of_wandb(path), wanted, depth)


def _listed(key: str, wanted: Any, prefix: str, depth: int) -> tuple[Filter, ...]:
    if not isinstance(wanted, Sequence) or isinstance(wanted, str):
        raise QueryInvalid(f"{key} takes a list of filters.", advice=f'Write {{"{key}": [{{…}}, {{…}}]}}.')
    if len(wanted) > MAX_VALUES:
        raise QueryInvalid(f"{key} has more than {MAX_VALUES:,} filters.")
    return tuple(_object(one, prefix, depth + 1) for one in wanted)


def _field(field: Field, wanted: Any, depth: int) -> Filter:
    if not isinstance(wanted, Mapping):
        return _equal(field, wanted)
    if depth > MAX_DEPTH:
        raise QueryInvalid(f"The filter has more than {MAX_DEPTH} levels.", advice="Write it flatter.")
    options = str(wanted.get("$options", ""))
    rest = [(str(name), limit) for name, limit in wanted.items() if name != "$options"]
    parts = [_operator(field, name, limit, options, depth) for name, limit in rest]
    return parts[0] if len(parts) == 1 else And(tuple(parts))


def _operator(field: Field, name: str, limit: Any, options: str, depth: int) -> Filter:
    if name in _RELATIONS:
        return Compare(field, _RELATIONS[name], _scalar(field, limit))
    simple: dict[str, Callable[[], Filter]] = {
        "$eq": lambda: _equal(field, limit),
        "$ne": lambda: Not(_equal(field, limit)),
        "$in": lambda: _among(field, name, limit),
        "$nin": lambda: Not(_among(field, name, limit)),
        "$all": lambda: And(tuple(_equal(field, one) for one in _values(name, limit))),
        "$exists": lambda: Not(Missing(field)) if limit else Missing(field),
        "$regex": lambda: _matches(field, limit, options),
        "$not": lambda: Not(_field(field, limit, depth + 1)),
    }
    if name not in simple:
        raise QueryInvalid(f"The filter {name!r} is not known here.", advice=f"Use {', '.join(_OPERATORS)}.")
    return simple[name]()


def _equal(field: Field, wanted: Any) -> Filter:
    if wanted is None:
        return Missing(field)
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return And(tuple(_equal(field, one) for one in wanted[:MAX_VALUES]))
    return Compare(field, "=", _scalar(field, wanted))


def _among(field: Field, name: str, wanted: Any) -> Filter:
    values = _values(name, wanted)
    found = Among(field, tuple(_scalar(field, one) for one in values if one is not None))
    return Or((found, Missing(field))) if None in values else found


def _values(name: str, wanted: Any) -> list[Any]:
    if not isinstance(wanted, Sequence) or isinstance(wanted, str) or len(wanted) > MAX_VALUES:
        raise QueryInvalid(
            f"{name} takes a list of at most {MAX_VALUES:,} values.", advice=f'Write {{"{name}": ["a"]}}.'
        )
    return list(wanted)


def _matches(field: Field, pattern: Any, options: str) -> Filter:
    if not isinstance(pattern, str):
        raise QueryInvalid(f"A pattern is a text, not {pattern!r:.80}.")
    if "i" in options and not pattern.startswith("(?i)"):
        pattern = f"(?i){pattern}"
    regex.compile(pattern)
    return Matches(field, pattern)


def _scalar(field: Field, value: Any) -> str | float | int | bool:
    if not isinstance(value, str | int | float):
        raise QueryInvalid(f"{field} cannot be compared with {value!r:.80}.", advice="Compare with a number or a text.")
    if field.part == "run" and field.key == "state" and isinstance(value, str):
        return value.lower()
    return fitting(field, value)
