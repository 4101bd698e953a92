"""The store in a folder with its index in SQL, on both databases; and what only this one has: a disk to go wrong."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from blobs.data import damage, noise, pack, pieces, recipe
from blobs.suite import SCOPE, BlobStoreSuite
from sqlalchemy import func, select

from museion.blobs import collect, ingest, packs, tables
from museion.errors import BlobCorrupt, BlobNotFound, StorageFull


class TestStore(BlobStoreSuite):
    pass


def test_a_damaged_chunk_is_named_and_sent_again(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    (path,) = lab.packs()
    damage(path, 16 + len(pieces(big)[0][1]) + 100)
    bad = pieces(big)[1][0].hex()
    assert lab.read(digest, 0, 10) == big[:10]
    with pytest.raises(BlobCorrupt) as caught:
        lab.read(digest)
    assert caught.value.details == {"digest": digest, "chunk": bad, "pack": path.name}
    assert bad in str(caught.value)
    assert path.name in str(caught.value)
    assert lab.store.missing([digest]) == [digest]

    lease = lab.store.lease(60, SCOPE)
    assert lab.store.have_files(lease, [digest], SCOPE) == [False]
    known = lab.store.have_chunks(lease, recipe(big).hashes())
    assert known.count(False) == 1
    lab.store.add_pack(lease, pack(pieces(big)[1][1]))
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    assert lab.read(digest) == big
    lab.store.release(lease)
    lab.store.sweep(lambda: [digest], 0)
    assert lab.read(digest) == big


def test_the_same_pack_sent_again_mends_its_file(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    (path,) = lab.packs()
    damage(path, 100)
    with pytest.raises(BlobCorrupt):
        lab.read(digest)
    lab.store.put_bytes(big, SCOPE)
    assert lab.packs() == [path]
    assert lab.read(digest) == big


def test_a_lost_pack_is_said_and_not_forgotten(lab, big) -> None:
    digest, other = lab.store.put_bytes(big, SCOPE), lab.store.put_bytes(b"other", SCOPE)
    max(lab.packs(), key=lambda path: path.stat().st_size).unlink()
    lab.restart()
    assert lab.store.missing([digest, other]) == [digest]
    with pytest.raises(BlobCorrupt, match="not there"):
        lab.read(digest)
    lab.store.put_bytes(big, SCOPE)
    assert lab.read(digest) == big


def test_the_index_is_made_anew_from_the_packs(lab, big) -> None:
    lab.store.put_bytes(big, SCOPE)
    with lab.engine.begin() as conn:
        for table in reversed(tables.metadata.sorted_tables):
            conn.execute(table.delete())
    lab.restart()
    with lab.engine.connect() as conn:
        assert conn.execute(select(func.count()).select_from(tables.chunk)).scalar() == len(pieces(big))
    lease = lab.store.lease(60, SCOPE)
    assert lab.store.add_pack(lease, pack(big)).new == 0
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    assert lab.read(recipe(big).digest) == big


def test_recovery_clears_half_written_packs_and_puts_strange_ones_aside(lab) -> None:
    lab.store.put_bytes(b"good", SCOPE)
    (lab.root / "tmp" / "x.tmp").write_bytes(b"half")
    strange = lab.root / "packs" / "ab" / ("ab" * 32)
    strange.parent.mkdir(exist_ok=True)
    strange.write_bytes(b"not a pack")
    lab.restart()
    assert lab.leftovers() == []
    assert not strange.exists()
    assert (lab.root / "quarantine" / strange.name).read_bytes() == b"not a pack"
    assert lab.store.missing([recipe(b"good").digest]) == []


@pytest.mark.parametrize(("room", "moment"), [(ingest, "write_all"), (packs, "publish"), (ingest, "_show")])
def test_a_crash_between_two_steps_shows_nothing(lab, monkeypatch, room, moment) -> None:
    """The process "dies" just before a step: what was not acknowledged is gone or whole after recovery."""

    class Died(BaseException):
        pass

    def die(*_: object) -> None:
        raise Died

    lease = lab.store.lease(60, SCOPE)
    with monkeypatch.context() as patch:
        patch.setattr(room, moment, die)
        with pytest.raises(Died):
            lab.store.add_pack(lease, pack(b"content"))
    assert not any(lab.store.have_chunks(lease, recipe(b"content").hashes()))
    lab.restart()
    lab.store.add_pack(lease, pack(b"content"))
    lab.store.add_files(lease, [recipe(b"content")], SCOPE)
    assert lab.read(recipe(b"content").digest) == b"content"
    assert len(lab.packs()) == 1


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(lab) -> None:
    data = noise("full", 6 << 20)
    lease = lab.store.lease(60, SCOPE)
    with files_at_most(4 << 20), pytest.raises(StorageFull, match="no room"):
        lab.store.add_pack(lease, pack(data))
    assert (lab.packs(), lab.leftovers()) == ([], [])
    assert not any(lab.store.have_chunks(lease, recipe(data).hashes()))
    lab.store.add_pack(lease, pack(data))
    lab.store.add_files(lease, [recipe(data)], SCOPE)
    assert lab.read(recipe(data).digest) == data


def test_content_larger_than_a_pack(lab) -> None:
    data = noise("large", 33 << 20)
    assert lab.read(lab.store.put_bytes(data, SCOPE)) == data
    assert max(path.stat().st_size for path in lab.packs()) <= 33 << 20


def named_again(lab) -> str:
    """A file is condemned; then a version that was deleted is brought back and names it, without asking the store."""
    digest = lab.store.put_bytes(b"brought back", SCOPE)
    lab.clock.now += 11
    assert lab.store.sweep(list, 10).condemned == 1
    lab.clock.now += 11
    lab.store.sweep(lambda: [digest], 10)
    return digest


def test_the_second_look_saves_what_was_named_again(lab) -> None:
    digest = named_again(lab)
    assert lab.read(digest) == b"brought back"


def test_without_the_second_look_it_would_be_lost(lab, monkeypatch) -> None:
    """The control: the test above can fail."""
    monkeypatch.setattr(collect, "_still_dead", lambda conn, candidates, live: set(candidates))
    digest = named_again(lab)
    with pytest.raises(BlobNotFound):
        lab.read(digest)


def test_deleting_does_not_take_a_pack_that_is_being_sent_again(lab, monkeypatch) -> None:
    """Between the deletion of a pack's rows and of its bytes, the same pack is stored again."""
    lab.store.put_bytes(b"again", SCOPE)
    unlink = collect.Collector._unlink

    def late(self, pack_id, now) -> None:
        lab.store.put_bytes(b"again", SCOPE)
        unlink(self, pack_id, now)

    monkeypatch.setattr(collect.Collector, "_unlink", late)
    assert lab.store.sweep(list, 0).packs == 1
    assert lab.read(recipe(b"again").digest) == b"again"


def test_packs_are_synced_before_they_are_indexed(lab, monkeypatch) -> None:
    seen: list[str] = []
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (seen.append("fsync"), real(fd))[1])
    rename = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (seen.append("rename"), rename(a, b))[1])
    show = ingest._show
    monkeypatch.setattr(ingest, "_show", lambda *args: (seen.append("index"), show(*args))[1])
    lab.store.put_bytes(b"order", SCOPE)
    first, last = seen.index("rename"), len(seen) - 1
    assert seen[first - 1 :] == ["fsync", "rename", "fsync", "index"]
    assert seen[last] == "index"
