"""The cache of downloaded content: verified, bounded, shared."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from blobs.conftest import Clock
from blobs.data import noise
from blobs.test_store import files_at_most

from museion.blobs.cache import FileCache
from museion.errors import BlobCorrupt, StorageFull, ValueInvalid
from museion.model.digest import digest_bytes
from museion.sdk import local


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(tmp_path, clock) -> FileCache:
    return FileCache(tmp_path / "cache", max_bytes=10_000, max_files=5, in_use=60, clock=clock)


def put(cache: FileCache, data: bytes) -> str:
    cache.put(digest_bytes(data), [data[:3], data[3:]])
    return digest_bytes(data)


def files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_what_is_put_is_found_read_only(cache) -> None:
    digest = put(cache, b"content")
    path = cache.get(digest)
    assert path is not None
    assert path.read_bytes() == b"content"
    assert path.stat().st_mode & 0o777 == 0o444
    assert cache.get(digest_bytes(b"other")) is None
    with pytest.raises(ValueInvalid):
        cache.get("../../etc/passwd")


def test_wrong_or_broken_content_is_not_kept(cache, tmp_path) -> None:
    with pytest.raises(BlobCorrupt):
        cache.put(digest_bytes(b"true"), [b"false"])

    def breaks():
        yield b"half"
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        cache.put(digest_bytes(b"whole"), breaks())
    with files_at_most(1000), pytest.raises(StorageFull):
        cache.put(digest_bytes(noise("x", 5000)), [noise("x", 5000)])
    assert files(tmp_path) == []


def test_a_copy_is_placed_whole_or_not_at_all(cache, tmp_path) -> None:
    digest, target = put(cache, b"content"), tmp_path / "target"
    target.write_bytes(b"old")
    assert cache.place(digest, target)
    assert target.read_bytes() == b"content"
    target.write_bytes(b"a copy may be written to")
    assert cache.get(digest).read_bytes() == b"content"
    assert not cache.place(digest_bytes(b"absent"), tmp_path / "t2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "target"]


def test_tampered_content_leaves_the_cache(cache, tmp_path) -> None:
    digest = put(cache, b"content")
    path = cache.get(digest)
    path.chmod(0o600)
    path.write_bytes(b"tampered")
    with pytest.raises(BlobCorrupt):
        cache.place(digest, tmp_path / "target")
    assert not (tmp_path / "target").exists()
    assert cache.get(digest) is None


@pytest.mark.parametrize("size", [100, 3000], ids=["by count", "by bytes"])
def test_the_least_recently_used_goes(cache, clock, size) -> None:
    room = 5 if size == 100 else 3
    digests = []
    for i in range(room):
        digests.append(put(cache, noise(f"c{i}", size)))
        clock.now += 100
    cache.get(digests[0])
    clock.now += 100
    digests.append(put(cache, noise("last", size)))
    assert cache.get(digests[1]) is None
    assert cache.get(digests[0]) is not None
    assert cache.get(digests[-1]) is not None


def test_what_was_just_used_is_never_evicted(cache) -> None:
    digests = [put(cache, noise(f"c{i}", 3000)) for i in range(8)]
    assert all(cache.get(digest) for digest in digests)


def test_a_second_process_counts_what_the_first_left(tmp_path, clock) -> None:
    first = FileCache(tmp_path / "cache", max_bytes=10_000, in_use=60, clock=clock)
    digests = [put(first, noise(f"c{i}", 3000)) for i in range(3)]
    clock.now += 100
    second = FileCache(tmp_path / "cache", max_bytes=10_000, in_use=60, clock=clock)
    put(second, noise("new", 3000))
    assert sum(second.get(digest) is not None for digest in digests) < 3


def test_a_sweep_clears_what_dead_writers_left(cache, tmp_path) -> None:
    (tmp_path / "cache" / "tmp" / "999999999-x").write_bytes(b"half")
    cache.sweep()
    assert files(tmp_path) == []


def test_a_second_name_takes_no_room_and_is_verified(cache, tmp_path) -> None:
    digest = put(cache, b"linked")
    assert cache.place(digest, tmp_path / "out", link=True)
    held = cache.get(digest)
    assert held is not None
    assert (tmp_path / "out").stat().st_ino == held.stat().st_ino
    held.chmod(0o600)
    held.write_bytes(b"damaged")
    with pytest.raises(BlobCorrupt):
        cache.place(digest, tmp_path / "again", link=True)
    assert cache.get(digest) is None
    assert not (tmp_path / "again").exists()


def test_it_says_what_it_holds_and_is_cleaned(cache, clock, tmp_path) -> None:
    first, second = put(cache, b"a" * 100), None
    clock.now += 30
    second = put(cache, b"b" * 200)
    assert (cache.info().bytes, cache.info().files, cache.info().max_bytes) == (300, 2, 10_000)
    clock.now += 45
    assert cache.clean() == 100  # the other is still in use
    assert (cache.get(first), cache.get(second) is not None) == (None, True)
    clock.now += 100
    assert cache.clean(keep=200) == 0
    (tmp_path / "cache" / "tmp" / "999999999-dead").write_bytes(b"half")
    assert cache.clean() == 204
    assert cache.info().bytes == 0


def test_its_share_of_the_disk_is_a_fifth_unless_said(tmp_path) -> None:
    disk = os.statvfs(tmp_path)
    info = FileCache(tmp_path / "default").info()
    assert info.max_bytes == int(disk.f_blocks * disk.f_frsize * 0.2)
    assert 0 < info.max_files <= 1_000_000


@pytest.mark.parametrize(("text", "size"), [("20GiB", 20 << 30), ("1.5k", 1500), ("700", 700), ("2 TB", 2 * 10**12)])
def test_a_size_is_said_as_people_say_it(text, size, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MUSEION_CACHE_DIR", str(tmp_path / "here"))
    monkeypatch.setenv("MUSEION_CACHE_SIZE", text)
    info = local.file_cache().info()
    assert (info.folder, info.max_bytes) == (str(tmp_path / "here"), size)


def test_a_size_that_cannot_be_is_refused(monkeypatch) -> None:
    monkeypatch.setenv("MUSEION_CACHE_SIZE", "much")
    with pytest.raises(ValueInvalid):
        local.file_cache()


def test_what_crashes_left_is_swept(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("MUSEION_HOME", str(tmp_path))
    old, young = tmp_path / "tmp" / "new-a" / "model.pt", tmp_path / "tmp" / "new-b" / "model.pt"
    for path in (old, young):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half of it")
    os.utime(old, (1, 1))
    os.utime(old.parent, (1, 1))
    assert local.sweep_leftovers() == 10
    assert not old.exists()
    assert young.exists()
