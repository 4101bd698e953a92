"""Pages of the run table: filtered, sorted, and continued where the last one ended."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection

from museion.catalog import tables as t
from museion.catalog.run_columns import Places, flat
from museion.catalog.run_select import first_after, mark_of, ordered, passing, searched
from museion.catalog.run_table import RunTable
from museion.catalog.runs import select_runs, stored_run
from museion.catalog.sql import pieces
from museion.errors import QueryInvalid, ValueInvalid
from museion.model.query.fields import Field
from museion.model.query.mongo import filter_of_json
from museion.model.query.order import By, fields_of, order_of
from museion.model.query.parser import parse
from museion.model.query.tree import Among, Compare, Filter, both, fields_in, written
from museion.model.run import Run

MAX_PAGE = 1_000
RESULTS = 8
"""Sorted lists that are kept for the pages that follow."""
ARCHIVED = Field("run", "archived")
Archived = Literal["no", "only", "any"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Which runs are meant. `filter` is our language, a W&B filter as JSON (it begins with `{`), or a tree.

    Archived runs are left out, unless `archived` says otherwise or the filter speaks of `archived` itself.
    """

    filter: str | Filter | None = None
    q: str = ""
    state: str | None = None
    job_type: str | None = None
    group: str | None = None
    archived: Archived = "no"

    def tree(self) -> Filter:
        """All conditions but `q` as one filter; raises QueryInvalid."""
        given = self.filter if self.filter is not None else ""
        if isinstance(given, str):
            given = filter_of_json(given) if given.lstrip().startswith("{") else parse(given)
        parts: list[Filter] = []
        if self.state:
            parts.append(Among(Field("run", "state"), tuple(self.state.split(","))))
        for name, value in (("job_type", self.job_type), ("group", self.group)):
            if value is not None:
                parts.append(Compare(Field("run", name), "=", value))
        if self.archived != "any" and ARCHIVED not in fields_in(given):
            parts.append(Compare(ARCHIVED, "=", self.archived == "only"))
        return both(*parts, given)


@dataclass(frozen=True, slots=True)
class RunQuery(Selection):
    """A page of them. `sort` is `-created_at`, `-summary.loss,+name` …; `cursor` comes from the page before.

    With `columns` (`config.lr,summary.loss`), config and summary of the answer hold these keys alone, as flat paths.
    """

    sort: str | Sequence[By] = "-created_at"
    limit: int = 100
    cursor: str | None = None
    columns: str | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page; `total` counts all runs that pass the filter, `next` is None on the last page."""

    runs: list[Run]
    total: int
    next: str | None


def query_runs(sql: Connection, table: RunTable, project: int, query: RunQuery) -> RunPage:
    """The page of `project` that `query` asks for; raises QueryInvalid for a sort, filter or cursor it cannot read."""
    if not 1 <= query.limit <= MAX_PAGE:
        raise ValueInvalid(f"A page holds 1 to {MAX_PAGE:,} runs, not {query.limit}.")
    order = order_of(query.sort) if isinstance(query.sort, str) else tuple(query.sort)
    shown = None if query.columns is None else fields_of(query.columns)
    tree = query.tree()
    table.refresh(sql, project, [*fields_in(tree), *(by.field for by in order)])
    places = _sorted(table, tree, query.q, order)
    start = first_after(table, order, places, _read_cursor(query.cursor, len(order) + 1)) if query.cursor else 0
    page = places[start : start + query.limit]
    following = _cursor(mark_of(table, order, int(page[-1]))) if start + query.limit < len(places) else None
    return RunPage(read_runs(sql, table.keys[page].tolist(), shown), len(places), following)


def chosen(sql: Connection, table: RunTable, project: int, selection: Selection, *more: Field) -> Places:
    """The places of all runs that `selection` means, the oldest first; `more` are fields that are looked at next."""
    tree = selection.tree()
    table.refresh(sql, project, [*fields_in(tree), *more])
    return _sorted(table, tree, selection.q, (By(Field("run", "number")),))


def _sorted(table: RunTable, tree: Filter, q: str, order: Sequence[By]) -> Places:
    asked = (written(tree), q, tuple(order))
    if asked in table.results:
        table.results.move_to_end(asked)
        kept: Places = table.results[asked]
        return kept
    places = table.live()
    places = places[passing(table, tree, places)]
    if q.strip():
        places = places[searched(table, q, places)]
    found = ordered(table, order, places) if len(places) else places
    table.results[asked] = found
    if len(table.results) > RESULTS:
        table.results.popitem(last=False)
    return found


def read_runs(sql: Connection, keys: Sequence[int], shown: Sequence[Field] | None = None) -> list[Run]:
    """The runs with these keys, in this order; with `shown`, only these fields of config and summary."""
    found: dict[int, Run] = {}
    for piece in pieces(keys, 1_000):
        for row in sql.execute(select_runs().where(t.run.c.key.in_(piece))):
            stored = stored_run(row)
            found[stored.key] = stored.run
    runs = [found[key] for key in keys if key in found]
    return runs if shown is None else [_narrow(run, shown) for run in runs]


def _narrow(run: Run, shown: Sequence[Field]) -> Run:
    def part(name: str) -> dict[str, Any]:
        wanted = [field.key for field in shown if field.part == name]
        if not wanted:
            return {}
        there = dict(flat(getattr(run, name)))
        return {key: there[key] for key in wanted if key in there}

    return replace(run, config=part("config"), summary=part("summary"), metadata={}, metrics=())


def look_up(values: Any, path: str) -> Any:
    """`a.b` in `{"a": {"b": 1}}` or in `{"a.b": 1}` is 1; None if there is nothing."""
    return dict(flat(values)).get(path)


def _cursor(mark: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(mark, separators=(",", ":")).encode()).decode().rstrip("=")


def _read_cursor(text: str, keys: int) -> list[tuple[int, Any]]:
    try:
        mark = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        found = [(rank, value) for rank, value in mark]
        if len(found) != keys or not all(_is_mark(*item) for item in found):
            raise ValueError
    except (ValueError, TypeError, RecursionError):
        raise QueryInvalid(
            "The cursor cannot be read, or belongs to another order.", advice="Take `next` of the page before."
        ) from None
    return found


def _is_mark(rank: Any, value: Any) -> bool:
    return type(rank) is int and (value is None or isinstance(value, float | str)) and value == value
