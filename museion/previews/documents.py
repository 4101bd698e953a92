"""JSON: a logged table as a table, anything else as the outline of its values."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from museion.errors import TooLarge
from museion.previews import statistics
from museion.previews.answer import Answer, cell
from museion.previews.limits import MAX_HEADER, SAMPLE_ROWS
from museion.previews.reading import reading

_DEPTH = 6
_CHILDREN = 50


def preview_json(file: BinaryIO, path: str) -> Answer:
    """`outline`: the value with long lists, texts and deep levels cut; or a table, if it is one that was logged."""
    found = parse(file)
    if is_table(found):
        rows, names = found["data"][:SAMPLE_ROWS], found["columns"]
        total = len(found["data"])
        table = statistics.table(names, rows, total, whole=total <= SAMPLE_ROWS)
        return {"kind": "table", "format": "logged table", **table}
    return {"kind": "json", "format": "json", "outline": outline(found)}


def parse(file: BinaryIO) -> Any:
    """The document; TooLarge beyond 32 MiB, Corrupt if it is not JSON."""
    data = file.read(MAX_HEADER + 1)
    if len(data) > MAX_HEADER:
        raise TooLarge(f"The JSON takes more than {MAX_HEADER:,} bytes.", advice="Download it.")
    with reading("JSON"):
        return json.loads(data)


def is_table(found: Any) -> bool:
    """Whether this is what `Table` writes: named columns and rows as long."""
    if not isinstance(found, dict) or not isinstance(found.get("columns"), list):
        return False
    rows = found.get("data")
    return isinstance(rows, list) and all(isinstance(row, list) and len(row) == len(found["columns"]) for row in rows)


def outline(value: Any, depth: int = 0) -> Any:
    """`value` small enough to look at; what was cut says how much it was."""
    if isinstance(value, dict):
        if depth >= _DEPTH:
            return f"{{{len(value)} keys}}"
        found = {str(key): outline(item, depth + 1) for key, item in list(value.items())[:_CHILDREN]}
        return found | ({"…": f"{len(value) - _CHILDREN:,} more"} if len(value) > _CHILDREN else {})
    if isinstance(value, list):
        if depth >= _DEPTH:
            return f"[{len(value)} items]"
        shown = [outline(item, depth + 1) for item in value[:_CHILDREN]]
        return [*shown, f"… {len(value) - _CHILDREN:,} more"] if len(value) > _CHILDREN else shown
    return cell(value)
