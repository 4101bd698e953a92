"""Backups of stores at work: from and to both databases; a second one is small; half of one is never restored."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from blobs.data import noise

from museion.actions.backup import backup, snapshot
from museion.actions.collect_garbage import collect_garbage
from museion.actions.delete_artifact import delete_version
from museion.actions.fsck import fsck
from museion.actions.read_artifact import read_artifact, read_manifest, read_versions
from museion.actions.restore_backup import restore_backup
from museion.actions.stores import open_stores, visit_stores
from museion.errors import Corrupt, UsageError
from museion.model.manifest import Content

FILES = {f"{i}.bin": noise(f"backup {i}", 40_000) for i in range(5)}


def content(stores: Any, name: str, pointer: str = "latest") -> dict[str, bytes]:
    entries = read_manifest(stores, "ada", "digits", name, pointer).entries
    found = {path: entry for path, entry in entries.items() if isinstance(entry, Content)}
    return {path: b"".join(stores.blobs.open(entry.digest)) for path, entry in found.items()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "server"


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_backup_is_the_server_again(
    lab: Any, root: Path, tmp_path: Path, into: str, link: bool, database: str | None, request: Any
) -> None:
    if into == "postgresql" and (database is not None or link):
        pytest.skip("one empty PostgreSQL a test")
    lab.run("aaa", config={"lr": 0.1})
    lab.commit("data", FILES, run="aaa", aliases=["best"])
    made = backup(lab.stores, root, tmp_path / "backup", link=link)
    assert (made.packs, made.new_packs) == (5, 5)
    assert made.linked == (5 if link else 0)
    url = None
    if into == "postgresql":
        from actions.conftest import _empty

        url = request.getfixturevalue("postgres")
        _empty(url)
    restore_backup(tmp_path / "backup", tmp_path / "again", database=url, link=link)
    stores = open_stores(tmp_path / "again", url)
    try:
        assert content(stores, "data", "best") == FILES
        assert read_artifact(stores, "ada", "digits", "data").made_by == "aaa"
        assert list(fsck(stores)) == []
        type(lab)(stores, lab.clock).commit("data", {"new": b"goes on"})
        assert read_versions(stores, "ada", "digits", "data").total == 2
    finally:
        stores.close()


def test_a_second_backup_brings_what_is_new_and_drops_what_is_gone(lab: Any, root: Path, tmp_path: Path) -> None:
    lab.commit("data", FILES)
    backup(lab.stores, root, tmp_path / "backup")
    lab.commit("more", {"one": b"more"})
    delete_version(*lab.place, "data", "v0")
    lab.clock.now += 1000
    collect_garbage(lab.stores, 0)
    second = backup(lab.stores, root, tmp_path / "backup")
    assert (second.packs, second.new_packs) == (1, 1)
    assert len(list((tmp_path / "backup" / "packs").glob("*/*"))) == 1
    restore_backup(tmp_path / "backup", tmp_path / "again")
    stores = open_stores(tmp_path / "again")
    assert content(stores, "more") == {"one": b"more"}
    stores.close()


def test_a_backup_of_a_server_at_work_is_one_moment(lab: Any, root: Path, tmp_path: Path) -> None:
    """Versions come and go and garbage is taken back meanwhile: every version in the backup is whole."""
    stop, committed = threading.Event(), threading.Event()

    def work() -> None:
        i = 0
        while not stop.is_set():
            lab.commit("data", {"a": noise(f"work {i}", 9_000), "b": noise(f"work {i // 2}", 5_000)})
            committed.set()
            if i % 3 == 2:
                delete_version(*lab.place, "data", f"v{i - 1}")
                collect_garbage(lab.stores, 0)
            i += 1

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert committed.wait(30)
        guest = None if lab.stores.catalog.engine.dialect.name == "postgresql" else visit_stores(root)
        for i in range(3):
            backup(guest or lab.stores, root, tmp_path / f"backup{i % 2}")
            restore_backup(tmp_path / f"backup{i % 2}", tmp_path / f"again{i}")
    finally:
        stop.set()
        worker.join()
    if guest:
        guest.close()
    for i in range(3):
        stores = open_stores(tmp_path / f"again{i}")
        versions = read_versions(stores, "ada", "digits", "data").versions
        assert versions
        assert all(len(content(stores, "data", version.version)["a"]) == 9_000 for version in versions)
        assert [fault for fault in fsck(stores) if fault.kind != "pack_unknown"] == []
        stores.close()


def test_a_pack_that_came_and_went_meanwhile_makes_another_moment(
    lab: Any, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.commit("data", FILES)
    taken: list[Path] = []

    def slow(engine: Any, target: Path) -> None:
        if not taken:
            lab.commit("data", {"late": noise("late", 9_000)})
        snapshot(engine, target)
        if not taken:
            delete_version(*lab.place, "data", "v1")
            collect_garbage(lab.stores, 0)
            collect_garbage(lab.stores, 0)
        taken.append(target)

    monkeypatch.setattr("museion.actions.backup.snapshot", slow)
    backup(lab.stores, root, tmp_path / "backup")
    assert len(taken) == 2
    restore_backup(tmp_path / "backup", tmp_path / "again")
    stores = open_stores(tmp_path / "again")
    assert list(fsck(stores)) == []
    stores.close()


def test_what_is_no_backup_is_refused(lab: Any, root: Path, tmp_path: Path) -> None:
    lab.commit("data", FILES)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "photo.jpg").write_bytes(b"mine")
    for place in (tmp_path / "other", root, root / "inside"):
        with pytest.raises(UsageError):
            backup(lab.stores, root, place)
    with pytest.raises(UsageError, match="not a backup"):
        restore_backup(tmp_path / "other", tmp_path / "again")
    backup(lab.stores, root, tmp_path / "backup")
    with pytest.raises(UsageError, match="something in it"):
        restore_backup(tmp_path / "backup", tmp_path / "other")
    next((tmp_path / "backup" / "packs").glob("*/*")).unlink()
    with pytest.raises(Corrupt, match="not whole"):
        restore_backup(tmp_path / "backup", tmp_path / "again")
    with pytest.raises(UsageError, match="not a server's folder"):
        visit_stores(tmp_path / "other")
