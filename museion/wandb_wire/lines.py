"""Lines of W&B's history and event files ↔ rows of ours.

A line is JSON with `_step`, `_timestamp` and `_runtime` beside the values; a row has the step and the time apart, and
its keys are flat. `system.` keys of event lines are our system metrics.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from museion.errors import ValueInvalid
from museion.history.batch import MAX_CELLS, MAX_KEY, RESERVED, Row, encode

log = logging.getLogger("museion.wandb")

MAX_NEST = 32
BATCH_ROWS = 4_096
SYSTEM = "system/"
_decode = msgspec.json.Decoder().decode
_NOT_TEXT = re.compile("[\ud800-\udfff\0]")


def read_line(line: str) -> dict[str, Any]:
    """The object in a line, NaN and Infinity included; empty for what is none. Broken lines are never the run's end."""
    try:
        found = _decode(line)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return {}
    return found if isinstance(found, dict) else {}


def history_row(line: str, number: int, now: float) -> tuple[Row, float | None]:
    """The row of a history line, and where its `_runtime` counts from; a line without a step gets its number."""
    found = read_line(line)
    step, time, runtime = found.pop("_step", None), found.pop("_timestamp", None), found.pop("_runtime", None)
    moment = float(time) if _finite(time) else now
    started = moment - float(runtime) if _finite(runtime) and _finite(time) else None
    return Row(_whole(step, number), moment, flat(found)), started


def event_row(line: str, number: int, now: float) -> Row:
    """The row of a line of system metrics."""
    found = read_line(line)
    time = found.pop("_timestamp", None)
    values = {
        f"{SYSTEM}{key.removeprefix('system.')}": value
        for key, value in flat(found).items()
        if not key.startswith("_") and isinstance(value, int | float)
    }
    return Row(number, float(time) if _finite(time) else now, values)


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15


def _whole(value: Any, otherwise: int) -> int:
    return int(value) if _finite(value) else otherwise


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """Nested objects joined with dots, media and empty ones left whole; keys no store takes are left out."""
    out: dict[str, Any] = {}
    for key, value in found.items():
        if type(value) is dict and value and "_type" not in value:
            out.update(_under(key, value, 1))
        else:
            out[key] = value
    if any(len(key) > MAX_KEY // 4 or not key or key in RESERVED or not key.isprintable() for key in out):
        return {key: value for key, value in out.items() if _storable(key)}
    return out


def _under(prefix: str, found: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in found.items():
        whole = f"{prefix}.{key}"
        if type(value) is dict and value and "_type" not in value and depth < MAX_NEST:
            yield from _under(whole, value, depth + 1)
        else:
            yield whole, value


def _storable(key: str) -> bool:
    return bool(key) and key not in RESERVED and not _NOT_TEXT.search(key) and len(key.encode()) <= MAX_KEY


def batches(rows: Sequence[Row]) -> Iterator[tuple[int, bytes]]:
    """Rows packed for the store, with how many each pack holds. What cannot be stored is left out, never the row."""
    start = 0
    while start < len(rows):
        piece = rows[start : start + _fitting(rows, start)]
        yield len(piece), _encode(piece)
        start += len(piece)


def _fitting(rows: Sequence[Row], start: int) -> int:
    cells = count = 0
    for row in rows[start : start + BATCH_ROWS]:
        cells += len(row.values)
        if count and cells > MAX_CELLS // 8:
            break
        count += 1
    return count


def _encode(rows: Sequence[Row]) -> bytes:
    try:
        return encode(rows)
    except ValueInvalid as error:
        log.warning("a row holds what cannot be stored: %s", error.message)
        return encode([Row(row.step, row.time, dict(_sound(row.values))) for row in rows])


def _sound(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Those values that can be stored, half characters made whole."""
    for key, value in values.items():
        value = _whole_text(value)
        try:
            encode([Row(0, 0.0, {key: value})])
        except ValueInvalid:
            continue
        yield key, value


def _whole_text(value: Any) -> Any:
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def row_values(row: Row, started: float) -> dict[str, Any]:
    """A row as the client reads it: its values with step, time and runtime (seconds since `started`)."""
    return {**row.values, "_step": row.step, "_timestamp": row.time, "_runtime": round(row.time - started, 6)}


def event_values(row: Row, started: float) -> dict[str, Any]:
    """A row of system metrics as the client reads it."""
    values = {f"system.{key.removeprefix(SYSTEM)}": value for key, value in row.values.items()}
    return {**values, "_timestamp": row.time, "_runtime": round(row.time - started, 6), "_wandb": True}
