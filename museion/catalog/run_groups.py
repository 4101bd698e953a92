"""Runs in groups, with their aggregates; and which columns the runs have, and where they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from museion.catalog.run_columns import BOOL, JSON, MISSING, NUMBER, TEXT, Column, Places
from museion.catalog.run_select import sort_keys
from museion.catalog.run_table import RunTable
from museion.errors import QueryInvalid
from museion.model.query.fields import Field
from museion.model.query.order import fields_of, split
from museion.model.query.tree import Compare, Filter, Missing, both, written

Codes = NDArray[np.int64]
Function = Literal["mean", "std", "min", "max", "sum", "count"]
MAX_BY = 5
MAX_AGGREGATES = 50
MAX_VALUES = 20


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`mean:summary.loss`; `count` counts the runs that have a number there, `std` is that of a sample."""

    function: Function
    field: Field

    def __str__(self) -> str:
        return f"{self.function}:{self.field}"


def aggregates_of(text: str) -> tuple[Aggregate, ...]:
    """`mean:summary.loss,max:summary.acc`; raises QueryInvalid."""
    found: list[Aggregate] = []
    for piece in split(text):
        function, _, name = piece.partition(":")
        if function not in get_args(Function):
            raise QueryInvalid(f"The aggregate {piece!r} is not known.", advice="Write mean:summary.loss.")
        found += [Aggregate(function, field) for field in fields_of(name)]  # type: ignore[arg-type]
    if len(found) > MAX_AGGREGATES:
        raise QueryInvalid(f"At most {MAX_AGGREGATES} aggregates can be asked for, not {len(found)}.")
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Group:
    """`values` are those of the fields it is grouped by, None where runs have none; `newest` is a time.

    `filter` selects its runs; it is written only for groups that are shown (`with_filter`).
    """

    values: list[Any]
    count: int
    running: int
    newest: float
    aggregates: dict[str, float | None]
    filter: str = ""

    def with_filter(self, by: Sequence[Field], chosen: Filter) -> Group:
        """The group of those runs that `chosen` means."""
        own = (_is(field, value) for field, value in zip(by, self.values, strict=True))
        return replace(self, filter=written(both(*own, chosen)))


def groups_of(table: RunTable, places: Places, by: Sequence[Field], aggregates: Sequence[Aggregate]) -> list[Group]:
    """The groups of the runs at `places`, in order of their values. A run with several tags is in several groups."""
    if not 1 <= len(by) <= MAX_BY:
        raise QueryInvalid(f"Runs can be grouped by 1 to {MAX_BY} fields, not {len(by)}.", advice="Write by=job_type.")
    rows = np.arange(len(places))
    labels: list[tuple[Codes, list[Any]]] = []
    for field in by:
        again, codes, values = _labels(table.columns.get(field), places[rows])
        rows, labels = rows[again], [(old[again], kept) for old, kept in labels]
        labels.append((codes, values))
    members, numbers, picks = _combined(labels, len(rows))
    here = places[rows]
    figures = {
        str(one): _aggregate(table.columns.get(one.field), one.function, here, members, numbers) for one in aggregates
    }
    counts = np.bincount(members, minlength=numbers)
    running = np.bincount(members, weights=_is_running(table, here), minlength=numbers)
    newest = _extreme(np.maximum, table.columns[Field("run", "created_at")].number[here], members, numbers)
    found = []
    for number, pick in enumerate(picks):
        values = [kept[code] for code, (_, kept) in zip(pick, labels, strict=True)]
        found.append(
            Group(
                values,
                int(counts[number]),
                int(running[number]),
                float(newest[number]),
                {name: _plain(column[number]) for name, column in figures.items()},
            )
        )
    return found


def _is(field: Field, value: Any) -> Filter:
    return Missing(field) if value is None else Compare(field, "=", value)


def _labels(column: Column | None, places: Places) -> tuple[Places, Codes, list[Any]]:
    """(rows, codes, values): the value of each row as a code; rows with a list of several come several times."""
    rows = np.arange(len(places))
    if column is None:
        return rows, np.zeros(len(places), np.int64), [None]
    seen: dict[tuple[type, Any], int] = {}
    values: list[Any] = []

    def code_of(value: Any) -> int:
        mark = (type(value), "nan" if value != value else value)
        if mark not in seen:
            seen[mark] = len(values)
            values.append(value)
        return seen[mark]

    if not (column.kind[places] == JSON).any():
        distinct, codes = _distinct(column, places)
        return rows, np.array([code_of(column.value(int(places[at]))) for at in distinct], np.int64)[codes], values
    again: list[int] = []
    found: list[int] = []
    for row, place in enumerate(places.tolist()):
        value = column.value(place)
        for item in dict.fromkeys(value) if isinstance(value, list) else [value]:
            again.append(row)
            found.append(code_of(item))
    return np.array(again, np.intp), np.array(found, np.int64), values


def _distinct(column: Column, places: Places) -> tuple[Places, Codes]:
    """(where each distinct value stands first, the number of each row's value)."""
    value = column.number[places].copy()
    kind = column.kind[places]
    if column.code is not None:
        value = np.where(kind >= TEXT, column.code[places], value)
    order = np.lexsort((value, kind))
    kind, value = kind[order], value[order]
    same = (value[1:] == value[:-1]) | (np.isnan(value[1:]) & np.isnan(value[:-1]))
    starts = np.concatenate([[True], ~(same & (kind[1:] == kind[:-1]))]) if len(order) else np.zeros(0, bool)
    codes = np.empty(len(order), np.int64)
    codes[order] = np.cumsum(starts) - 1
    return order[starts], codes


def _combined(labels: Sequence[tuple[Codes, list[Any]]], rows: int) -> tuple[Codes, int, list[tuple[int, ...]]]:
    """(the group of each row, how many groups, the code of each field by group)."""
    whole = np.zeros(rows, np.int64)
    for codes, values in labels:
        whole = whole * max(len(values), 1) + codes
        _, first, whole = np.unique(whole, return_index=True, return_inverse=True)
    if not rows:
        return whole, 0, []
    picks = list(zip(*(codes[first].tolist() for codes, _ in labels), strict=True))
    return whole, len(picks), picks


def _is_running(table: RunTable, places: Places) -> NDArray[np.float64]:
    return table.columns[Field("run", "state")].holds(places, "running".__eq__).astype(float)


def _aggregate(
    column: Column | None, function: Function, places: Places, members: Codes, groups: int
) -> NDArray[np.float64]:
    if column is None:
        return np.zeros(groups) if function == "count" else np.full(groups, np.nan)
    numbers = column.number[places]
    there = ~np.isnan(numbers)
    numbers, members = numbers[there], members[there]
    count = np.bincount(members, minlength=groups).astype(float)
    with np.errstate(all="ignore"):
        if function == "count":
            return count
        if function in ("min", "max"):
            return _extreme(np.minimum if function == "min" else np.maximum, numbers, members, groups)
        total = np.bincount(members, numbers, groups)
        if function == "sum":
            return np.where(count > 0, total, np.nan)
        mean = total / count
        if function == "mean":
            return np.asarray(mean)
        squares = np.bincount(members, (numbers - mean[members]) ** 2, groups)
        return np.asarray(np.sqrt(np.where(count > 1, squares / (count - 1), np.nan)))


def _extreme(pick: np.ufunc, numbers: NDArray[np.float64], members: Codes, groups: int) -> NDArray[np.float64]:
    found = np.full(groups, np.nan)
    pick = np.fmin if pick is np.minimum else np.fmax
    pick.at(found, members, numbers)
    return found


def _plain(value: float) -> float | None:
    return None if value != value else float(value)


_KEY = re.compile(r"(?P<sign>[+-]?)(?P<name>.+)", re.DOTALL)


def sorted_groups(groups: list[Group], by: Sequence[Field], order: str) -> list[Group]:
    """In this order: `count`, `newest`, `running`, a field grouped by, or an aggregate, each with + or -."""
    names = [str(field) for field in by]
    found = groups
    for piece in reversed(split(order)):
        match = _KEY.fullmatch(piece)
        assert match is not None
        name, falling = match["name"], match["sign"] == "-"
        if name not in ("count", "newest", "running", *names) and not (groups and name in groups[0].aggregates):
            if groups:
                raise QueryInvalid(
                    f"Groups cannot be sorted by {name!r}.", advice="Use count, newest, or an aggregate."
                )
            continue
        found = sorted(found, key=lambda group, name=name: _group_key(group, names, name), reverse=falling)
        found = sorted(found, key=lambda group, name=name: _group_value(group, names, name) is None)  # type: ignore[misc]
    return found


def _group_value(group: Group, names: Sequence[str], name: str) -> Any:
    if name in ("count", "newest", "running"):
        return getattr(group, name)
    return group.values[names.index(name)] if name in names else group.aggregates[name]


def _group_key(group: Group, names: Sequence[str], name: str) -> tuple[int, float, str]:
    value = _group_value(group, names, name)
    if isinstance(value, str):
        return 1, 0.0, value
    return 0, -np.inf if value is None or value != value else float(value), ""


@dataclass(frozen=True, slots=True)
class ColumnInfo:
    """A column of the run table over some runs. `kinds` counts numbers, texts …; `differs` is None if not looked at.

    `min` and `max` are of its numbers, `values` the first few texts and truth values it has.
    """

    name: str
    part: str
    count: int | None
    kinds: dict[str, int]
    differs: bool | None
    min: float | None
    max: float | None
    values: list[Any]


_KINDS = {BOOL: "bool", NUMBER: "number", TEXT: "text", JSON: "list"}


def columns_of(table: RunTable, places: Places, differing: bool = False) -> list[ColumnInfo]:
    """Every column that one of these runs has, those of the run itself first; or only those where they differ."""
    found = [info for field, column in table.columns.items() if (info := _info(field, column, places)).count]
    found += [ColumnInfo(str(field), field.part, None, {}, None, None, None, []) for field in table.unread]
    if differing:
        found = [info for info in found if info.differs is not False]
    return sorted(found, key=lambda info: (info.part != "run", info.part, info.name if info.part != "run" else ""))


def _info(field: Field, column: Column, places: Places) -> ColumnInfo:
    kinds = column.kind[places]
    counts = np.bincount(kinds, minlength=5)
    numbers = column.number[places][kinds == NUMBER]
    numbers = numbers[~np.isnan(numbers)]
    low, high = (float(numbers.min()), float(numbers.max())) if len(numbers) else (None, None)
    rank, value = sort_keys(column, False, places)
    differs = bool(len(places)) and bool((rank != rank[0]).any() or (value != value[0]).any())
    named = {name: int(counts[kind]) for kind, name in _KINDS.items() if counts[kind]}
    return ColumnInfo(
        str(field),
        field.part,
        int(len(places) - counts[MISSING]),
        named,
        differs,
        low,
        high,
        _some(column, places, kinds),
    )


def _some(column: Column, places: Places, kinds: NDArray[np.uint8]) -> list[Any]:
    where = places[(kinds == TEXT) | (kinds == BOOL)]
    found: dict[Any, None] = {}
    for place in where[: 50 * MAX_VALUES].tolist():
        found[column.value(place)] = None
        if len(found) == MAX_VALUES:
            break
    return list(found)
