"""The journal: what was appended is read, wherever the file was cut or scribbled on."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museion.errors import JournalCorrupt, StorageFull, ValueInvalid
from museion.sdk.journal import MAGIC, JournalReader, JournalWriter, Kind, frame, records

GOLDEN = Path(__file__).parents[1] / "golden" / "journal-v1.bin"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ENTRIES = st.lists(st.tuples(st.sampled_from([Kind.ROW, Kind.EVENT, Kind.CONSOLE]), VALUES), max_size=12)


def write(path: Path, entries: list) -> bytes:
    path.unlink(missing_ok=True)
    writer = JournalWriter(path, {"writer": "w"})
    for kind, value in entries:
        writer.append(kind, value)
    writer.close()
    return path.read_bytes()


def read(path: Path) -> list:
    return [(record.kind, record.value) for record in records(path)][1:]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("journal") / "w.journal"


@given(ENTRIES)
def test_what_was_appended_is_read(scratch: Path, entries: list) -> None:
    write(scratch, entries)
    assert read(scratch) == entries


@given(ENTRIES, st.data())
def test_a_torn_tail_costs_only_the_record_it_tore(scratch: Path, entries: list, data: st.DataObject) -> None:
    whole = write(scratch, entries)
    ends = [record.end for record in records(scratch)]
    cut = data.draw(st.integers(ends[0], len(whole)))
    os.truncate(scratch, cut)
    reader = JournalReader(scratch)
    found = []
    while got := reader.read(final=True):
        found += got
    intact = sum(end <= cut for end in ends)
    assert [(r.kind, r.value) for r in found][1:] == entries[: intact - 1]
    assert reader.skipped == cut - ends[intact - 1]
    reader.close()


@given(ENTRIES, ENTRIES, st.binary(min_size=1, max_size=60))
def test_garbage_in_the_middle_is_stepped_over_and_counted(
    scratch: Path, before: list, after: list, garbage: bytes
) -> None:
    first = write(scratch, before)
    scratch.write_bytes(first + garbage + b"".join(frame(kind, value) for kind, value in after))
    found = read(scratch)
    assert found[: len(before)] == before
    if (MAGIC & 0xFF) not in garbage:
        assert found[len(before) :] == after


@given(st.binary(max_size=400))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatever_break_the_reader(scratch: Path, noise: bytes) -> None:
    scratch.write_bytes(noise)
    for record in records(scratch):
        assert record.end <= len(noise)


def test_a_reader_follows_a_growing_file_byte_by_byte(tmp_path: Path) -> None:
    whole = write(tmp_path / "a.journal", [(Kind.ROW, [i, 1.5, {"x": i}]) for i in range(5)])
    path = tmp_path / "b.journal"
    path.touch()
    reader, found = JournalReader(path), []
    with path.open("ab", buffering=0) as file:
        for byte in whole:
            file.write(bytes([byte]))
            found += reader.read()
    assert [r.value[0] for r in found if r.kind == Kind.ROW] == [0, 1, 2, 3, 4]
    assert reader.skipped == 0
    reader.close()


def test_a_record_longer_than_a_read_is_read(tmp_path: Path) -> None:
    entries = [(Kind.EVENT, "x" * 100_000), (Kind.EVENT, "y")]
    write(tmp_path / "a.journal", entries)
    reader = JournalReader(tmp_path / "a.journal")
    found = []
    while got := reader.read(limit=64):
        found += got
    assert [r.value for r in found][1:] == ["x" * 100_000, "y"]
    reader.close()


def test_nan_and_infinity_survive(tmp_path: Path) -> None:
    write(tmp_path / "a.journal", [(Kind.ROW, [0, 0.0, {"a": math.nan, "b": math.inf}])])
    ((_, (_, _, values)),) = read(tmp_path / "a.journal")
    assert math.isnan(values["a"])
    assert values["b"] == math.inf


@pytest.mark.parametrize("value", [2**64, object(), "\ud800", b"x" * (65 << 20)])
def test_what_cannot_be_held_is_refused(value: object) -> None:
    with pytest.raises(ValueInvalid):
        frame(Kind.EVENT, value)


def test_a_file_that_is_no_journal_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(b"hello, world, this is no journal")
    with pytest.raises(JournalCorrupt, match=r"a\.journal"):
        JournalReader(tmp_path / "a.journal").header()


def test_a_journal_of_a_later_format_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(frame(Kind.HEADER, {"format": 99}))
    reader = JournalReader(tmp_path / "a.journal")
    with pytest.raises(JournalCorrupt, match="newer"):
        reader.header()
    reader.close()


def test_a_full_disk_is_said_at_once_and_read_around(tmp_path: Path) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("no /dev/full here")
    writer = JournalWriter(tmp_path / "a.journal", {})
    os.dup2(full := os.open("/dev/full", os.O_WRONLY), writer._fd)
    os.close(full)
    with pytest.raises(StorageFull, match=r"a\.journal"):
        writer.row(0, 0.0, {"x": 1})
    with pytest.raises(StorageFull, match=r"a\.journal"):
        writer.append(Kind.EVENT, ["x", 0.0, {}])
    writer.close()


def test_rows_of_many_keys_name_them_once(tmp_path: Path) -> None:
    keys = tuple(f"k{i}" for i in range(40))
    other = tuple(reversed(keys))
    writer = JournalWriter(tmp_path / "a.journal", {})
    for step in range(6):
        writer.shaped(step, 1.0, keys, list(range(40)))
    for step in range(6, 9):
        writer.shaped(step, 1.0, other, [None] * 40)
    writer.close()
    found = list(records(writer.path))
    kinds = [r.kind for r in found]
    assert kinds == [Kind.HEADER, Kind.ROW, Kind.SHAPE, *[Kind.ROW] * 6, Kind.SHAPE, Kind.ROW, Kind.ROW]
    rows = [r.value for r in found if r.kind == Kind.ROW]
    assert [row[0] for row in rows] == list(range(9))
    assert rows[0][2] == rows[5][2] == dict(zip(keys, range(40), strict=True))
    assert list(rows[8][2]) == list(other)


def test_a_reader_that_begins_late_knows_the_shapes_before(tmp_path: Path) -> None:
    keys = tuple(f"k{i}" for i in range(40))
    writer = JournalWriter(tmp_path / "a.journal", {})
    for step in range(4):
        writer.shaped(step, 1.0, keys, [0.5] * 40)
    writer.close()
    last = list(records(writer.path))[-2].end
    reader = JournalReader(writer.path, last)
    ((step, _, values),) = [r.value for r in reader.read()]
    assert (step, values) == (3, dict.fromkeys(keys, 0.5))
    reader.close()


def test_a_shaped_row_without_its_shape_is_skipped(tmp_path: Path) -> None:
    write(tmp_path / "a.journal", [(Kind.SHAPED, [3, 0, 0.0, [1.0]]), (Kind.ROW, [0, 0.0, {"x": 1}])])
    reader = JournalReader(tmp_path / "a.journal")
    assert [r.value for r in reader.read(final=True)][1:] == [[0, 0.0, {"x": 1}]]
    assert reader.skipped
    reader.close()


def test_shapes_are_bounded(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.journal", {})
    for number in range(80):
        for step in range(3):
            writer.shaped(step, 1.0, (f"a{number}", f"b{number}"), [1, 2])
    writer.close()
    found = list(records(writer.path))
    assert sum(r.kind == Kind.SHAPE for r in found) == 64
    assert [r.value[2] for r in found if r.kind == Kind.ROW][-1] == {"a79": 1, "b79": 2}


def test_rows_kept_back_come_in_order_with_whatever_is_written_next(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "a.journal", {}, held=4)
    for step in range(6):
        writer.row(step, 1.0, {"x": step})
    assert [value[0] for _, value in read(writer.path)] == [0, 1, 2, 3]
    writer.append(Kind.CONSOLE, [1.0, "stdout", "a"])
    writer.row(6, 1.0, {"x": 6})
    writer.row(7, 9.0, {"x": 7})
    writer.row(8, 9.0, {"x": 8})
    writer.close()
    assert [value[0] for kind, value in read(writer.path)] == [0, 1, 2, 3, 4, 5, 1.0, 6, 7, 8]


def golden_entries() -> list:
    return [
        (Kind.EVENT, ["init", 1700000000.5, {"name": None, "tags": ["a", "é"]}]),
        (Kind.ROW, [0, 1700000001.0, {"loss": 0.5, "n": 3, "ok": True, "text": "x", "none": None}]),
        (Kind.ROW, [-1, 1700000002.0, {"big": 2**63, "inf": math.inf}]),
        (Kind.CONSOLE, [1700000003.0, "stdout", "hello"]),
        (Kind.EVENT, ["finish", 1700000004.0, {"exit_code": 0, "state": "finished"}]),
    ]


def shaped_entries() -> list:
    shape = [(Kind.SHAPE, [0, ["a", "b"]]), (Kind.SHAPED, [0, 1, 1700000002.5, [1, "two"]])]
    return [*golden_entries()[:3], *shape, *golden_entries()[3:]]


def test_the_format_is_what_it_was(tmp_path: Path) -> None:
    golden = GOLDEN.with_name("journal-v2.bin")
    assert write(tmp_path / "g.journal", shaped_entries()) == golden.read_bytes()
    row = (Kind.ROW, [1, 1700000002.5, {"a": 1, "b": "two"}])
    assert read(golden) == [*shaped_entries()[:4], row, *golden_entries()[3:]]


def test_journals_of_the_first_format_still_open() -> None:
    reader = JournalReader(GOLDEN)
    assert reader.header()["format"] == 1
    reader.close()
    assert read(GOLDEN) == golden_entries()
