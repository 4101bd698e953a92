"""Where content is cut must never move by accident: new content would stop sharing chunks with old."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from blake3 import blake3
from blobs.data import noise
from hypothesis import given, settings
from hypothesis import strategies as st

from museion.blobs.chunker import MAX_CHUNK, MEAN_CHUNK, MIN_CHUNK, WINDOW, chunks, windows

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "cuts-v1.json").read_text())


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_cuts_are_where_they_always_were(case) -> None:
    data = noise(case["name"], case["size"])
    assert blake3(data).hexdigest() == case["blake3"]
    assert [length for _, length in chunks(data)] == case["lengths"]


@given(st.integers(0, 3 << 20), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_cuts_cover_everything_within_bounds(size, name) -> None:
    cuts = chunks(noise(str(name), size))
    at = 0
    for offset, length in cuts:
        assert offset == at
        assert length <= MAX_CHUNK
        at += length
    assert at == size
    assert all(length >= MIN_CHUNK for _, length in cuts[:-1])
    assert len(cuts) == (size > 0) or size >= MEAN_CHUNK


@pytest.mark.parametrize(
    "size", [0, 1, MEAN_CHUNK, WINDOW - 1, WINDOW, WINDOW + 1, WINDOW + MAX_CHUNK, 2 * WINDOW + 99_999]
)
@pytest.mark.parametrize("step", [MAX_CHUNK, 70_001])
def test_a_stream_is_cut_as_the_whole_is(size, step) -> None:
    data = noise("stream", size)
    source, whole, lengths, seen = io.BytesIO(data), blake3(), [], blake3()
    for window in windows(lambda view: source.readinto(view[:step]), whole):
        for offset, length in window.cuts:
            seen.update(window.view[offset : offset + length])
            lengths.append(length)
    assert lengths == [length for _, length in chunks(data)]
    assert whole.digest() == seen.digest() == blake3(data).digest()


def test_an_insertion_moves_only_the_cuts_near_it() -> None:
    data = noise("base", 8 << 20)
    before = {blake3(data[a : a + n]).digest() for a, n in chunks(data)}
    changed = data[: 4 << 20] + b"inserted" + data[4 << 20 :]
    after = {blake3(changed[a : a + n]).digest() for a, n in chunks(changed)}
    assert len(after - before) <= 3


def test_a_reader_that_fails_is_heard() -> None:
    served = iter([WINDOW])

    def read(view: memoryview) -> int:
        if next(served, None) is None:
            raise OSError("the disk is gone")
        return len(view)

    with pytest.raises(OSError, match="the disk is gone"):
        list(windows(read, blake3()))


def test_the_slow_fallback_is_refused() -> None:
    code = "import sys; sys.modules['pyfastcdc.cy'] = None\nimport museion.blobs.chunker"
    run = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True)
    assert run.returncode == 1
    assert "UsageError: The compiled part of pyfastcdc is missing" in run.stderr
    assert "pip install" in run.stderr
