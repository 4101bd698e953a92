"""Numbers made small without loss: narrower storage, byte shuffle, differences, zstd.

A storage code says how a number lies in bytes; demotion picks the narrowest that gives back every bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import zstandard
from numpy.typing import NDArray

from museion.errors import BatchCorrupt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]
Index = NDArray[np.intp]

F64, F32, I8, U8, I16, U16, I32, I64 = range(8)
DTYPES = tuple(np.dtype(name) for name in ("<f8", "<f4", "i1", "u1", "<i2", "<u2", "<i4", "<i8"))
_NARROW = ((I32, -(2**31), 2**31 - 1), (U16, 0, 2**16 - 1), (I16, -(2**15), 2**15 - 1), (U8, 0, 255), (I8, -128, 127))
_LEVEL = 1


def shuffle(values: NDArray[Any]) -> bytes:
    """All first bytes, then all second bytes, …: neighbours are alike, so zstd finds more."""
    if values.dtype.itemsize == 1:
        return values.tobytes()
    flat = np.ascontiguousarray(values)
    return flat.view(np.uint8).reshape(len(flat), flat.dtype.itemsize).T.tobytes()


def unshuffle(data: Bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The inverse of `shuffle`."""
    if dtype.itemsize == 1:
        return data.view(dtype)
    return np.ascontiguousarray(data.reshape(dtype.itemsize, -1).T).view(dtype).reshape(-1)


def differences(values: Ints) -> Ints:
    """The first value, then each minus the one before, modulo 2⁶⁴."""
    out = values.copy()
    with np.errstate(over="ignore"):
        out[1:] -= values[:-1]
    return out


def sums(values: Ints) -> Ints:
    """The inverse of `differences`."""
    return np.cumsum(values.view(np.uint64), dtype=np.uint64).view(np.int64)


def choose_floats(values: Floats, starts: Index) -> Bytes:
    """The storage code for each group of `values` (groups begin at `starts`); every bit must come back."""
    bits = values.view(np.int64)
    with np.errstate(invalid="ignore", over="ignore"):
        whole = values.astype(np.int64)
        is_whole = whole.astype(np.float64).view(np.int64) == bits
        is_single = values.astype(np.float32).astype(np.float64).view(np.int64) == bits
    codes = np.where(np.logical_and.reduceat(is_single, starts), F32, F64).astype(np.uint8)
    return _narrow(codes, whole, starts, np.logical_and.reduceat(is_whole, starts))


def choose_ints(values: Ints, starts: Index) -> Bytes:
    """The storage code for each group of integers."""
    return _narrow(np.full(len(starts), I64, np.uint8), values, starts, np.ones(len(starts), np.bool_))


def _narrow(codes: Bytes, whole: Ints, starts: Index, allowed: NDArray[np.bool_]) -> Bytes:
    low, high = np.minimum.reduceat(whole, starts), np.maximum.reduceat(whole, starts)
    for code, least, most in _NARROW:
        codes[allowed & (low >= least) & (high <= most)] = code
    return codes


def compress(raw: bytes) -> bytes:
    """One zstd frame that states its content size."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(raw)


def decompress(data: bytes | memoryview, size: int, fail: Callable[[str], BatchCorrupt]) -> bytes:
    """The `size` bytes in a zstd frame; nothing is allocated before the frame admits to that size."""
    try:
        params = zstandard.get_frame_parameters(data)
        if params.content_size != size or params.dict_id or params.window_size > 1 << 27:
            raise fail("the compressed body states another size")
        raw = zstandard.ZstdDecompressor().decompress(data, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise fail(f"the compressed body is unreadable ({error})") from None
    if len(raw) != size:
        raise fail("the compressed body is short")
    return raw


class Cursor:
    """Takes typed arrays off a buffer, one after another; asking for more than there is, is an error."""

    def __init__(self, raw: bytes, fail: Callable[[str], BatchCorrupt]) -> None:
        self.raw = np.frombuffer(raw, np.uint8)
        self.at = 0
        self.fail = fail

    def bytes(self, count: int) -> Bytes:
        if count < 0 or count > len(self.raw) - self.at:
            raise self.fail("the body ends early")
        self.at += count
        return self.raw[self.at - count : self.at]

    def plain(self, dtype: str, count: int) -> NDArray[Any]:
        """`count` values as they are."""
        kind = np.dtype(dtype)
        return np.frombuffer(self.bytes(count * kind.itemsize).tobytes(), kind)

    def shuffled(self, dtype: np.dtype[Any], count: int) -> NDArray[Any]:
        """`count` values, shuffled together."""
        return unshuffle(self.bytes(count * dtype.itemsize), dtype)

    def close(self) -> None:
        if self.at != len(self.raw):
            raise self.fail("there are bytes left over")
