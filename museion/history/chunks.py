"""Compacted points: several series of one run in one value. Bytes: docs/FORMAT.md, "Chunk and pyramid"."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import BatchCorrupt
from museion.history import packing
from museion.history.cells import FLOAT, INT, TEXT, Cells, Nature, nature
from museion.history.packing import DTYPES, Cursor, Ints
from museion.history.points import Points

TARGET = 64 << 10
_HEADER = struct.Struct("<4sHHIII")
_ENTRY = np.dtype([("series", "<u4"), ("offset", "<u4"), ("size", "<u4"), ("count", "<u4")])
_PIECE = struct.Struct("<IBBBBqq")
_REGULAR, _DIFFERENCES = 0, 1
_MIXED = 3
_BITS = 9


@dataclass(frozen=True, slots=True)
class Chunk:
    """What the table keeps beside the bytes, to find a chunk without opening it."""

    series_low: int
    series_high: int
    step_low: int
    step_high: int
    points: int
    data: bytes


def _corrupt(what: str) -> BatchCorrupt:
    return BatchCorrupt(f"A stored history chunk is damaged: {what}.", advice="Run `museion doctor`.")


def pack(series: Mapping[int, Points]) -> Iterator[Chunk]:
    """Chunks of about TARGET bytes before compression; a big series has one to itself."""
    waiting: list[tuple[int, Points, bytes]] = []
    size = 0
    for number in sorted(series):
        piece = _encode_piece(series[number])
        waiting.append((number, series[number], piece))
        size += len(piece)
        if size >= TARGET:
            yield _seal(waiting)
            waiting, size = [], 0
    if waiting:
        yield _seal(waiting)


def _seal(pieces: list[tuple[int, Points, bytes]]) -> Chunk:
    entries = np.zeros(len(pieces), _ENTRY)
    sizes = [len(piece) for _, _, piece in pieces]
    entries["series"] = [number for number, _, _ in pieces]
    entries["size"] = sizes
    entries["offset"] = list(accumulate(sizes, initial=0))[:-1]
    entries["count"] = [len(points) for _, points, _ in pieces]
    raw = b"".join(piece for _, _, piece in pieces)
    rest = entries.tobytes() + packing.compress(raw)
    return Chunk(
        pieces[0][0],
        pieces[-1][0],
        min(int(points.steps.min()) for _, points, _ in pieces),
        max(int(points.steps.max()) for _, points, _ in pieces),
        int(entries["count"].sum()),
        _HEADER.pack(b"MUHC", 1, 0, zlib.crc32(rest), len(pieces), len(raw)) + rest,
    )


def _encode_piece(points: Points) -> bytes:
    cells, count = points.cells, len(points)
    kinds = np.unique(cells.kinds)
    kind = int(kinds[0]) if len(kinds) == 1 else _MIXED
    gaps = packing.differences(points.steps)
    stride = int(gaps[1]) if count > 1 else 0
    regular = bool((gaps[1:] == stride).all())
    floats = cells.bits[cells.kinds == FLOAT]
    float_code, float_block = _floats(floats)
    int_code, int_block = _ints(cells.bits[cells.kinds == INT])
    texts = [cells.texts[at].encode() for at in cells.bits[cells.kinds == TEXT].tolist()]
    order = _REGULAR if regular else _DIFFERENCES
    head = _PIECE.pack(count, order, kind, float_code, int_code, int(points.steps[0]), stride)
    parts = [head] if regular else [head, packing.shuffle(gaps)]
    if kind == _MIXED:
        parts.append(cells.kinds.tobytes())
    sizes = np.array([len(text) for text in texts], "<u4").tobytes()
    return b"".join((*parts, float_block, int_block, sizes, *texts))


def _floats(bits: Ints) -> tuple[int, bytes]:
    """Narrowed; or, for doubles that creep upwards as times do, the differences of their bits."""
    if not len(bits):
        return 0, b""
    values = bits.view(np.float64)
    code = int(packing.choose_floats(values, np.zeros(1, np.intp))[0])
    if code != packing.F64 or not (np.diff(bits) >= 0).all():
        return code, packing.shuffle(values.astype(DTYPES[code]))
    return _BITS, packing.shuffle(packing.differences(bits))


def _ints(values: Ints) -> tuple[int, bytes]:
    if not len(values):
        return 0, b""
    code = int(packing.choose_ints(values, np.zeros(1, np.intp))[0])
    return code, packing.shuffle(values.astype(DTYPES[code]))


def _open(data: bytes) -> tuple[NDArray[Any], bytes]:
    if len(data) < _HEADER.size:
        raise _corrupt("it is short")
    magic, version, _, crc, count, raw = _HEADER.unpack_from(data)
    rest = memoryview(data)[_HEADER.size :]
    if magic != b"MUHC" or version != 1 or zlib.crc32(rest) != crc or len(rest) < count * _ENTRY.itemsize:
        raise _corrupt("its header or checksum is wrong")
    entries = np.frombuffer(rest, _ENTRY, count)
    return entries, packing.decompress(rest[count * _ENTRY.itemsize :], raw, _corrupt)


def unpack(data: bytes, wanted: set[int] | None = None) -> dict[int, Points]:
    """The series in a chunk, all or those wanted."""
    entries, raw = _open(data)
    return {
        number: _decode_piece(raw[offset : offset + size])
        for number, offset, size, _ in entries.tolist()
        if wanted is None or number in wanted
    }


def natures(data: bytes, wanted: set[int]) -> dict[int, Nature]:
    """What each of the wanted series in a chunk consists of; numbers are not decoded for that."""
    entries, raw = _open(data)
    found: dict[int, Nature] = {}
    for number, offset, size, _ in entries.tolist():
        if number in wanted:
            kind = _PIECE.unpack_from(raw, offset)[2]
            known = {FLOAT: Nature.FLOAT, INT: Nature.INT}.get(kind)
            found[number] = known or nature(_decode_piece(raw[offset : offset + size]).cells)
    return found


def _decode_piece(piece: bytes) -> Points:
    count, order, kind, float_code, int_code, first, stride = _PIECE.unpack_from(piece)
    cursor = Cursor(piece[_PIECE.size :], _corrupt)
    if order == _REGULAR:
        steps = first + stride * np.arange(count, dtype=np.int64)
    else:
        steps = packing.sums(cursor.shuffled(np.dtype("<i8"), count))
    if kind in (FLOAT, INT):
        values = cursor.shuffled(DTYPES[int_code], count).astype(np.int64) if kind == INT else None
        bits = _read_floats(cursor, float_code, count) if values is None else values
        cursor.close()
        return Points(steps, Cells(np.full(count, kind, np.uint8), bits, ()))
    kinds = cursor.plain("u1", count) if kind == _MIXED else np.full(count, kind, np.uint8)
    held = np.bincount(kinds, minlength=3).tolist()
    bits = np.empty(count, np.int64)
    bits[kinds == FLOAT] = _read_floats(cursor, float_code, held[FLOAT])
    bits[kinds == INT] = cursor.shuffled(DTYPES[int_code], held[INT]).astype(np.int64)
    bits[kinds == TEXT] = np.arange(held[TEXT])
    sizes = cursor.plain("<u4", held[TEXT]).astype(np.int64)
    blob = cursor.bytes(int(sizes.sum())).tobytes()
    texts = [blob[a:b].decode() for a, b in pairwise(accumulate(sizes.tolist(), initial=0))]
    cursor.close()
    return Points(steps, Cells(kinds, bits, texts))


def _read_floats(cursor: Cursor, code: int, count: int) -> Ints:
    if code == _BITS:
        return packing.sums(cursor.shuffled(np.dtype("<i8"), count))
    return cursor.shuffled(DTYPES[code], count).astype(np.float64).view(np.int64)
