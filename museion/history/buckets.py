"""Minimum, maximum and mean per bucket, with the places where the extremes are: how a spike survives every zoom."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import BatchCorrupt
from museion.history import packing
from museion.history.packing import DTYPES, Floats, Index, Ints

MAX_BUCKETS = 2048
_HEADER = struct.Struct("<4sHHIII")
_PLACES = ("first", "last", "at_min", "at_max")


@dataclass(frozen=True, slots=True)
class Buckets:
    """Arrays of one length. `first`, `last`: x of the bucket's ends; `at_min`, `at_max`: x of its extremes.

    `count` is how many points it holds, `valid` how many are not NaN; min, max and mean leave NaN out
    and are NaN where nothing else is there. x is a step (int64) or any f64.
    """

    first: NDArray[Any]
    last: NDArray[Any]
    at_min: NDArray[Any]
    at_max: NDArray[Any]
    min: Floats
    max: Floats
    mean: Floats
    count: Ints
    valid: Ints

    def __len__(self) -> int:
        return len(self.first)

    def take(self, index: Index | slice) -> Buckets:
        return Buckets(*(getattr(self, field.name)[index] for field in fields(self)))

    def columns(self) -> list[NDArray[Any]]:
        return [getattr(self, field.name) for field in fields(self)]


def single(x: NDArray[Any], y: Floats) -> Buckets:
    """Every point its own bucket."""
    ones = np.ones(len(x), np.int64)
    return Buckets(x, x, x, x, y, y, y, ones, (~np.isnan(y)).astype(np.int64))


def join(a: Buckets, b: Buckets) -> Buckets:
    """a, then b."""
    return Buckets(*(np.concatenate(pair) for pair in zip(a.columns(), b.columns(), strict=True)))


def merge(buckets: Buckets, starts: Index) -> Buckets:
    """Neighbours melted together; group i begins at `starts[i]`."""
    if len(starts) == len(buckets):
        return buckets
    ends = np.append(starts[1:], len(buckets)) - 1
    low, high = _place(buckets.min, starts, np.fmin), _place(buckets.max, starts, np.fmax)
    valid = np.add.reduceat(buckets.valid, starts)
    with np.errstate(over="ignore", invalid="ignore"):
        share = buckets.valid / np.maximum(1, np.repeat(valid, ends - starts + 1))
        mean = np.add.reduceat(np.where(buckets.valid > 0, buckets.mean, 0.0) * share, starts)
    return Buckets(
        buckets.first[starts],
        buckets.last[ends],
        buckets.at_min[low],
        buckets.at_max[high],
        buckets.min[low],
        buckets.max[high],
        np.where(valid > 0, mean, np.nan),
        np.add.reduceat(buckets.count, starts),
        valid,
    )


def _place(values: Floats, starts: Index, pick: np.ufunc) -> Index:
    """Where each group has its extreme for the first time; its beginning if all of it is NaN."""
    sizes = np.diff(np.append(starts, len(values)))
    hit = values == np.repeat(pick.reduceat(values, starts), sizes)
    place = np.minimum.reduceat(np.where(hit, np.arange(len(values)), len(values)), starts)
    return np.where(place == len(values), starts, place).astype(np.intp)


def shrink(buckets: Buckets, width: int) -> Buckets:
    """At most `width` buckets of about as many points each."""
    return merge(buckets, cuts(buckets, width))


def cuts(buckets: Buckets, width: int) -> Index:
    """Where the at most `width` groups of about as many points each begin."""
    if len(buckets) <= width:
        return np.arange(len(buckets))
    before = np.cumsum(buckets.count) - buckets.count
    total = int(before[-1] + buckets.count[-1])
    group = (before * width) // total if total < 2**63 // width else np.arange(len(buckets)) * width // len(buckets)
    return np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))


def compact(buckets: Buckets) -> Buckets:
    """At most MAX_BUCKETS, about equally full. The width is a power of two, so full buckets stay as they are."""
    if len(buckets) <= MAX_BUCKETS:
        return buckets
    before = np.cumsum(buckets.count) - buckets.count
    total = int(before[-1] + buckets.count[-1])
    group = before >> ((total - 1) // MAX_BUCKETS).bit_length()
    return merge(buckets, np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1]))))


def _corrupt(what: str) -> BatchCorrupt:
    return BatchCorrupt(f"A stored pyramid is damaged: {what}.")


def encode(buckets: Buckets) -> bytes:
    """Bytes of docs/FORMAT.md, "Chunk and pyramid". x must be steps. The mean is kept to f32's precision."""
    with np.errstate(over="ignore"):
        rounded = buckets.mean.astype(np.float32).astype(np.float64)
    mean = np.where(np.isfinite(rounded) == np.isfinite(buckets.mean), rounded, buckets.mean)
    first = buckets.first.astype(np.int64)
    with np.errstate(over="ignore"):
        offsets = [getattr(buckets, name).astype(np.int64) - first for name in _PLACES[1:]]
    ints = [packing.differences(first), *offsets, buckets.count, buckets.valid]
    body = b"".join(map(_int_column, ints)) + b"".join(map(_float_column, (buckets.min, buckets.max, mean)))
    frame = packing.compress(body)
    return _HEADER.pack(b"MUHP", 1, 0, zlib.crc32(frame), len(buckets), len(body)) + frame


def _int_column(values: Ints) -> bytes:
    code = int(packing.choose_ints(values, np.zeros(1, np.intp))[0])
    return bytes([code]) + packing.shuffle(values.astype(DTYPES[code]))


def _float_column(values: Floats) -> bytes:
    code = int(packing.choose_floats(np.ascontiguousarray(values), np.zeros(1, np.intp))[0])
    return bytes([code]) + packing.shuffle(values.astype(DTYPES[code]))


def decode(data: bytes) -> Buckets:
    """The inverse of `encode`. BatchCorrupt names what is wrong."""
    if len(data) < _HEADER.size:
        raise _corrupt("it is short")
    magic, version, _, crc, count, raw = _HEADER.unpack_from(data)
    frame = memoryview(data)[_HEADER.size :]
    if magic != b"MUHP" or version != 1 or zlib.crc32(frame) != crc:
        raise _corrupt("its header or checksum is wrong")
    cursor = packing.Cursor(packing.decompress(frame, raw, _corrupt), _corrupt)

    def column() -> NDArray[Any]:
        return cursor.shuffled(DTYPES[int(cursor.bytes(1)[0])], count)

    ints = [column().astype(np.int64) for _ in range(6)]
    first = packing.sums(ints[0])
    low, high, mean = (column().astype(np.float64) for _ in range(3))
    return Buckets(first, first + ints[1], first + ints[2], first + ints[3], low, high, mean, ints[4], ints[5])
