"""What is taken from a disk, and what is refused by name."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from museion.errors import Denied, FileMissing, PathInvalid, ValueInvalid
from museion.sdk.folders import absolute, folder, regular_file, unreadable, walk


def test_files_come_in_order_with_their_paths(tmp_path):
    for path in ("b/c.txt", "a.txt", "b/a/x", ".hidden"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
    (tmp_path / "empty").mkdir()
    assert [path for path, _ in walk(tmp_path)] == [".hidden", "a.txt", "b/a/x", "b/c.txt"]


def test_a_link_to_a_file_is_followed(tmp_path):
    (tmp_path / "outside").write_text("content")
    inside = tmp_path / "dir"
    inside.mkdir()
    (inside / "link").symlink_to(tmp_path / "outside")
    assert [(path, Path(file).read_text()) for path, file in walk(inside)] == [("link", "content")]


@pytest.mark.parametrize("what", ["a link to a folder", "a pipe", "a socket"])
def test_the_rest_is_refused_by_name(tmp_path, what, monkeypatch):
    odd = tmp_path / "odd"
    listener = socket.socket(socket.AF_UNIX)
    if what == "a link to a folder":
        odd.symlink_to(tmp_path)
    elif what == "a pipe":
        os.mkfifo(odd)
    else:
        monkeypatch.chdir(tmp_path)
        listener.bind("odd")
    with listener, pytest.raises(ValueInvalid, match=what) as error:
        list(walk(tmp_path))
    assert str(odd) in str(error.value)


def test_a_broken_link_is_refused_by_name(tmp_path):
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    with pytest.raises(FileMissing, match=r"link .*gone leads to nothing"):
        list(walk(tmp_path))


def test_one_file(tmp_path):
    (tmp_path / "f").write_text("x")
    assert regular_file(str(tmp_path / "f")) == tmp_path / "f"
    with pytest.raises(FileMissing, match="no file"):
        regular_file(tmp_path / "none")
    with pytest.raises(ValueInvalid, match="is a folder"):
        regular_file(tmp_path)
    with pytest.raises(ValueInvalid, match="is a regular file"):
        folder(tmp_path / "f")
    with pytest.raises(ValueInvalid, match="is a device"):
        regular_file("/dev/null")


@pytest.mark.parametrize("path", ["", "a\0b", 3, None])
def test_what_is_no_path(path):
    with pytest.raises(PathInvalid):
        absolute(path)


def test_what_cannot_be_read_is_said(tmp_path):
    assert isinstance(unreadable(tmp_path, PermissionError(13, "no")), Denied)
    assert isinstance(unreadable(tmp_path, OSError(5, "Input/output error")), ValueInvalid)
