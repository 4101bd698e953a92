"""The cache of downloaded content: verified, bounded, shared."""

from __future__ import annotations

from pathlib import Path

import pytest
from blobs.conftest import Clock
from blobs.data import noise
from blobs.test_store import files_at_most

from museion.blobs.cache import FileCache
from museion.errors import BlobCorrupt, StorageFull, ValueInvalid
from museion.model.digest import digest_bytes


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
