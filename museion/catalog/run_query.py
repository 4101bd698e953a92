"""A page of runs: filtered, sorted, and continued where the last one ended.

Sorting by a column happens in SQL. Sorting by a value inside config or summary happens here, over the runs that
passed the filter, because the database cannot read that JSON (see `sql.to_text`).
"""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from museion.catalog import tables as t
from museion.catalog.runs import StoredRun, select_runs, stored_run
from museion.catalog.sql import from_text, like
from museion.errors import ValueInvalid
from museion.model.run import Run

COLUMNS = {name: t.run.c[name] for name in ("name", "state", "created_at", "updated_at", "number")}
MAX_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class RunQuery:
    """What is asked for. `sort` is `-created_at`, `+name`, `-summary.loss` …; `cursor` comes from the page before."""

    q: str = ""
    state: str | None = None
    job_type: str | None = None
    group: str | None = None
    sort: str = "-created_at"
    limit: int = 100
    cursor: str | None = None
    filter: str | None = None


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page; `total` counts all runs that pass the filter, `next` is None on the last page."""

    runs: list[Run]
    total: int
    next: str | None


def query_runs(sql: Connection, project: int, query: RunQuery) -> RunPage:
    """The page of `project` that `query` asks for; raises ValueInvalid for a sort, filter or cursor it cannot read."""
    if query.filter:
        raise ValueInvalid(f"The filter {query.filter!r} cannot be read yet.", advice="Use q, state, job_type, group.")
    if not 1 <= query.limit <= MAX_PAGE:
        raise ValueInvalid(f"A page holds 1 to {MAX_PAGE:,} runs, not {query.limit}.")
    falling, by = query.sort.startswith("-"), query.sort.lstrip("+-").strip()
    where = and_(t.run.c.project == project, *_conditions(query))
    after = _read_cursor(query.cursor) if query.cursor else None
    if by in COLUMNS:
        found = _page_by_column(sql, where, COLUMNS[by], falling, after, query.limit)
        total = int(sql.execute(select(func.count()).select_from(t.run).where(where)).scalar_one())
    elif by.partition(".")[0] in ("config", "summary") and "." in by:
        found, total = _page_by_value(sql, where, by, falling, after, query.limit)
    else:
        raise ValueInvalid(
            f"Runs cannot be sorted by {by!r}.", advice=f"Use {', '.join(COLUMNS)}, config.… or summary.…."
        )
    more = found[query.limit :]
    shown = found[: query.limit]
    following = _cursor(_order_value(shown[-1].run, by), shown[-1].key) if more else None
    return RunPage([stored.run for stored in shown], total, following)


def _conditions(query: RunQuery) -> list[ColumnElement[bool]]:
    r = t.run.c
    found: list[ColumnElement[bool]] = []
    if query.state:
        found.append(r.state.in_(query.state.split(",")))
    if query.job_type is not None:
        found.append(r.job_type == query.job_type)
    if query.group is not None:
        found.append(r.group == query.group)
    for word in query.q.split():
        pattern = like(word)
        # Tags are JSON text, written with \u escapes: look for the word as it stands there.
        tag = like(json.dumps(word)[1:-1])
        texts = [column.ilike(pattern, escape="\\") for column in (r.name, r.id, r.notes, r.job_type, r.group)]
        found.append(or_(*texts, r.tags.ilike(tag, escape="\\")))
    return found


def _page_by_column(
    sql: Connection, where: ColumnElement[bool], column: Any, falling: bool, after: tuple[Any, int] | None, limit: int
) -> list[StoredRun]:
    key = t.run.c.key
    if after is not None:
        value, last = after
        if not isinstance(value, int | float | str) or isinstance(value, str) != (column.type.python_type is str):
            raise ValueInvalid("The cursor belongs to another sort order.")
        beyond, tie = (column < value, key < last) if falling else (column > value, key > last)
        where = and_(where, or_(beyond, and_(column == value, tie)))
    order = (column.desc(), key.desc()) if falling else (column.asc(), key.asc())
    return [stored_run(row) for row in sql.execute(select_runs().where(where).order_by(*order).limit(limit + 1))]


def _page_by_value(
    sql: Connection, where: ColumnElement[bool], by: str, falling: bool, after: tuple[Any, int] | None, limit: int
) -> tuple[list[StoredRun], int]:
    field, _, path = by.partition(".")
    rows = sql.execute(select(t.run.c.key, t.run.c[field]).where(where))
    ranked = [(_rank(look_up(from_text(text), path)), key) for key, text in rows]
    ranked.sort(key=lambda item: (item[0][1:], item[1]), reverse=falling)
    ranked.sort(key=lambda item: item[0][0])  # runs without the value come last, either way
    start = 0
    if after is not None:
        place = (_rank(after[0]), after[1])
        start = next((i + 1 for i, item in enumerate(ranked) if item == place), len(ranked))
    wanted = [key for _, key in ranked[start : start + limit + 1]]
    found = {row.key: row for row in map(stored_run, sql.execute(select_runs().where(t.run.c.key.in_(wanted))))}
    return [found[key] for key in wanted], len(ranked)


def look_up(values: Any, path: str) -> Any:
    """`a.b` in `{"a": {"b": 1}}` or in `{"a.b": 1}` is 1; None if there is nothing."""
    if not isinstance(values, dict):
        return None
    if path in values:
        return values[path]
    for end in (i for i, letter in enumerate(path) if letter == "."):
        if path[:end] in values and (found := look_up(values[path[:end]], path[end + 1 :])) is not None:
            return found
    return None


def _rank(value: Any) -> tuple[int, int, float, str]:
    """Numbers before texts before the rest; what is missing, and NaN, last."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return (1, 0, 0.0, "")
    if isinstance(value, int | float):
        return (0, 0, _float(value), "")
    return (0, 1, 0.0, value) if isinstance(value, str) else (0, 2, 0.0, json.dumps(value))


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _order_value(run: Run, by: str) -> Any:
    field, _, path = by.partition(".")
    value = look_up(getattr(run, field), path) if path else getattr(run, field)
    return str(value) if field == "state" else value


def _cursor(value: Any, key: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([value, key]).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[Any, int]:
    try:
        value, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, RecursionError):
        raise ValueInvalid("The cursor cannot be read.", advice="Take `next` of the page before.") from None
    if not isinstance(key, int) or isinstance(key, bool):
        raise ValueInvalid("The cursor cannot be read.", advice="Take `next` of the page before.")
    return value, key
