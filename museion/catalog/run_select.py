"""Filter and sort over the columns of a run table: which runs, in which order, from where."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from museion.catalog.run_columns import BOOL, MISSING, NUMBER, TEXT, Bools, Column, Floats, Places, as_float, text_of
from museion.catalog.run_table import RunTable
from museion.model.query.fields import Field
from museion.model.query.holds import kind_of, test_of
from museion.model.query.order import By
from museion.model.query.tree import Among, And, Compare, Filter, Matches, Missing, Not, Or

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SEARCHED = tuple(Field("run", name) for name in ("name", "id", "notes", "job_type", "group", "tags"))
RANK_BOOL, RANK_NUMBER, RANK_TEXT, RANK_OTHER, RANK_NAN, RANK_MISSING = range(6)
_RANK = np.array([RANK_MISSING, RANK_BOOL, RANK_NUMBER, RANK_TEXT, RANK_OTHER], np.int8)


def passing(table: RunTable, node: Filter, places: Places) -> Bools:
    """Which of the runs at `places` pass the filter."""
    match node:
        case And(parts):
            return _all(table, parts, places)
        case Or(parts):
            found = np.zeros(len(places), bool)
            for part in parts:
                found |= passing(table, part, places)
            return found
        case Not(part):
            return ~passing(table, part, places)
        case Missing(field):
            column = table.columns.get(field)
            return np.ones(len(places), bool) if column is None else column.kind[places] == MISSING
        case _:
            column = table.columns.get(node.field)
            return np.zeros(len(places), bool) if column is None else _compared(column, node, places)


def _all(table: RunTable, parts: Sequence[Filter], places: Places) -> Bools:
    """Each part looks only at what the parts before have left."""
    left = np.arange(len(places))
    for part in parts:
        left = left[passing(table, part, places[left])]
    found = np.zeros(len(places), bool)
    found[left] = True
    return found


def _compared(column: Column, node: Compare | Among | Matches, places: Places) -> Bools:
    found = column.holds(places, test_of(node))
    if isinstance(node, Compare):
        found |= _numbers(column, node.relation, node.value, places)
    elif isinstance(node, Among):
        for sort, kind in (("number", NUMBER), ("bool", BOOL)):
            limits = [as_float(v) for v in node.values if not isinstance(v, str) and kind_of(v) == sort]
            if limits:
                found |= (column.kind[places] == kind) & _one_of(column.number[places], limits)
    return found


def _one_of(numbers: Floats, limits: Sequence[float]) -> Bools:
    found = np.isin(numbers, limits)
    return found | np.isnan(numbers) if any(limit != limit for limit in limits) else found


def _numbers(column: Column, relation: str, value: Any, places: Places) -> Bools:
    sort = kind_of(value)
    if sort not in ("number", "bool"):
        return np.zeros(len(places), bool)
    limit, numbers = as_float(value), column.number[places]
    same = column.kind[places] == (NUMBER if sort == "number" else BOOL)
    if limit != limit:
        return same & np.isnan(numbers) if relation == "=" else np.zeros(len(places), bool)
    found: Bools = same & _COMPARE[relation](numbers, limit)
    return found


def searched(table: RunTable, text: str, places: Places) -> Bools:
    """Which runs have every word of `text` somewhere in their name, id, notes, job type, group or tags."""
    found = np.ones(len(places), bool)
    for word in text.casefold().split():
        here = np.zeros(len(places), bool)
        for field in _SEARCHED:
            if (column := table.columns.get(field)) is not None:
                here |= column.holds(places, lambda value, word=word: word in text_of(value).casefold())  # type: ignore[misc]
        found &= here
    return found


def ordered(table: RunTable, order: Sequence[By], places: Places) -> Places:
    """The runs at `places` in this order; equal ones by their number, in the direction of the first key."""
    keys: list[Any] = []
    for by in (*order, _last(order)):
        rank, value = sort_keys(table.columns.get(by.field), by.falling, places)
        if len(rank) and (rank != rank[0]).any():
            keys.append(rank)
        keys.append(value)
    sorting = np.lexsort(keys[::-1]) if len(keys) > 1 else np.argsort(keys[0], kind="stable")
    return places[sorting]


def _last(order: Sequence[By]) -> By:
    return By(Field("run", "number"), order[0].falling)


def sort_keys(column: Column | None, falling: bool, places: Places) -> tuple[Any, Any]:
    """(rank, value) of each run: truth values, numbers, texts, lists; then NaN; what is missing comes last."""
    if column is None:
        return np.full(len(places), RANK_MISSING, np.int8), np.zeros(len(places))
    kinds = column.kind[places]
    rank, value = _RANK[kinds], column.number[places]
    if column.code is not None:
        others = np.flatnonzero(kinds >= TEXT)
        value[others] = column.ranks()[column.code[places[others]]]
    nan = np.isnan(value)
    rank[nan & (kinds == NUMBER)] = RANK_NAN
    value[nan] = 0.0
    if falling:
        value = -value
        rank = np.where(rank < RANK_NAN, RANK_OTHER - rank, rank)
    return rank, value


def mark_of(table: RunTable, order: Sequence[By], place: int) -> list[list[Any]]:
    """Where a run stands in this order, so that a page can begin after it even if it is gone by then."""
    return [_mark(table.columns.get(by.field), by.falling, place) for by in (*order, _last(order))]


def _mark(column: Column | None, falling: bool, place: int) -> list[Any]:
    value = None if column is None else column.value(place)
    kind = MISSING if column is None else int(column.kind[place])
    rank = int(_RANK[kind])
    if kind >= TEXT:
        value = text_of(value)
    elif value is not None:
        value = float(value)
        if value != value:
            rank, value = RANK_NAN, None
    return [RANK_OTHER - rank if falling and rank < RANK_NAN else rank, value]


def first_after(table: RunTable, order: Sequence[By], places: Places, mark: Sequence[Sequence[Any]]) -> int:
    """How many of the ordered `places` stand at `mark` or before it."""
    falling = [by.falling for by in (*order, _last(order))]
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        if _before(mark, mark_of(table, order, int(places[middle])), falling):
            high = middle
        else:
            low = middle + 1
    return low


def _before(one: Sequence[Sequence[Any]], other: Sequence[Sequence[Any]], falling: Sequence[bool]) -> bool:
    for (rank, value), (other_rank, other_value), down in zip(one, other, falling, strict=True):
        if rank != other_rank:
            return bool(rank < other_rank)
        if value != other_value:
            return bool(value > other_value if down else value < other_value)
    return False
