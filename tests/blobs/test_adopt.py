"""Packs handed over by name on one machine: no copy is made, and no name leads anywhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blobs.data import damage, noise, pack, recipe
from blobs.suite import SCOPE

from museion.errors import NotFound, PackCorrupt, TooLarge


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    folder = tmp_path / "staging" / "packs"
    folder.mkdir(parents=True)
    return folder


def lay(folder: Path, body: bytes, name: str = "12-ab") -> Path:
    path = folder / name
    path.write_bytes(body)
    return path


def test_a_staged_pack_becomes_the_servers_without_a_copy(lab, staged, big) -> None:
    path = lay(staged, pack(big))
    lease = lab.store.lease(60, SCOPE)
    receipt = lab.store.adopt(lease, staged, path.name)
    assert receipt.new == receipt.chunks
    assert [one.stat().st_ino for one in lab.packs()] == [path.stat().st_ino]
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    path.unlink()
    lab.restart()
    assert lab.read(recipe(big).digest) == big
    assert lab.leftovers() == []


def test_the_same_again_is_no_news(lab, staged) -> None:
    path = lay(staged, pack(b"one"))
    lease = lab.store.lease(60, SCOPE)
    assert [lab.store.adopt(lease, staged, path.name).new for _ in range(2)] == [1, 0]
    assert lab.leftovers() == []


def test_a_bad_pack_is_not_taken(lab, staged) -> None:
    path = lay(staged, pack(noise("bad", 5000)))
    damage(path, 100)
    lease = lab.store.lease(60, SCOPE)
    with pytest.raises(PackCorrupt):
        lab.store.adopt(lease, staged, path.name)
    path.write_bytes(b"")
    os.truncate(path, (64 << 20) + 1)
    with pytest.raises(TooLarge):
        lab.store.adopt(lease, staged, path.name)
    assert (lab.packs(), lab.leftovers(), path.exists()) == ([], [], True)


@pytest.mark.parametrize("name", ["../12-ab", "/etc/passwd", ".", "..", "", "12-ab\0", "x" * 300, "12-ab/", "12-zz"])
def test_no_name_leads_out_of_the_folder(lab, staged, name) -> None:
    lay(staged.parent, pack(b"outside"))
    with pytest.raises(NotFound):
        lab.store.adopt(lab.store.lease(60, SCOPE), staged, name)
    assert lab.packs() == []


def test_links_pipes_and_folders_are_not_followed(lab, staged, tmp_path) -> None:
    outside = lay(tmp_path, pack(b"outside"))
    (staged / "1-a").symlink_to(outside)
    os.mkfifo(staged / "2-b")
    (staged / "3-c").mkdir()
    lease = lab.store.lease(60, SCOPE)
    for name in ("1-a", "2-b", "3-c"):
        with pytest.raises(NotFound):
            lab.store.adopt(lease, staged, name)
    linked = tmp_path / "link"
    linked.symlink_to(staged)
    lay(staged, pack(b"inside"))
    with pytest.raises(NotFound):
        lab.store.adopt(lease, linked, "12-ab")
    assert (lab.packs(), lab.leftovers()) == ([], [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else_is_not_taken(lab, staged) -> None:
    path = lay(staged, pack(b"theirs"))
    os.chown(path, 12345, 12345)
    with pytest.raises(NotFound):
        lab.store.adopt(lab.store.lease(60, SCOPE), staged, path.name)
    assert lab.packs() == []
