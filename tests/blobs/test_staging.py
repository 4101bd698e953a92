"""Staging: snapshots, what goes to the server, who holds what, and a world that does not keep still."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from blobs.data import noise, pieces, recipe
from blobs.test_store import damage, files_at_most

from museion.blobs import intake, source
from museion.blobs.chunker import WINDOW
from museion.blobs.pack import TARGET_PACK, pread_of, read_footer, verify_pack
from museion.blobs.staging import Staging
from museion.errors import BlobCorrupt, BlobNotFound, Denied, FileChanged, FileMissing, StorageFull, ValueInvalid

LARGE = WINDOW + 3_000_000


@pytest.fixture
def staging(tmp_path):
    staging = Staging(tmp_path / "staging", holder="run")
    yield staging
    staging.close()


@pytest.fixture
def file(tmp_path):
    def make(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return make


def read(staging: Staging, digest: str) -> bytes:
    return b"".join(staging.open(digest))


def segments(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "staging" / "packs").glob("*"))


@pytest.mark.parametrize("size", [0, 1, 300_000, WINDOW, LARGE])
@pytest.mark.parametrize("policy", ["mutable", "immutable"])
def test_a_file_comes_back(staging, file, size, policy) -> None:
    data = noise("file", size)
    found = staging.add_file(file("f", data), policy)
    assert found == recipe(data)
    assert staging.recipe(found.digest) == found
    assert staging.has(found.digest)
    assert read(staging, found.digest) == data


def test_bytes_come_back_and_are_staged_once(staging, tmp_path) -> None:
    data = noise("bytes", 400_000)
    assert staging.add_bytes(data) == staging.add_bytes(data) == recipe(data)
    assert read(staging, recipe(data).digest) == data
    assert sum(path.stat().st_size for path in segments(tmp_path)) < 500_000


def test_a_mutable_file_is_a_snapshot(staging, file) -> None:
    for size in (10, LARGE):
        path = file("f", noise("before", size))
        digest = staging.add_file(path).digest
        path.write_bytes(b"after")
        assert read(staging, digest) == noise("before", size)
        path.unlink()
        assert read(staging, digest) == noise("before", size)


def test_an_immutable_file_is_not_copied_and_its_change_is_noticed(staging, file, tmp_path) -> None:
    path = file("f", noise("before", LARGE))
    digest = staging.add_file(path, "immutable").digest
    assert segments(tmp_path) == []
    info = path.stat()
    path.write_bytes(noise("after", LARGE))
    with pytest.raises(FileChanged, match="immutable"):
        read(staging, digest)
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))
    with pytest.raises(FileChanged, match="immutable"):
        read(staging, digest)
    path.unlink()
    with pytest.raises(FileMissing):
        read(staging, digest)


@pytest.mark.parametrize("size", [1000, LARGE])
@pytest.mark.parametrize("writes", [1, 2])
def test_a_file_that_changes_while_it_is_read(staging, file, monkeypatch, tmp_path, size, writes) -> None:
    """Once: it is read again. Twice: FileChanged, and nothing of it is staged."""
    path = file("f", noise("before", size))
    check, turns = source.Source.check_unchanged, iter(range(writes))

    def written_to(self, size: int) -> None:
        if next(turns, None) is not None:
            with path.open("ab") as other:
                other.write(b"more")
        check(self, size)

    monkeypatch.setattr(source.Source, "check_unchanged", written_to)
    if writes == 1:
        assert read(staging, staging.add_file(path).digest) == path.read_bytes()
    else:
        with pytest.raises(FileChanged, match=str(path)):
            staging.add_file(path)
        assert segments(tmp_path) == []


def test_what_cannot_be_added(staging, tmp_path, file) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to(tmp_path / "nothing")
    (tmp_path / "to-pipe").symlink_to(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "socket"))
    for name, error, words in [
        ("absent", FileMissing, "not there"),
        ("broken", FileMissing, "broken link"),
        ("pipe", ValueInvalid, "a pipe"),
        ("to-pipe", ValueInvalid, "a pipe"),
        ("socket", ValueInvalid, "a socket"),
        (".", ValueInvalid, "a folder"),
        ("/dev/null", ValueInvalid, "a device"),
    ]:
        for policy in ("mutable", "immutable"):
            with pytest.raises(error, match=words):
                staging.add_file(tmp_path / name, policy)
    with pytest.raises(ValueInvalid, match="policy"):
        staging.add_file(file("f", b"x"), "copy")


def test_a_link_to_a_file_is_followed(staging, file, tmp_path) -> None:
    (tmp_path / "link").symlink_to(file("f", b"content"))
    assert read(staging, staging.add_file(tmp_path / "link").digest) == b"content"


def test_an_unreadable_file_is_denied(tmp_path, file, monkeypatch) -> None:
    path = file("secret", b"x")
    if os.geteuid() == 0:  # root may read anything: let the system say no
        real = os.open

        def refuse(name, *args, **kwargs):
            if Path(name) == path:
                raise PermissionError(errno.EACCES, "Permission denied", str(name))
            return real(name, *args, **kwargs)

        monkeypatch.setattr(os, "open", refuse)
    else:
        path.chmod(0)
    with pytest.raises(Denied, match="may not be read"):
        Staging(tmp_path / "staging").add_file(path)


def test_many_small_files_share_packs_and_keep_their_order(staging, file, tmp_path) -> None:
    contents = [noise(f"small {i % 250}", 1000 + i % 250) for i in range(300)]
    found = staging.add_files([file(f"f{i}", data) for i, data in enumerate(contents)])
    assert [read(staging, one.digest) for one in found] == contents
    assert len(segments(tmp_path)) == 1


def outgoing(staging: Staging, recipes, known=()) -> tuple[list[bytes], set[bytes]]:
    """The bodies that would be sent, and the chunks in them; each body is checked as the server does."""
    bodies, keys = [], set()
    for body in staging.pack_bodies(recipes, lambda asked: [key in known for key in asked]):
        data = body if isinstance(body, bytes) else body.read_bytes()
        footer = read_footer(pread_of(data), len(data))
        verify_pack(pread_of(data), footer)
        assert len(data) <= TARGET_PACK
        found = {entry.hash for entry in footer.entries}
        assert not found & keys
        keys |= found
        bodies.append(body)
    return bodies, keys


def test_only_what_the_server_lacks_is_sent(staging, file) -> None:
    small = staging.add_files([file(f"s{i}", noise(f"s{i}", 500)) for i in range(50)])
    large_data = noise("large", LARGE)
    large = staging.add_file(file("large", large_data))
    every = {key for one in [*small, large] for key in one.hashes()}
    bodies, keys = outgoing(staging, [*small, large, large])
    assert keys == every
    assert sum(isinstance(body, Path) for body in bodies) == 1, "the large file's pack is sent as it is"
    known = {key for key, _ in pieces(large_data)[:5]}
    bodies, keys = outgoing(staging, [*small, large], known)
    assert keys == every - known
    assert all(isinstance(body, bytes) for body in bodies)
    assert outgoing(staging, [*small, large], every) == ([], set())


def test_a_file_of_many_packs_is_sent_in_them(staging, file) -> None:
    found = staging.add_file(file("f", noise("many", 70 << 20)))
    bodies, keys = outgoing(staging, [found])
    assert len(bodies) == 3
    assert all(isinstance(body, Path) for body in bodies)
    assert keys == set(found.hashes())
    assert sorted(staging.packs()) == sorted(bodies)


def test_immutable_content_is_sent_from_where_it_lies(staging, file) -> None:
    found = staging.add_file(file("f", noise("there", LARGE)), "immutable")
    _, keys = outgoing(staging, [found])
    assert keys == set(found.hashes())


def test_a_rotten_pack_is_not_sent(staging, file, tmp_path) -> None:
    found = staging.add_file(file("f", noise("rot", LARGE)))
    damage(segments(tmp_path)[0], 1000)
    with pytest.raises(BlobCorrupt, match=found.chunks[0][0]):
        outgoing(staging, [found])
    with pytest.raises(BlobCorrupt):
        read(staging, found.digest)


def test_a_pack_with_other_content_in_it_is_not_sent_as_it_is(tmp_path) -> None:
    """Two runs share a process: what one did not upload does not leave with the other's."""
    staging = Staging(tmp_path / "staging")
    staging.add_bytes(b"secret", holder="one")
    public = staging.add_bytes(b"public", holder="two")
    staging.close()
    bodies, keys = outgoing(staging, [public])
    assert keys == set(public.hashes())
    assert b"secret" not in b"".join(body if isinstance(body, bytes) else body.read_bytes() for body in bodies)


def test_dropping_frees_the_disk_when_nobody_holds_it(tmp_path, file) -> None:
    staging = Staging(tmp_path / "staging")
    path = file("f", noise("shared", LARGE))
    digest = staging.add_file(path, holder="one").digest
    staging.add_file(path, holder="two")
    staging.add_file(path, holder="two")
    assert staging.drop([digest], holder="one") == 0
    assert staging.drop([digest], holder="one") == 0
    assert staging.drop([digest], holder="two") == 0
    assert read(staging, digest) == noise("shared", LARGE)
    assert staging.drop([digest], holder="two") > LARGE
    assert segments(tmp_path) == []
    assert (staging.has(digest), staging.recipe(digest)) == (False, None)
    with pytest.raises(BlobNotFound):
        staging.open(digest)
    staging.close()


def test_what_was_dropped_can_be_added_again(staging, file) -> None:
    path = file("f", noise("again", LARGE))
    os.utime(path, (1, 1))
    for _ in range(2):
        digest = staging.add_file(path).digest
        assert read(staging, digest) == noise("again", LARGE)
        staging.drop([digest])


def test_chunks_shared_by_two_files_stay_for_the_other(staging, file) -> None:
    data = noise("base", LARGE)
    first = staging.add_file(file("a", data))
    second = staging.add_file(file("b", data + b"more"))
    staging.drop([first.digest])
    assert read(staging, second.digest) == data + b"more"


def test_chunks_that_vanish_meanwhile_are_written_again(staging, file, monkeypatch, tmp_path) -> None:
    """Between looking and committing, another process drops what we relied on."""
    data = noise("relied on", LARGE)
    other = Staging(tmp_path / "staging", holder="other")
    digest = other.add_file(file("a", data)).digest
    commit, once = intake.Intake._commit, iter([True])

    def late(self, *args) -> None:
        if next(once, False):
            other.drop([digest])
        commit(self, *args)

    monkeypatch.setattr(intake.Intake, "_commit", late)
    assert read(staging, staging.add_file(file("b", data)).digest) == data
    other.close()


def test_chunks_that_another_wrote_meanwhile_are_found_where_they_lie(tmp_path, file, monkeypatch) -> None:
    """Two processes add the same, and neither sees what the other stages: the ledger says whose bytes count."""
    monkeypatch.setattr(intake.Intake, "_staged_already", lambda self, keys: {})
    one, two = (Staging(tmp_path / "staging", holder=name) for name in ("one", "two"))
    shared, own = file("shared", noise("shared", 10_000)), file("own", noise("own", 10_000))
    first = one.add_file(shared)
    found = two.add_files([file("again", noise("shared", 10_000)), own])
    assert found[0] == first
    one.release("one")
    one.close()
    assert [read(two, each.digest) for each in found] == [noise("shared", 10_000), noise("own", 10_000)]
    two.close()


def test_many_small_files_are_in_memory_a_few_at_a_time(staging, file, monkeypatch) -> None:
    monkeypatch.setattr(intake, "_AT_ONCE", 2_500)
    sizes = [1_000, 1_000, 1_000, 3_000, 0, 2_500, 1, 1_000]
    paths = [file(str(n), noise(str(n), size)) for n, size in enumerate(sizes)]
    found = staging.add_files([*paths, paths[0]])
    assert [read(staging, each.digest) for each in found] == [path.read_bytes() for path in [*paths, paths[0]]]
    cut = intake._at_once([(str(p), source.Identity.of(p.stat())) for p in paths])
    assert [sum(known.size for _, known in some) for some in cut] == [2_000, 1_000, 3_000, 2_500, 1_001]


def test_a_sweep_keeps_the_living(tmp_path) -> None:
    dead, living = Staging(tmp_path / "staging", holder="dead"), Staging(tmp_path / "staging", holder="living")
    gone, kept = dead.add_bytes(noise("gone", 5000)), living.add_bytes(noise("kept", 5000))
    orphan = tmp_path / "staging" / "packs" / "1-orphan"
    orphan.write_bytes(b"half")
    dead.close()
    assert living.sweep(["living"]) > 5000
    assert not orphan.exists()
    assert (living.has(gone.digest), read(living, kept.digest)) == (False, noise("kept", 5000))
    living.close()


def test_a_sweep_leaves_a_live_writer_alone(tmp_path) -> None:
    """A writer that has written, and not entered it yet, loses nothing to a sweep."""
    writer, sweeper = Staging(tmp_path / "staging", holder="w"), Staging(tmp_path / "staging")
    begun = intake.Intake._commit

    def commit(self, *args) -> None:
        sweeper.sweep(["w"])
        begun(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake.Intake, "_commit", commit)
        digest = writer.add_bytes(noise("w", 5000)).digest
    assert read(sweeper, digest) == noise("w", 5000)
    writer.close()
    sweeper.close()


def test_threads_share_one_staging(staging, file) -> None:
    contents = [noise(f"t{i % 10}", 2000) for i in range(40)] + [noise("big t", LARGE)] * 2
    found: dict[int, str] = {}

    def add(i: int, data: bytes) -> None:
        found[i] = (
            staging.add_file(file(f"t{i}", data)) if i % 2 or len(data) > WINDOW else staging.add_bytes(data)
        ).digest

    threads = [threading.Thread(target=add, args=pair) for pair in enumerate(contents)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [read(staging, found[i]) for i in range(len(contents))] == contents


@pytest.mark.parametrize("size", [3 << 20, LARGE])
def test_a_full_disk_leaves_nothing_and_passes(staging, file, tmp_path, size) -> None:
    kept = staging.add_bytes(b"before")
    before = sum(path.stat().st_size for path in segments(tmp_path))
    path = file("f", noise("full", size))
    with files_at_most(2 << 20), pytest.raises(StorageFull, match="no room"):
        staging.add_file(path)
    assert sum(path.stat().st_size for path in segments(tmp_path)) == before
    assert not staging.has(recipe(noise("full", size)).digest)
    assert read(staging, staging.add_file(path).digest) == noise("full", size)
    assert read(staging, kept.digest) == b"before"


def test_a_really_full_disk(tmp_path) -> None:
    """The same on a file system of 4 MiB, where one can be mounted."""
    place = tmp_path / "small"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place]).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        staging = Staging(place / "staging")
        kept = staging.add_bytes(b"before")
        with pytest.raises(StorageFull):
            staging.add_bytes(noise("too much", 5 << 20))
        assert read(staging, kept.digest) == b"before"
        assert read(staging, staging.add_bytes(noise("fits", 1 << 20)).digest) == noise("fits", 1 << 20)
        staging.close()
    finally:
        subprocess.run(["umount", place], check=True)


def test_an_unchanged_file_is_not_read_twice(staging, file, monkeypatch) -> None:
    small, large = file("s", b"small"), file("l", noise("l", LARGE))
    for path in (small, large):
        os.utime(path, (1, 1))
    staging._intake._clock = lambda: 4e9  # long after the files changed
    first = [staging.add_file(path) for path in (small, large)]
    monkeypatch.setattr(source.Source, "read_all", None)
    monkeypatch.setattr(source.Source, "read_into", None)
    assert [staging.add_file(path) for path in (small, large)] == first
    small.write_bytes(b"SMALL")
    with pytest.raises(TypeError):
        staging.add_file(small)


def test_a_child_of_a_fork_writes_to_a_pack_of_its_own(staging, tmp_path) -> None:
    staging.add_bytes(b"parent")
    code = f"""
import os
from pathlib import Path
from museion.blobs.staging import Staging
staging = Staging(Path({str(tmp_path / "staging")!r}), holder="run")
staging.add_bytes(b"before the fork")
pid = os.fork()
staging.add_bytes(b"child" if pid == 0 else b"parent again")
if pid == 0:
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    for data in (b"parent", b"before the fork", b"child", b"parent again"):
        assert read(staging, recipe(data).digest) == data


def test_sync_reaches_the_disk(staging, file, monkeypatch) -> None:
    synced: list[int] = []
    real = os.fsync
    staging.add_bytes(b"small")
    staging.add_file(file("f", noise("synced", LARGE)))
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(os.fstat(fd).st_ino), real(fd))[1])
    staging.sync()
    wanted = {path.stat().st_ino for path in segments(file("x", b"").parent)}
    assert wanted <= set(synced)


def test_the_client_side_stays_light() -> None:
    heavy = "[m for m in ('sqlalchemy', 'numpy') if m in sys.modules]"
    code = f"import sys, museion.blobs.staging, museion.blobs.cache; print({heavy})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
