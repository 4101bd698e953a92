"""A preview works in a process of its own, that is killed when its time is over and sees nothing of ours."""

from __future__ import annotations

import io
import json
import os
import threading
from pathlib import Path

import pytest
from PIL import Image

from museion.errors import Corrupt, TooLarge
from museion.previews.process import run
from museion.previews.shelf import Shelf
from museion.previews.source import Held


def children() -> set[int]:
    return {int(pid) for pid in Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()}


def test_a_worker_answers_and_is_gone() -> None:
    before = children()
    found = json.loads(run({"what": "preview", "path": "a.csv"}, Held(b"a,b\n1,2\n")))
    assert found["rows"] == [[1, 2]]
    assert children() == before


def test_a_thumbnail_comes_from_a_worker() -> None:
    out = io.BytesIO()
    Image.new("RGB", (300, 300)).save(out, "PNG")
    assert Image.open(io.BytesIO(run({"what": "thumbnail", "width": 64}, Held(out.getvalue())))).size == (64, 64)
    with pytest.raises(Corrupt):
        run({"what": "thumbnail", "width": 64}, Held(b"none"))


def test_a_worker_that_takes_too_long_is_killed() -> None:
    before = children()
    head = b"a\n" + b"1\n" * 10
    with pytest.raises(TooLarge, match="too long"):
        run({"what": "preview", "path": "a.csv"}, Held(head), seconds=0.0)
    assert children() == before


def test_a_worker_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSEION_API_KEY", "secret")
    from museion.previews import process

    assert "MUSEION_API_KEY" not in process._ENVIRONMENT
    assert set(process._ENVIRONMENT) <= {"PATH", "OPENBLAS_NUM_THREADS", "ARROW_DEFAULT_MEMORY_POOL"}


def test_the_shelf_keeps_what_is_looked_at(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, limit=1000)
    for number in range(9):
        shelf.put(f"aa{number}", bytes(100))
        os.utime(tmp_path / "aa" / f"aa{number}", (number, number))
    assert shelf.get("aa0") == bytes(100)
    for number in range(3):
        shelf.put(f"bb{number}", bytes(100))
    kept = {path.name for path in tmp_path.glob("*/*")}
    assert sum(path.stat().st_size for path in tmp_path.glob("*/*")) <= 1000
    assert "aa0" in kept
    assert "aa1" not in kept
    assert shelf.get("absent") is None


def test_a_shelf_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    shelf = Shelf(tmp_path / "file")
    shelf.put("aa", b"x")
    assert shelf.get("aa") is None
