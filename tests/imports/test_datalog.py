"""The log of an offline W&B run, whole, torn and made up."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from zlib import crc32

import pytest

from museion.errors import Corrupt
from museion.sdk.imports.datalog import BLOCK, HEADER, Datalog
from museion.sdk.imports.protobuf import Field, fields, read


def log(records: list[bytes]) -> bytes:
    """Records framed as W&B's client frames them."""
    out = bytearray(HEADER)
    for record in records:
        first, rest = True, record
        while first or rest:
            room = BLOCK - len(out) % BLOCK
            if room < 7:
                out += bytes(room)
                room = BLOCK
            part, rest = rest[: room - 7], rest[room - 7 :]
            kind = (1 if not rest else 2) if first else (4 if not rest else 3)
            out += struct.pack("<IHB", crc32(part, crc32(bytes([kind]))), len(part), kind) + part
            first = False
    return bytes(out)


def stored(tmp_path: Path, data: bytes) -> Datalog:
    path = tmp_path / "run-x.wandb"
    path.write_bytes(data)
    return Datalog(path)


def test_records_of_any_size_come_back(tmp_path: Path) -> None:
    choose = random.Random(7)
    sizes = [0, 1, 6, 7, 8, BLOCK - 15, BLOCK - 14, BLOCK - 13, BLOCK, 3 * BLOCK + 5]
    records = [choose.randbytes(n) for n in [*sizes, *(choose.randrange(2 * BLOCK) for _ in range(40))]]
    found = stored(tmp_path, log(records))
    assert list(found.records()) == records
    assert found.skipped == 0


def test_a_torn_tail_costs_the_record_it_tore(tmp_path: Path) -> None:
    records = [bytes([n]) * 20_000 for n in range(1, 7)]
    whole = log(records)
    for cut in range(len(HEADER), len(whole), 1_237):
        found = stored(tmp_path, whole[:cut])
        got = list(found.records())
        assert got == records[: len(got)]
        assert len(got) >= (cut - 2 * BLOCK) // 20_100


def test_a_damaged_place_costs_its_block(tmp_path: Path) -> None:
    records = [bytes([n]) * 5_000 for n in range(1, 40)]
    data = bytearray(log(records))
    data[BLOCK + 100] ^= 1
    found = stored(tmp_path, bytes(data))
    got = list(found.records())
    assert 0 < found.skipped <= 2 * BLOCK
    assert len(got) >= len(records) - 9
    assert all(record in records for record in got)


def test_something_else_is_no_log(tmp_path: Path) -> None:
    for data in (b"", b":W&B", b"GIF89a" * 100):
        with pytest.raises(Corrupt):
            list(stored(tmp_path, data).records())


def test_noise_is_never_read_as_a_record(tmp_path: Path) -> None:
    noise = random.Random(3).randbytes(300_000)
    found = stored(tmp_path, HEADER + noise)
    assert list(found.records()) == []
    assert found.skipped > 0


SHAPE = {
    1: Field("name"),
    2: Field("inner", {1: Field("n", "int"), 2: Field("s", "sint"), 3: Field("x", "double")}),
    3: Field("many", many=True),
}


def test_messages_are_read_by_their_numbers() -> None:
    inner = b"\x08\x96\x01" + b"\x10\x05" + b"\x19" + struct.pack("<d", 1.5)
    data = b"\x0a\x03abc" + b"\x12" + bytes([len(inner)]) + inner + b"\x1a\x01x\x1a\x01y" + b"\x78\x01"
    assert read(data, SHAPE) == {"name": "abc", "inner": {"n": 150, "s": -3, "x": 1.5}, "many": ["x", "y"]}


def test_no_bytes_make_the_reader_do_anything_but_refuse() -> None:
    choose = random.Random(11)
    for _ in range(3_000):
        data = choose.randbytes(choose.randrange(40))
        try:
            list(fields(data))
            read(data, SHAPE)
        except Corrupt:
            continue
