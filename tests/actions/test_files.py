"""Files of runs, and the console."""

from __future__ import annotations

from typing import Any

import pytest

from museion.actions.log_console import log_console, read_console
from museion.actions.save_files import NewFile, list_files, open_file, save_files
from museion.actions.uploads import have_files, open_upload
from museion.actions.upsert_run import RunChange, upsert_run
from museion.errors import (
    BlobsMissing,
    FileMissing,
    NotFound,
    PathInvalid,
    ProjectNotFound,
    RunNotFound,
    SequenceGap,
    ValueInvalid,
)
from museion.model.digest import digest_bytes


def _put(lab: Any, path: str, data: bytes) -> NewFile:
    return NewFile(path, lab.stores.blobs.put_bytes(data, "ada/digits"), len(data))


def test_a_file_is_saved_replaced_and_read(lab: Any) -> None:
    lab.run("aaa")
    save_files(*lab.place, "aaa", [_put(lab, "logs/a.txt", b"one")])
    save_files(*lab.place, "aaa", [_put(lab, "logs/a.txt", b"other")])
    found = open_file(*lab.place, "aaa", "logs/a.txt")
    assert b"".join(lab.stores.blobs.open(found.digest)) == b"other"
    assert list_files(*lab.place, "aaa").total == 1


def test_files_come_in_pages(lab: Any) -> None:
    lab.run("aaa")
    save_files(*lab.place, "aaa", [_put(lab, f"d/{i}_%", str(i).encode()) for i in range(7)] + [_put(lab, "e", b"e")])
    first = list_files(*lab.place, "aaa", prefix="d/", limit=5)
    rest = list_files(*lab.place, "aaa", prefix="d/", limit=5, cursor=first.next)
    assert [f.path for f in first.files + rest.files] == [f"d/{i}_%" for i in range(7)]
    assert (first.total, first.size, rest.next) == (7, 7, None)


@pytest.mark.parametrize("path", ["../a", "/a", "a\0b", "a\\b", "a//b", ""])
def test_unsafe_paths_are_refused(lab: Any, path: str) -> None:
    lab.run("aaa")
    with pytest.raises(PathInvalid):
        save_files(*lab.place, "aaa", [NewFile(path, digest_bytes(b"x"), 1)])
    with pytest.raises(PathInvalid):
        open_file(*lab.place, "aaa", path)


def test_what_is_missing_or_lies_is_refused(lab: Any) -> None:
    lab.run("aaa")
    absent = NewFile("a", digest_bytes(b"absent"), 6)
    with pytest.raises(BlobsMissing) as caught:
        save_files(*lab.place, "aaa", [absent])
    assert caught.value.details["missing"] == [absent.digest]
    there = _put(lab, "a", b"there")
    with pytest.raises(ValueInvalid):
        save_files(*lab.place, "aaa", [NewFile("a", there.digest, 4)])
    with pytest.raises(ValueInvalid):
        save_files(*lab.place, "aaa", [there, there])
    with pytest.raises(RunNotFound):
        save_files(*lab.place, "zzz", [there])
    with pytest.raises(FileMissing):
        open_file(*lab.place, "aaa", "a")


def test_an_upload_belongs_to_one_project_and_ends(lab: Any) -> None:
    lab.run("aaa")
    upsert_run(lab.stores, "bob", "other", "bbb", RunChange())
    upload = open_upload(*lab.place, seconds=100)
    known = _put(lab, "a", b"known")
    assert have_files(*lab.place, upload.upload, [known.digest, digest_bytes(b"no")]) == [True, False]
    save_files(*lab.place, "aaa", [known], upload=upload.upload)
    with pytest.raises(NotFound):
        have_files(lab.stores, "bob", "other", upload.upload, [known.digest])
    lab.clock.now += 200
    with pytest.raises(NotFound):
        save_files(*lab.place, "aaa", [known], upload=upload.upload)
    with pytest.raises(ProjectNotFound):
        open_upload(lab.stores, "bob", "nothing")


# Console


def _lines(start: int, stop: int) -> list[tuple[float, str, str]]:
    return [(float(i), "stderr" if i % 5 == 0 else "stdout", f"line {i}\r\x1b[0m ü \ud800") for i in range(start, stop)]


def test_lines_are_numbered_over_the_run_and_a_retry_adds_none(lab: Any) -> None:
    lab.run("aaa")
    assert log_console(*lab.place, "aaa", "w1", 0, _lines(0, 3)) == 3
    assert log_console(*lab.place, "aaa", "w1", 0, _lines(0, 3)) == 3
    assert log_console(*lab.place, "aaa", "w1", 1, _lines(1, 5)) == 5
    assert log_console(*lab.place, "aaa", "w2", 0, _lines(90, 91)) == 1
    page = read_console(*lab.place, "aaa")
    assert [(line.number, line.time) for line in page.lines] == [(0, 0), (1, 1), (2, 2), (3, 3), (4, 4), (5, 90)]
    assert (page.total, page.lines[0].stream, page.lines[1].text) == (6, "stderr", _lines(1, 2)[0][2])


def test_a_gap_says_what_comes_next(lab: Any) -> None:
    lab.run("aaa")
    log_console(*lab.place, "aaa", "w", 0, _lines(0, 2))
    with pytest.raises(SequenceGap) as caught:
        log_console(*lab.place, "aaa", "w", 3, _lines(3, 4))
    assert caught.value.details["next_seq"] == 2


@pytest.mark.parametrize("size", [1, 7, 400, 2_000])
def test_blocks_do_not_show(lab: Any, size: int) -> None:
    lab.run("aaa")
    for start in range(0, 1_400, size):
        log_console(*lab.place, "aaa", "w", start, _lines(start, min(start + size, 1_400)))
        if size == 1 and start > 600:
            return
    page = read_console(*lab.place, "aaa", start=511, limit=3)
    assert [(line.number, line.time) for line in page.lines] == [(511, 511), (512, 512), (513, 513)]
    assert page.total == 1_400
    found = read_console(*lab.place, "aaa", q="LINE 139")
    assert [line.number for line in found.lines] == [139, *range(1390, 1400)]
    assert (found.total, len(read_console(*lab.place, "aaa", q="139", start=1395).lines)) == (11, 5)
