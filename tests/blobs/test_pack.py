"""Packs: the golden file, round trips, and every kind of lie."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import zstandard
from blake3 import blake3
from blobs import pack_faults
from blobs.data import noise, pack
from blobs.make_golden import squeezable
from hypothesis import given, settings
from hypothesis import strategies as st

from museion.blobs.codec import decode, encode
from museion.blobs.pack import PackWriter, build_pack, pread_of, read_footer, verify_pack
from museion.errors import PackCorrupt

GOLDEN = Path(__file__).parents[1] / "golden"


def opened(body: bytes):
    footer = read_footer(pread_of(body), len(body))
    verify_pack(pread_of(body), footer)
    return footer


def test_the_golden_pack_is_read_and_written_alike() -> None:
    body, said = (GOLDEN / "pack-v1.bin").read_bytes(), json.loads((GOLDEN / "pack-v1.json").read_text())
    footer = opened(body)
    assert footer.id == said["id"]
    found = [{"hash": e.hash.hex(), "offset": e.offset, "length": e.length} for e in footer.entries]
    assert found == said["chunks"]
    contents = [noise(one["name"], one["size"]) for one in said["content"]]
    assert build_pack((blake3(data).digest(), data) for data in contents) == body


def test_the_golden_compressed_pack_is_read() -> None:
    body, said = (GOLDEN / "pack-v2.bin").read_bytes(), json.loads((GOLDEN / "pack-v2.json").read_text())
    footer = opened(body)
    assert footer.id == said["id"]
    found = [{"hash": e.hash.hex(), "codec": e.codec, "length": e.length} for e in footer.entries]
    assert found == said["chunks"]
    assert [e.codec for e in footer.entries] == [0, 1, 2, 4]
    read = [decode(e.codec, body[e.offset : e.offset + e.stored], e.length) for e in footer.entries]
    assert read == list(squeezable().values())


@given(st.binary(max_size=40), st.integers(0, 200), st.sampled_from([1, 2, 4]))
@settings(deadline=None)
def test_what_is_squeezed_comes_out(unit, times, width) -> None:
    data = unit * times + bytes(range(width + 1))
    codec, stored = encode(data)
    assert decode(codec, bytes(stored), len(data)) == data
    assert codec == 0 or len(stored) <= 0.9 * len(data)


def bomb(length: int, claimed: int) -> bytes:
    """A pack whose only chunk says it has `claimed` bytes, and holds a zstd frame of `length` zeros."""
    parts: list[bytes] = []
    writer = PackWriter(parts.append, squeeze=True)
    writer.add_stored(blake3(bytes(claimed)).digest(), zstandard.compress(bytes(length)), claimed, 1)
    writer.close()
    return b"".join(parts)


def test_a_decompression_bomb_makes_no_more_than_it_says() -> None:
    opened(bomb(1 << 20, 1 << 20))
    for body in (bomb(512 << 20, 1 << 20), bomb(1 << 20, 1 << 19), bomb(1 << 19, 1 << 20)):
        with pytest.raises(PackCorrupt):
            opened(body)
    unsized = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 << 20))
    with pytest.raises(PackCorrupt):
        decode(1, unsized, 1 << 20)
    with pytest.raises(PackCorrupt):
        opened(bomb(2 << 20, 2 << 20))


@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=40, unique=True))
@settings(deadline=None)
def test_what_is_packed_comes_out(contents) -> None:
    body = build_pack((blake3(data).digest(), data) for data in contents)
    footer = opened(body)
    assert [body[e.offset : e.offset + e.stored] for e in footer.entries] == contents
    assert footer.size == len(body)


def test_the_faults_start_from_a_good_pack() -> None:
    good = pack(b"one", b"two", noise("three", 5000))
    assert pack_faults.rebuilt(good, lambda rows: None) == good
    assert len(opened(good).entries) == 3
    assert len(pack_faults.FAULTS) >= 20


@pytest.mark.parametrize("fault", pack_faults.FAULTS, ids=lambda fault: fault.__name__)
def test_a_lie_is_found(fault) -> None:
    with pytest.raises(PackCorrupt):
        opened(fault(pack(b"one", b"two", noise("three", 5000))))


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_any_changed_byte_is_found(data) -> None:
    good = bytearray(pack(b"one", b"two", noise("three", 200)))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(PackCorrupt):
        opened(bytes(good))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_any_changed_byte_of_a_compressed_pack_is_found(data) -> None:
    good = bytearray(build_pack([(blake3(b"ab" * 900).digest(), b"ab" * 900)], squeeze=True))
    at = data.draw(st.integers(0, len(good) - 1))
    good[at] ^= data.draw(st.integers(1, 255))
    try:
        footer = opened(bytes(good))
    except PackCorrupt:
        return
    entry = footer.entries[0]  # a bit that zstd does not look at: what comes out is still what the hash says
    assert decode(entry.codec, bytes(good[entry.offset : entry.offset + entry.stored]), entry.length) == b"ab" * 900


@given(st.binary(max_size=400), st.integers(0, 400))
@settings(max_examples=300, deadline=None)
def test_noise_is_no_pack(noise_bytes, keep) -> None:
    good = pack(b"one", b"two")
    with pytest.raises(PackCorrupt):
        opened(noise_bytes + good[min(keep, len(good)) + 1 :])


def test_a_writer_says_when_it_is_full() -> None:
    parts: list[bytes] = []
    writer = PackWriter(parts.append, limit=10_000)
    while writer.fits(900):
        data = os.urandom(900)
        writer.add(blake3(data).digest(), data)
    writer.close()
    body = b"".join(parts)
    assert 9_000 < len(body) <= 10_000
    opened(body)
