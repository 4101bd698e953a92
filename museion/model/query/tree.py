"""What a filter means, as a tree, and the tree written out again in the language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from museion.model.query.fields import Field, quoted

Value: TypeAlias = str | float | int | bool
Relation = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Compare:
    """The field's value, or an element of it if it is a list, stands in this relation to `value`.

    Values of different kinds (a number and a text) are never equal, and neither is less than the other.
    """

    field: Field
    relation: Relation
    value: Value


@dataclass(frozen=True, slots=True)
class Among:
    """The field's value, or an element of it, is one of `values`."""

    field: Field
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Matches:
    """The pattern (see `regex.py`) is found somewhere in the text, or in an element of the list."""

    field: Field
    pattern: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The run has no such value, or it is null."""

    field: Field


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter


@dataclass(frozen=True, slots=True)
class And:
    """All parts hold; with no parts, everything passes."""

    parts: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Or:
    """One part holds, or more; with no parts, nothing passes."""

    parts: tuple[Filter, ...] = ()


Filter: TypeAlias = Compare | Among | Matches | Missing | Not | And | Or
EVERYTHING = And()


def fields_in(node: Filter) -> Iterator[Field]:
    """Every field the filter looks at, some more than once."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from fields_in(part)
    elif isinstance(node, Not):
        yield from fields_in(node.part)
    else:
        yield node.field


def both(*parts: Filter) -> Filter:
    """All of these, without needless nesting."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, And) else (part,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def written(node: Filter) -> str:
    """The filter in the language: parsed again, it gives the same tree."""
    match node:
        case And((only,)):
            return f"all({written(only)})"
        case Or((only,)):
            return f"any({written(only)})"
        case And(parts) if parts:
            return " and ".join(_inside(part, Or, And) for part in parts)
        case Or(parts) if parts:
            return " or ".join(_inside(part, Or) for part in parts)
        case And():
            return "all()"
        case Or():
            return "any()"
        case Not(part):
            return _negated(part)
        case _:
            return _plain(node)


def _inside(part: Filter, *wrapped: type) -> str:
    needs = isinstance(part, wrapped) and len(getattr(part, "parts", ())) > 1
    return f"({written(part)})" if needs else written(part)


def _negated(part: Filter) -> str:
    match part:
        case Compare(field, "=", value):
            return f"{field} != {value_text(field, value)}"
        case Among(field, values):
            return f"{field} not in ({', '.join(value_text(field, v) for v in values)})"
        case Matches(field, pattern):
            return f"{field} !~ {quoted(pattern)}"
        case Missing(field):
            return f"{field} is not null"
        case _:
            return f"not ({written(part)})"


def _plain(node: Compare | Among | Matches | Missing) -> str:
    match node:
        case Compare(field, relation, value):
            return f"{field} {relation} {value_text(field, value)}"
        case Among(field, values):
            return f"{field} in ({', '.join(value_text(field, v) for v in values)})"
        case Matches(field, pattern):
            return f"{field} ~ {quoted(pattern)}"
        case Missing(field):
            return f"{field} is null"


def value_text(field: Field, value: Value) -> str:
    """A value as the language writes it; whole seconds of times as dates."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if field.kind == "time" and math.isfinite(value) and value == int(value) and 0 <= value < 253_402_300_800:
        return datetime.fromtimestamp(value, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return repr(value)
