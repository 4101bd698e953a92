"""The batch codec: nothing changes on the way, and no bytes at all can harm the one who reads them."""

from __future__ import annotations

import json
import math
import random
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from museion.errors import BatchCorrupt, ValueInvalid
from museion.history import batch
from museion.history.batch import Row, decode, decode_columns, encode, inspect, verify

GOLDEN = Path(__file__).parents[1] / "golden"

i64 = st.integers(-(2**63), 2**63 - 1)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from([f"k{i}" for i in range(6)]) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=10
).filter(lambda key: key not in batch.RESERVED)
rows = st.lists(
    st.builds(Row, i64, st.floats(allow_nan=False, allow_infinity=False), st.dictionaries(keys, anything, max_size=6)),
    min_size=1,
    max_size=12,
)


def exact(value: object, inside: bool = False) -> object:
    """Equal only if type, sign of zero and bits of NaN are; JSON, inside lists and dicts, knows only one NaN."""
    if isinstance(value, float):
        return "NaN" if inside and math.isnan(value) else struct.pack("<d", value)
    if isinstance(value, dict):
        return {key: exact(item, True) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item, True) for item in value]
    return (type(value), value)


def exact_row(row: Row) -> object:
    return row.step, exact(row.time), {key: exact(value) for key, value in row.values.items()}


def same(found: list[Row], wanted: list[Row]) -> bool:
    return list(map(exact_row, found)) == list(map(exact_row, wanted))


@given(rows)
@settings(max_examples=200, deadline=None)
def test_what_is_decoded_is_what_was_encoded(logged: list[Row]) -> None:
    assert same(decode(encode(logged)), logged)


def test_values_at_the_edges_come_back_bit_for_bit() -> None:
    values = [-0.0, 0.0, math.nan, math.inf, -math.inf, 5e-324, 1e308, 0.1, float(np.float32(0.1)), 2**63 - 1, -(2**63)]
    values += [2**63, 10**40, True, False, None, "", "\ud800 ☃", {"a": [math.nan, {"b": -0.0}]}, [], {}, 1, 1.0]
    logged = [Row(step, 0.5 * step, {"v": value, "w": value}) for step, value in enumerate(values)]
    assert same(decode(encode(logged)), logged)
    odd_nan = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_1234))[0]
    assert struct.pack("<d", decode(encode([Row(0, 0.0, {"v": odd_nan})]))[0].values["v"]) == struct.pack("<d", odd_nan)


def test_numbers_born_as_float32_take_four_bytes_or_less() -> None:
    noise = np.random.default_rng(1).normal(size=4000).astype(np.float32)
    single = encode([Row(i, i, {"v": float(v)}) for i, v in enumerate(noise)])
    double = encode([Row(i, i, {"v": float(v) * 1.1}) for i, v in enumerate(noise)])
    assert len(single) < 4 * len(noise) + 2000 < len(double)


def test_wide_and_sparse_rows() -> None:
    names = [f"layer.{i}/grad" for i in range(5000)]
    pick = random.Random(2)
    logged = [Row(i, float(i), {key: pick.random() for key in pick.sample(names, 400)}) for i in range(20)]
    data = encode(logged)
    assert same(decode(data), logged)
    assert inspect(data).cells == 8000


@pytest.mark.parametrize(
    "values", [{"": 1}, {"a\0b": 1}, {"\ud800": 1}, {"x" * 1025: 1}, {"_step": 1}, {"a": object()}, {"a": {1, 2}}]
)
def test_what_cannot_be_stored_is_refused_by_the_one_who_logs_it(values: dict) -> None:
    with pytest.raises(ValueInvalid):
        encode([Row(0, 0.0, values)])


def test_deep_and_endless_values_are_refused() -> None:
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    loop: list = []
    loop.append(loop)
    for value in (deep, loop, "x" * (5 << 20)):
        with pytest.raises(ValueInvalid):
            encode([Row(0, 0.0, {"a": value})])
    for row in (Row(2**63, 0.0, {}), Row(0, math.nan, {})):
        with pytest.raises(ValueInvalid):
            encode([row])


SAMPLE = encode(
    [
        Row(i * 3, 1.7e9 + i, {"a": 0.1 * i, "b": i, "c": "text" if i % 2 else 1.5} | ({"d": [i]} if i < 3 else {}))
        for i in range(20)
    ]
)


def resealed(data: bytes, body: bytes) -> bytes:
    """The body replaced, size and checksum made right: what a hostile client would send."""
    checked = data[12:28] + struct.pack("<I", len(body)) + zstandard.ZstdCompressor().compress(body)
    return data[:8] + struct.pack("<I", zlib.crc32(checked)) + checked


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_damaged_bytes_are_called_corrupt_and_nothing_else(data: st.DataObject) -> None:
    bad = bytearray(SAMPLE)
    for _ in range(data.draw(st.integers(1, 4))):
        bad[data.draw(st.integers(0, len(bad) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(bad)))
    for candidate in (bytes(bad), bytes(bad[:cut])):
        if candidate != SAMPLE:
            for read in (decode, verify):
                with pytest.raises(BatchCorrupt):
                    read(candidate)


@given(st.data())
@settings(max_examples=600, deadline=None)
def test_a_hostile_body_under_a_good_checksum_is_refused_or_readable(data: st.DataObject) -> None:
    body = bytearray(zstandard.ZstdDecompressor().decompress(SAMPLE[32:]))
    for _ in range(data.draw(st.integers(1, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    batch = resealed(SAMPLE, bytes(body))
    try:
        found = decode(batch)
    except BatchCorrupt:
        with pytest.raises(BatchCorrupt):
            verify(batch)
        return
    verify(batch)
    assert len(found) == 20
    assert same(decode(encode(found)), found)


@given(st.lists(st.integers(0, 2**32 - 1), min_size=5, max_size=5))
@settings(max_examples=200, deadline=None)
def test_hostile_counts_are_refused(counts: list[int]) -> None:
    checked = struct.pack("<5I", *counts) + SAMPLE[32:]
    with pytest.raises(BatchCorrupt):
        decode_columns(SAMPLE[:8] + struct.pack("<I", zlib.crc32(checked)) + checked)


@pytest.mark.parametrize("stated", [20_000, 4 << 30])
def test_a_decompression_bomb_takes_no_memory(stated: int) -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(64 << 20))
    checked = SAMPLE[12:28] + struct.pack("<I", stated & 0xFFFFFFFF) + bomb
    data = SAMPLE[:8] + struct.pack("<I", zlib.crc32(checked)) + checked
    tracemalloc.start()
    with pytest.raises(BatchCorrupt):
        decode(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 << 20


def golden_rows() -> list[Row]:
    described = json.loads((GOLDEN / "batch-v1.json").read_text())
    read = {"f64": float, "i64": int, "json": json.loads}
    return [
        Row(int(row["step"]), row["time"], {key: read[kind](text) for key, (kind, text) in row["values"].items()})
        for row in described["rows"]
    ]


def test_version_1_is_read_for_ever() -> None:
    assert same(decode((GOLDEN / "batch-v1.bin").read_bytes()), golden_rows())


def test_the_golden_file_holds_what_we_write_today_once_decompressed() -> None:
    golden, today = (GOLDEN / "batch-v1.bin").read_bytes(), encode(golden_rows())
    assert today[:8] + today[12:32] == golden[:8] + golden[12:32]
    unpack = zstandard.ZstdDecompressor().decompress
    assert unpack(today[32:]) == unpack(golden[32:])
