"""Rows of text: CSV, TSV, and JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

from museion.previews import statistics
from museion.previews.answer import Answer
from museion.previews.limits import MAX_COLUMNS, SAMPLE_ROWS
from museion.previews.reading import reading

_MAX_LINE = 1 << 20
_SNIFFED = 16 << 10


def preview_csv(file: BinaryIO, path: str) -> Answer:
    """A table of the first rows; the first line names the columns."""
    head = file.peek(_SNIFFED)[:_SNIFFED].decode(errors="replace")  # type: ignore[attr-defined]
    rows = csv.reader(_lines(file), delimiter=_delimiter(head, path))
    with reading("a table"):
        names = next(rows, [])
        found = [[_value(text) for text in row] for row in islice(rows, SAMPLE_ROWS)]
        more = next(rows, None) is not None
    total = None if more else len(found)
    return {"kind": "table", "format": "csv", **statistics.table(names, found, total, whole=not more)}


def preview_jsonl(file: BinaryIO, path: str) -> Answer:
    """A table of the first lines, a column for each key that occurs in them."""
    lines = (line for line in _lines(file) if line.strip())
    with reading("lines of JSON"):
        found = [json.loads(line) for line in islice(lines, SAMPLE_ROWS)]
    more = next(lines, None) is not None
    total = None if more else len(found)
    if not all(isinstance(row, dict) for row in found):
        rows: list[list[Any]] = [[row] for row in found]
        return {"kind": "table", "format": "jsonl", **statistics.table(["value"], rows, total, whole=not more)}
    names = list(dict.fromkeys(key for row in found for key in row))[: MAX_COLUMNS + 1]
    rows = [[row.get(name) for name in names] for row in found]
    return {"kind": "table", "format": "jsonl", **statistics.table(names, rows, total, whole=not more)}


def _lines(file: BinaryIO) -> Iterator[str]:
    while line := file.readline(_MAX_LINE):
        yield line.decode(errors="replace")


def _delimiter(head: str, path: str) -> str:
    if path.lower().endswith(".tsv"):
        return "\t"
    first = head.partition("\n")[0]
    return max(",;\t|", key=first.count) if any(mark in first for mark in ",;\t|") else ","


def _value(text: str) -> Any:
    """A number if the text is one; longer digits than 64 bits hold are a name, not a number."""
    if text.lstrip("+-").isdecimal():
        return _number(int, text) if len(text) < 20 else text
    return _number(float, text) if text[:1] in tuple("+-.0123456789niNI") else text


def _number(kind: type[int] | type[float], text: str) -> Any:
    try:
        return kind(text)
    except ValueError:
        return text
