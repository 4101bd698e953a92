"""Curves as a browser takes them. Bytes: docs/FORMAT.md, "Series on the wire"."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np

from museion.errors import Corrupt
from museion.history.packing import Floats
from museion.history.sampling import LAYOUTS, Series

MAGIC = b"MUHS"
VERSION = 1
_PREFIX = struct.Struct("<4sHHII")


def encode_series(curves: Sequence[Series]) -> bytes:
    """Prefix, JSON header, then each curve's columns as little-endian f64, aligned to 8 bytes."""
    blocks, parts, offset = [], [], 0
    for curve in curves:
        data = b"".join(curve.columns[name].astype("<f8").tobytes() for name in LAYOUTS[curve.layout])
        blocks.append(_block(curve, offset))
        parts.append(data)
        offset += len(data)
    used = {"raw", "buckets", *(curve.layout for curve in curves)}
    columns = {layout: names for layout, names in LAYOUTS.items() if layout in used}
    header = json.dumps({"columns": columns, "series": blocks}, separators=(",", ":"), allow_nan=False).encode()
    header += b" " * (-(len(header) + _PREFIX.size) % 8)
    return b"".join((_PREFIX.pack(MAGIC, VERSION, 0, len(header), offset), header, *parts))


def _block(curve: Series, offset: int) -> dict[str, Any]:
    block = {
        "run": curve.run,
        "key": curve.key,
        "layout": curve.layout,
        "offset": offset,
        "length": len(curve.columns["x"]),
        "points": curve.points,
        "min": _number(curve.minimum),
        "max": _number(curve.maximum),
        "last": _number(curve.last),
    }
    return block | {"excluded": curve.excluded} if curve.excluded else block


def _number(value: float | None) -> float | str | None:
    """JSON has no NaN and no Infinity: they travel as strings."""
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def decode_series(data: bytes) -> list[Series]:
    """The inverse of `encode_series`, for programs and tests. Corrupt if it does not hold together."""
    try:
        magic, version, _, header_size, _ = _PREFIX.unpack_from(data)
        if magic != MAGIC or version != VERSION:
            raise ValueError("unknown magic or version")
        start = _PREFIX.size + header_size
        header = json.loads(data[_PREFIX.size : start])
        return [_read(block, header["columns"][block["layout"]], data, start) for block in header["series"]]
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise Corrupt(f"The series cannot be read: {error}.") from None


def _read(block: dict[str, Any], names: Sequence[str], data: bytes, start: int) -> Series:
    length, at = int(block["length"]), start + int(block["offset"])
    columns: dict[str, Floats] = {}
    for name in names:
        columns[name] = np.frombuffer(data, "<f8", length, at)
        at += 8 * length
    low, high, last = (None if block[name] is None else float(block[name]) for name in ("min", "max", "last"))
    layout, excluded = str(block["layout"]), int(block.get("excluded", 0))
    return Series(block["run"], block["key"], layout, int(block["points"]), low, high, last, columns, excluded)
