"""Custom charts: what the client hides in its config about how a logged table is to be drawn.

`{"visualize": {key: {"panel_config": {"panelDefId": …, "fieldSettings": …, "stringSettings": …, "userQuery": …}}}}`;
the table is logged beside it, under the key that the query names, `<key>_table`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from museion.model.charts import chart_of

_MOST = 1_000


def charts_of(hidden: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Key of the table → how to draw it (`kind`, `title`, `fields`, `options`); charts that make no sense are left
    out."""
    said = hidden.get("visualize")
    found: dict[str, dict[str, Any]] = {}
    for key, panel in list(_object(said).items())[:_MOST]:
        shape = _object(_object(panel).get("panel_config"))
        if isinstance(shape.get("panelDefId"), str):
            texts = _object(shape.get("stringSettings"))
            chart = chart_of(shape["panelDefId"], _object(shape.get("fieldSettings")), texts)
            found[next(_table_keys(shape.get("userQuery")), f"{key}_table")] = asdict(chart)
    return found


def _table_keys(query: Any, depth: int = 0) -> Iterator[str]:
    """What the query says of `tableKey`, wherever that stands."""
    if depth > 8:
        return
    for field in _list(_object(query).get("queryFields")) + _list(_object(query).get("fields")):
        for argument in _list(_object(field).get("args")):
            if _object(argument).get("name") == "tableKey" and isinstance(_object(argument).get("value"), str):
                yield argument["value"]
        yield from _table_keys(field, depth + 1)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
