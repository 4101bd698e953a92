"""What is in a column: how many values, how many lack, their range, their most frequent ones."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from museion.previews.answer import cell
from museion.previews.limits import MAX_COLUMNS, MAX_ROWS

_DISTINCT = 1_000
_TOP = 5


def table(names: Sequence[Any], rows: Sequence[Sequence[Any]], total: int | None, *, whole: bool) -> dict[str, Any]:
    """`columns` (name, type, statistics), `rows` (the first), `total_rows` (None if not known), `sampled_rows`."""
    shown = list(names)[:MAX_COLUMNS]
    columns = [
        {"name": str(name), **column([row[place] if place < len(row) else None for row in rows])}
        for place, name in enumerate(shown)
    ]
    return {
        "columns": columns,
        "rows": [[cell(value) for value in row[:MAX_COLUMNS]] for row in rows[:MAX_ROWS]],
        "total_rows": total,
        "total_columns": len(names),
        "sampled_rows": len(rows),
        "truncated": not whole or len(rows) > MAX_ROWS or len(names) > MAX_COLUMNS,
    }


def column(values: Iterable[Any]) -> dict[str, Any]:
    """Type and statistics of one column: `missing`, then of numbers min, max, mean, std, else `distinct` and `top`."""
    given = list(values)
    there = [value for value in given if value is not None and value != ""]
    found: dict[str, Any] = {"type": _type(there), "missing": len(given) - len(there)}
    if found["type"] in ("integer", "number"):
        return found | numbers([float(value) for value in there])
    return found | frequencies(there)


def numbers(values: list[float]) -> dict[str, Any]:
    """Range, mean and standard deviation of those that are finite."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return {}
    mean = math.fsum(finite) / len(finite)
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in finite) / len(finite))
    found = {"min": min(finite), "max": max(finite), "mean": mean, "std": spread}
    return {name: cell(value) for name, value in found.items()}


def frequencies(values: list[Any]) -> dict[str, Any]:
    """How many different values there are (None beyond 1,000), and the most frequent."""
    counts: Counter[str] = Counter()
    for value in values:
        counts[str(cell(value))] += 1
        if len(counts) > _DISTINCT:
            return {"distinct": None}
    return {"distinct": len(counts), "top": [[text, count] for text, count in counts.most_common(_TOP)]}


def _type(values: list[Any]) -> str:
    kinds = {_kind(value) for value in values}
    if kinds == {"integer", "number"}:
        return "number"
    return kinds.pop() if len(kinds) == 1 else "mixed" if kinds else "empty"


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "text"
    return "object" if isinstance(value, dict) else "list" if isinstance(value, list | tuple) else "other"
