"""What a client sends: rows packed by column. Bytes: docs/FORMAT.md, "History batch".

`verify` is the whole check: what it accepts can always be read again.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import BatchCorrupt, ValueInvalid
from museion.history import packing
from museion.history.cells import FLOAT, INT, TEXT, Cells, check_text, to_text
from museion.history.packing import DTYPES, I8, I32, I64, Bytes, Cursor, Index, Ints

MAGIC = b"MUHB"
VERSION = 1
MAX_ROWS = 65_536
MAX_KEYS = 65_536
MAX_CELLS = 1 << 21
MAX_RAW = 32 << 20
MAX_KEY = 1024
RESERVED = frozenset(("_step", "_timestamp", "_runtime", "system/_timestamp"))
STORED_TEXT = 8
_HEADER = struct.Struct("<4sHHIIIIII")
_CRC_FROM = 12
_SLAB = 1 << 22
_SMALL_NAMES, _SMALL_LAYOUT = 256 << 10, 1024
_I64_LOW, _I64_HIGH = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Row:
    """What was logged at one step. `time` is UTC seconds; `values` is flat: {"train/loss": 0.5}."""

    step: int
    time: float
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Header:
    """What a batch says of itself: its rows, distinct keys, values, and bytes once decompressed."""

    rows: int
    keys: int
    columns: int
    cells: int
    raw: int


@dataclass(frozen=True, slots=True)
class Columns:
    """A decoded batch. Cell i is the value of `keys[key_of[i]]` in row `row_of[i]`; cells lie by key, then by row."""

    steps: Ints
    times: NDArray[np.float64]
    keys: tuple[str, ...]
    key_of: Index
    row_of: Index
    cells: Cells

    @property
    def size(self) -> int:
        """Bytes of memory, roughly."""
        return 16 * len(self.steps) + 40 * len(self.cells) + sum(map(len, self.keys)) + sum(map(len, self.cells.texts))


def _corrupt(what: str) -> BatchCorrupt:
    return BatchCorrupt(f"The history batch is damaged: {what}.", advice="Encode it again; nothing of it was stored.")


def raw_size(data: bytes) -> int:
    """What a batch says that its body takes once decompressed, believed unchecked; `verify` holds it to that."""
    return int.from_bytes(data[_HEADER.size - 4 : _HEADER.size], "little")


def inspect(data: bytes) -> Header:
    """The header, its version, checksum and limits checked; the body is not looked at. BatchCorrupt."""
    if len(data) < _HEADER.size:
        raise _corrupt("it is shorter than its header")
    magic, version, reserved, crc, *counts = _HEADER.unpack_from(data)
    if magic != MAGIC:
        raise _corrupt("it does not begin with MUHB")
    if version != VERSION or reserved:
        raise _corrupt(f"its version is {version}, we read {VERSION}")
    if zlib.crc32(memoryview(data)[_CRC_FROM:]) != crc:
        raise _corrupt("its checksum does not match")
    header = Header(*counts)
    _check_limits(header)
    return header


def _check_limits(header: Header) -> None:
    limits = (("rows", MAX_ROWS), ("keys", MAX_KEYS), ("columns", 3 * MAX_KEYS), ("cells", MAX_CELLS), ("raw", MAX_RAW))
    for name, limit in limits:
        if getattr(header, name) > limit:
            raise _corrupt(f"it states {getattr(header, name)} {name}, more than {limit}")
    if header.rows == 0:
        raise _corrupt("it has no rows")


# --- encode ---------------------------------------------------------------------------------------------------------


class _Column:
    """Values of one key and kind, with the rows they are in."""

    __slots__ = ("rows", "values")

    def __init__(self) -> None:
        self.rows: list[int] = []
        self.values: list[Any] = []


_Gathered = dict[tuple[str, int], _Column]


def encode(rows: Sequence[Row]) -> bytes:
    """Pack rows, in the order in which they were logged. ValueInvalid names the row and key it cannot take."""
    if not 1 <= len(rows) <= MAX_ROWS:
        raise ValueInvalid(f"A batch has 1 to {MAX_ROWS} rows, not {len(rows)}.", advice="Split it.")
    steps, times = _axis(rows)
    gathered = _gather(rows)
    names = sorted({key for key, _ in gathered})
    _check_keys(names)
    columns = [(number, kind, gathered[key, kind]) for number, key, kind in _in_order(names, gathered)]
    cells = sum(len(column.rows) for _, _, column in columns)
    raw = b"".join(_body(steps, times, names, columns))
    header = Header(len(rows), len(names), len(columns), cells, len(raw))
    try:
        _check_limits(header)
    except BatchCorrupt as error:
        raise ValueInvalid(f"The batch is too large: {error.message}", advice="Send fewer rows at once.") from None
    counts = _HEADER.pack(MAGIC, VERSION, 0, 0, header.rows, header.keys, header.columns, cells, len(raw))[_CRC_FROM:]
    checked = counts + packing.compress(raw)
    return struct.pack("<4sHHI", MAGIC, VERSION, 0, zlib.crc32(checked)) + checked


def _axis(rows: Sequence[Row]) -> tuple[Ints, NDArray[np.float64]]:
    try:
        steps = np.array([row.step for row in rows], np.int64)
        times = np.array([row.time for row in rows], np.float64)
    except (OverflowError, TypeError, ValueError) as error:
        raise ValueInvalid(f"A step or a time is not a number we can store: {error}.") from None
    if not np.isfinite(times).all():
        raise ValueInvalid("A time is not finite.", advice="Pass UTC seconds since the epoch.")
    return steps, times


def _in_order(names: list[str], gathered: _Gathered) -> Iterator[tuple[int, str, int]]:
    for number, key in enumerate(names):
        for kind in (FLOAT, INT, TEXT):
            if (key, kind) in gathered:
                yield number, key, kind


def _check_keys(names: list[str]) -> None:
    for key in names:
        try:
            size = len(key.encode())
        except (UnicodeEncodeError, AttributeError):
            raise ValueInvalid(f"The key {key!r} is not text.", advice="Use plain Unicode text as a key.") from None
        if key in RESERVED:
            raise ValueInvalid(f"{key!r} is set by Museion for each row.", advice="Log it under another name.")
        if not 1 <= size <= MAX_KEY or "\0" in key:
            raise ValueInvalid(
                f"The key {key[:60]!r} is not valid.", advice=f"Use 1 to {MAX_KEY} bytes of UTF-8, without NUL."
            )


def _gather(rows: Sequence[Row]) -> _Gathered:
    """Values by key and kind; neighbours with the same keys are turned around in one go."""
    out: _Gathered = {}
    at = 0
    for keys, group in groupby(rows, key=lambda row: tuple(row.values)):
        members = list(group)
        for key, values in zip(keys, zip(*(row.values.values() for row in members), strict=True), strict=True):
            _add_run(out, key, at, values, members)
        at += len(members)
    return out


def _add_run(out: _Gathered, key: str, at: int, values: tuple[Any, ...], members: Sequence[Row]) -> None:
    types = set(map(type, values))
    if types == {float}:
        _extend(out, key, FLOAT, range(at, at + len(values)), values)
    elif types == {int} and min(values) >= _I64_LOW and max(values) <= _I64_HIGH:
        _extend(out, key, INT, range(at, at + len(values)), values)
    else:
        for offset, value in enumerate(values):
            kind, stored = _classify(key, value, members[offset])
            _extend(out, key, kind, (at + offset,), (stored,))


def _extend(out: _Gathered, key: str, kind: int, rows: Sequence[int], values: Sequence[Any]) -> None:
    column = out.get((key, kind))
    if column is None:
        column = out[key, kind] = _Column()
    column.rows.extend(rows)
    column.values.extend(values)


def _classify(key: str, value: Any, row: Row) -> tuple[int, Any]:
    if isinstance(value, float):
        return FLOAT, float(value)
    if isinstance(value, int) and not isinstance(value, bool) and _I64_LOW <= value <= _I64_HIGH:
        return INT, int(value)
    try:
        return TEXT, to_text(value)
    except ValueInvalid as error:
        raise ValueInvalid(f"{key!r} at step {row.step}: {error.message}", advice=error.advice) from None


def _body(
    steps: Ints, times: NDArray[np.float64], names: list[str], columns: list[tuple[int, int, _Column]]
) -> Iterator[bytes]:
    yield packing.shuffle(packing.differences(steps))
    yield packing.shuffle(packing.differences(times.view(np.int64)))
    encoded = [name.encode() for name in names]
    yield np.array([len(name) for name in encoded], "<u4").tobytes()
    yield b"".join(encoded)
    counts = np.array([len(column.rows) for _, _, column in columns], np.int64)
    kinds = np.array([kind for _, kind, _ in columns], np.uint8)
    floats, float_codes = _numbers(columns, counts, kinds, FLOAT)
    ints, int_codes = _numbers(columns, counts, kinds, INT)
    codes = np.full(len(columns), STORED_TEXT, np.uint8)
    codes[kinds == FLOAT], codes[kinds == INT] = float_codes, int_codes
    yield np.array([number for number, _, _ in columns], "<u4").tobytes()
    yield kinds.tobytes()
    yield codes.tobytes()
    yield counts.astype("<u4").tobytes()
    yield _bitmaps(columns, len(steps))
    float_storage = np.repeat(float_codes, counts[kinds == FLOAT])
    int_storage = np.repeat(int_codes, counts[kinds == INT])
    for code, dtype in enumerate(DTYPES):
        block = [floats[float_storage == code].astype(dtype), ints[int_storage == code].astype(dtype)]
        yield packing.shuffle(np.concatenate(_interleave(block, code, codes, kinds, counts)))
    texts = [text.encode() for _, kind, column in columns if kind == TEXT for text in column.values]
    yield np.array([len(text) for text in texts], "<u4").tobytes()
    yield b"".join(texts)


def _numbers(
    columns: list[tuple[int, int, _Column]], counts: Ints, kinds: Bytes, kind: int
) -> tuple[NDArray[Any], Bytes]:
    values: list[Any] = []
    for _, which, column in columns:
        if which == kind:
            values.extend(column.values)
    sizes = counts[kinds == kind]
    starts = np.cumsum(sizes) - sizes
    if kind == FLOAT:
        floats = np.array(values, np.float64)
        return floats, packing.choose_floats(floats, starts) if len(floats) else np.empty(0, np.uint8)
    ints = np.array(values, np.int64)
    return ints, packing.choose_ints(ints, starts) if len(ints) else np.empty(0, np.uint8)


def _interleave(block: list[NDArray[Any]], code: int, codes: Bytes, kinds: Bytes, counts: Ints) -> list[NDArray[Any]]:
    """Floats and integers that share a storage, put back into the order of the columns."""
    if not len(block[0]) or not len(block[1]):
        return block
    mine = codes == code
    is_int = np.repeat(kinds[mine] == INT, counts[mine])
    out = np.empty(len(is_int), block[0].dtype)
    out[~is_int], out[is_int] = block
    return [out]


def _bitmaps(columns: list[tuple[int, int, _Column]], rows: int) -> bytes:
    sparse = [column.rows for _, _, column in columns if len(column.rows) < rows]
    width = (rows + 7) // 8
    out = np.zeros((len(sparse), width), np.uint8)
    for first in range(0, len(sparse), step := max(1, _SLAB // rows)):
        slab = sparse[first : first + step]
        bits = np.zeros((len(slab), rows), np.bool_)
        column = np.repeat(np.arange(len(slab)), [len(members) for members in slab])
        bits[column, np.array([row for members in slab for row in members], np.intp)] = True
        out[first : first + step] = np.packbits(bits, axis=1, bitorder="little")
    return out.tobytes()


# --- decode ---------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> list[Row]:
    """The rows that were encoded. BatchCorrupt."""
    return to_rows(decode_columns(data))


def to_rows(columns: Columns) -> list[Row]:
    """A decoded batch as rows; the keys of a row come in alphabetical order."""
    rows = [Row(step, time, {}) for step, time in zip(columns.steps.tolist(), columns.times.tolist(), strict=True)]
    values = columns.cells.python()
    for key, row, value in zip(columns.key_of.tolist(), columns.row_of.tolist(), values, strict=True):
        rows[row].values[columns.keys[key]] = value
    return rows


def decode_columns(data: bytes) -> Columns:
    """The batch as columns, every byte of it accounted for and checked. BatchCorrupt; memory is bounded by MAX_RAW."""
    header, cursor = _begin(data)
    steps = packing.sums(cursor.shuffled(np.dtype("<i8"), header.rows))
    times, keys, layout = _read_times(cursor, header), _read_keys(cursor, header), _read_layout(cursor, header)
    column_of, row_of = _read_presence(cursor, header, layout)
    cells = _read_cells(cursor, header, layout, column_of)
    cursor.close()
    key_of = layout.key[column_of]
    _check_single(key_of, row_of, layout, header)
    return Columns(steps, times, keys, key_of, row_of, cells)


def verify(data: bytes) -> Header:
    """The header of a batch that `decode_columns` can read; BatchCorrupt for any other.

    Any bits are a number, so numbers are only counted: a server can afford this for every batch it takes.
    """
    header, cursor = _begin(data)
    cursor.bytes(8 * header.rows)
    _read_times(cursor, header)
    _read_keys(cursor, header)
    layout = _read_layout(cursor, header)
    if (layout.key[1:] == layout.key[:-1]).any():
        column_of, row_of = _read_presence(cursor, header, layout)
        _check_single(layout.key[column_of], row_of, layout, header)
    else:
        _read_bitmaps(*_bitmaps_of(cursor, header, layout), header.rows)
    held = np.bincount(layout.storage, layout.count, STORED_TEXT + 1).astype(np.int64).tolist()
    for code, dtype in enumerate(DTYPES):
        cursor.bytes(held[code] * dtype.itemsize)
    _read_texts(cursor, held[STORED_TEXT])
    cursor.close()
    return header


def _begin(data: bytes) -> tuple[Header, Cursor]:
    """The header, and the body before its first byte."""
    header = inspect(data)
    if header.raw < 16 * header.rows:
        raise _corrupt("its body is too short for its rows")
    return header, Cursor(packing.decompress(memoryview(data)[_HEADER.size :], header.raw, _corrupt), _corrupt)


def _read_times(cursor: Cursor, header: Header) -> NDArray[np.float64]:
    times = packing.sums(cursor.shuffled(np.dtype("<i8"), header.rows)).view(np.float64)
    if not np.isfinite(times).all():
        raise _corrupt("a time is not finite")
    return times


@dataclass(frozen=True, slots=True)
class _Layout:
    """The column directory: key number, kind, storage and number of cells of each."""

    key: Index
    kind: Bytes
    storage: Bytes
    count: Ints


def _read_keys(cursor: Cursor, header: Header) -> tuple[str, ...]:
    sizes = cursor.bytes(4 * header.keys).tobytes()
    blob = cursor.bytes(int(np.frombuffer(sizes, "<u4").sum(dtype=np.int64))).tobytes()
    return (_names if len(blob) <= _SMALL_NAMES else _names.__wrapped__)(sizes, blob)


@lru_cache(maxsize=64)
def _names(lengths: bytes, blob: bytes) -> tuple[str, ...]:
    """The keys of a batch, checked. A writer's batches mostly have the same ones."""
    sizes = np.frombuffer(lengths, "<u4")
    if len(sizes) and (sizes.min() < 1 or sizes.max() > MAX_KEY):
        raise _corrupt(f"a key is empty or longer than {MAX_KEY} bytes")
    try:
        keys = tuple(blob[a:b].decode() for a, b in pairwise(accumulate(sizes.tolist(), initial=0)))
    except UnicodeDecodeError:
        raise _corrupt("a key is not UTF-8") from None
    if len(set(keys)) != len(sizes) or b"\0" in blob or not RESERVED.isdisjoint(keys):
        raise _corrupt("a key is there twice, is reserved, or has a NUL in it")
    return keys


def _read_layout(cursor: Cursor, header: Header) -> _Layout:
    directory = cursor.bytes(10 * header.columns).tobytes()
    make = _layout if header.columns <= _SMALL_LAYOUT else _layout.__wrapped__
    return make(directory, header.rows, header.keys, header.columns, header.cells)


@lru_cache(maxsize=256)
def _layout(directory: bytes, rows: int, keys: int, count: int, cells: int) -> _Layout:
    """The column directory, checked. A writer's batches mostly have the same one."""
    cursor = Cursor(directory, _corrupt)
    layout = _Layout(
        cursor.plain("<u4", count).astype(np.intp),
        cursor.plain("u1", count),
        cursor.plain("u1", count),
        cursor.plain("<u4", count).astype(np.int64),
    )
    place = layout.key * 4 + layout.kind
    floats, ints, texts = (layout.kind == kind for kind in (FLOAT, INT, TEXT))
    storage = layout.storage
    fits = (
        (floats & (storage <= I32)) | (ints & (storage >= I8) & (storage <= I64)) | (texts & (storage == STORED_TEXT))
    )
    covered = np.array_equal(np.unique(layout.key), np.arange(keys))
    if not fits.all() or not covered or (count and (np.diff(place) <= 0).any()):
        raise _corrupt("its columns are not in order, or of an unknown kind")
    if count and (layout.count.min() < 1 or layout.count.max() > rows):
        raise _corrupt("a column has no cells, or more than there are rows")
    if int(layout.count.sum()) != cells:
        raise _corrupt("its columns do not add up to its cells")
    return layout


def _read_presence(cursor: Cursor, header: Header, layout: _Layout) -> tuple[Index, Index]:
    """The column and the row of every cell, in order of column, then row."""
    bitmaps, counts = _bitmaps_of(cursor, header, layout)
    column_of = np.repeat(np.arange(header.columns), layout.count)
    if not len(bitmaps):
        return column_of, np.tile(np.arange(header.rows), header.columns)
    row_of = np.empty(header.cells, np.intp)
    dense_cells = (layout.count == header.rows)[column_of]
    row_of[dense_cells] = np.tile(np.arange(header.rows), header.columns - len(bitmaps))
    row_of[~dense_cells] = _read_bitmaps(bitmaps, counts, header.rows)
    return column_of, row_of


def _bitmaps_of(cursor: Cursor, header: Header, layout: _Layout) -> tuple[Bytes, Ints]:
    """The bitmaps of the columns that have fewer cells than rows, and how many cells these have."""
    sparse = layout.count[layout.count < header.rows]
    width = (header.rows + 7) // 8
    return cursor.bytes(len(sparse) * width).reshape(len(sparse), width), sparse


def _read_bitmaps(bitmaps: Bytes, counts: Ints, rows: int) -> Index:
    found: list[Index] = [np.empty(0, np.intp)]
    for first in range(0, len(bitmaps), step := max(1, _SLAB // rows)):
        bits = np.unpackbits(bitmaps[first : first + step], axis=1, bitorder="little")
        if bits[:, rows:].any() or not np.array_equal(bits.sum(axis=1, dtype=np.int64), counts[first : first + step]):
            raise _corrupt("a column's bitmap does not match its count")
        found.append(np.nonzero(bits)[1])
    return np.concatenate(found)


def _read_cells(cursor: Cursor, header: Header, layout: _Layout, column_of: Index) -> Cells:
    bits = np.empty(header.cells, np.int64)
    kinds = layout.kind[column_of]
    storage = layout.storage[column_of]
    per_storage = np.bincount(storage, minlength=STORED_TEXT + 1).tolist()
    for code, dtype in enumerate(DTYPES):
        if not per_storage[code]:
            continue
        values = cursor.shuffled(dtype, per_storage[code])
        mine = storage == code
        as_ints = values.astype(np.int64) if code > 1 else np.zeros(len(values), np.int64)
        bits[mine] = np.where(kinds[mine] == FLOAT, values.astype(np.float64).view(np.int64), as_ints)
    texts = _read_texts(cursor, per_storage[STORED_TEXT])
    bits[storage == STORED_TEXT] = np.arange(len(texts))
    return Cells(kinds, bits, texts)


def _read_texts(cursor: Cursor, count: int) -> list[str]:
    if not count:
        return []
    sizes = cursor.plain("<u4", count).astype(np.int64)
    blob = cursor.bytes(int(sizes.sum())).tobytes()
    try:
        texts = [blob[a:b].decode() for a, b in pairwise(accumulate(sizes.tolist(), initial=0))]
        for text in texts:
            check_text(text)
    except (UnicodeDecodeError, ValueInvalid) as error:
        raise _corrupt(f"a value is not JSON in UTF-8 ({error})") from None
    return texts


def _check_single(key_of: Index, row_of: Index, layout: _Layout, header: Header) -> None:
    """A row has a key once, even where the key has columns of more than one kind."""
    repeated = np.zeros(header.keys, np.bool_)
    repeated[layout.key[1:][layout.key[1:] == layout.key[:-1]]] = True
    mixed = repeated[key_of]
    places = key_of[mixed] * header.rows + row_of[mixed]
    if len(np.unique(places)) != len(places):
        raise _corrupt("a row has the same key twice")
