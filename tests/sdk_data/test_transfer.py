"""Downloads: few requests, broken off and gone on with, chunks of older versions used again, nothing believed."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from museion import Artifact
from museion.errors import BlobCorrupt, ServerFault, ServerUnreachable, StorageFull
from museion.model.digest import digest_bytes
from museion.model.manifest import Content
from museion.sdk import artifacts, local, partial
from museion.sdk.api import Api
from museion.sdk.partial import PartialFile, Span
from museion.sdk.progress import Lines
from museion.sdk.transport import Reply

MIB = 1 << 20
SILENT = lambda count: None  # noqa: E731


def logged(run, name="data", **files):
    artifact = Artifact(name, "dataset")
    for path, data in files.items():
        with artifact.new_file(path, "wb") as file:
            file.write(data)
    return artifacts.log_artifact(run, artifact).wait()


def fresh(transport, name="data:latest"):
    """The version as another process would get it: nothing of it in memory."""
    return Api({"entity": "me", "project": "p"}, transport=transport).artifact(name)


def reads(transport):
    return [path for method, path in transport.asked if "/files/" in path or path.endswith("/bundle")]


def test_many_small_files_come_in_few_requests_and_a_second_time_in_none(run, transport):
    logged(run, **{f"f{i}": str(i).encode() for i in range(700)}, empty=b"")
    artifact = fresh(transport)
    transport.asked.clear()
    artifact.download("out")
    assert len(reads(transport)) == 2
    assert Path("out/f699").read_bytes() == b"699"
    assert Path("out/empty").read_bytes() == b""
    was = Path("out/f1").stat()
    transport.asked.clear()
    fresh(transport).download("out")
    assert [path for _, path in transport.asked] == [
        f"/api/v1/projects/{run.entity}/{run.project}/artifacts/data/latest"
    ]
    assert (Path("out/f1").stat().st_ino, Path("out/f1").stat().st_mtime_ns) == (was.st_ino, was.st_mtime_ns)


def test_a_large_file_comes_in_ranges_and_goes_on_where_it_broke_off(run, transport, monkeypatch):
    monkeypatch.setattr(partial, "RANGE", 1 * MIB)
    data = os.urandom(5 * MIB + 17)
    logged(run, big=data)
    artifact = fresh(transport)
    came, ask = [], transport.request

    def breaking(method, path, **options):
        answer = ask(method, path, **options)
        if "/files/" not in path:
            return answer
        return Reply(answer.status, answer.headers, pieces=_break(answer.pieces, came))

    monkeypatch.setattr(transport, "request", breaking)
    with pytest.raises(ServerUnreachable):
        artifact.download("out", multipart=True)
    before = sum(came)
    assert 0 < before < len(data)
    assert not Path("out/big").exists()
    monkeypatch.setattr(transport, "request", ask)
    transport.asked.clear()
    artifact.download("out", multipart=True)
    assert Path("out/big").read_bytes() == data
    assert len(reads(transport)) * MIB <= len(data) - before + 2 * MIB
    assert [f.name for f in local.partial_root().iterdir() if f.is_file()] == []


def _break(pieces, came):
    for piece in pieces:
        if sum(came) > 2 * MIB:
            raise ServerUnreachable("gone")
        came.append(len(piece))
        yield piece


def test_without_the_cache_a_large_file_leaves_nothing_behind(run, transport):
    data = os.urandom(2 * MIB)
    logged(run, big=data)
    fresh(transport).download("out", skip_cache=True, multipart=True)
    assert [p.name for p in Path("out").iterdir()] == ["big"]
    assert Path("out/big").read_bytes() == data
    assert local.file_cache().get(digest_bytes(data)) is None


def test_chunks_of_an_older_version_are_not_fetched_again(run, transport):
    data = os.urandom(12 * MIB)
    logged(run, big=data)
    fresh(transport).download("one", multipart=True)
    changed = data[: 6 * MIB] + b"inserted" + data[6 * MIB :]
    logged(run, big=changed)
    artifact = fresh(transport)
    fetched, ask = [], transport.request

    def counting(method, path, **options):
        answer = ask(method, path, **options)
        if "/files/" in path:
            fetched.append(int(answer.headers["content-length"]))
        return answer

    transport.request = counting
    artifact.download("two", multipart=True)
    assert Path("two/big").read_bytes() == changed
    assert sum(fetched) <= 2 * MIB


def test_a_partial_file_fetches_what_is_missing_and_nothing_else(tmp_path):
    data = os.urandom(3 * partial.RANGE // 2)
    content = Content(digest_bytes(data), len(data))
    part = PartialFile(tmp_path / "part", content)
    assert part.prepare()
    part.put([(10, data[10:20]), (partial.RANGE, data[partial.RANGE : partial.RANGE + 5])])
    with (tmp_path / "part.have").open("a") as notes:
        notes.write("100 20")  # torn by a crash: not believed
    asked = []

    def read(start, stop):
        asked.append(Span(start, stop))
        yield data[start:stop]

    assert part.fill(read, SILENT).read_bytes() == data
    assert sorted(asked) == [(0, 10), (20, partial.RANGE), (partial.RANGE + 5, len(data))]
    assert not (tmp_path / "part.have").exists()


def test_what_an_earlier_attempt_left_is_not_believed(tmp_path):
    data = os.urandom(1000)
    part = PartialFile(tmp_path / "part", Content(digest_bytes(data), 1000))
    part.prepare()
    part.put([(0, b"x" * 500)])  # noted, and then lost by the disk
    assert part.fill(lambda start, stop: iter([data[start:stop]]), SILENT).read_bytes() == data
    wrong = PartialFile(tmp_path / "other", Content(digest_bytes(b"else"), 1000))
    with pytest.raises(BlobCorrupt):
        wrong.fill(lambda start, stop: iter([data[start:stop]]), SILENT)
    assert list(tmp_path.glob("other*")) == []


@pytest.mark.parametrize("answer", [[b"1234567"], [b"12345", b"x"], []])
def test_a_server_that_sends_too_much_or_nothing_is_told_so(tmp_path, answer):
    part = PartialFile(tmp_path / "part", Content(digest_bytes(b"abcde"), 5))
    with pytest.raises((ServerFault, BlobCorrupt)):
        part.fill(lambda start, stop: iter(answer), SILENT)


def test_a_full_disk_is_said_and_what_came_is_kept(run, transport, monkeypatch):
    logged(run, big=os.urandom(2 * MIB))
    real = os.pwrite

    def full(fd, data, at):
        if at >= MIB:
            raise OSError(28, "No space left on device")
        return real(fd, data, at)

    monkeypatch.setattr(partial.os, "pwrite", full)
    with pytest.raises(StorageFull):
        fresh(transport).download("out", multipart=True)
    monkeypatch.setattr(partial.os, "pwrite", real)
    assert fresh(transport).download("out", multipart=True)


def test_many_processes_fetch_a_version_once(tmp_path):
    """The lock by which they take turns; who comes later finds everything in the cache."""
    script = """
import time
from museion.sdk import local
with local.exclusive("x"):
    print(time.time(), flush=True)
    time.sleep(0.2)
    print(time.time())
"""
    workers = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    spans = sorted(tuple(map(float, worker.communicate(timeout=60)[0].split())) for worker in workers)
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(spans))


def test_progress_in_a_log_is_a_line_now_and_then():
    said, now = [], [0.0]
    lines = Lines("data:v0", 400 * MIB, said.append, lambda: now[0])
    for second in range(1, 31):
        now[0] = float(second)
        lines(10 * MIB)
    assert len(said) == 3
    assert said[0] == "data:v0: 100 MiB of 400 MiB, 10 MiB/s, 30 s left"
