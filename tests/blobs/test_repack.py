"""One sweep that frees at once, what it says it would free, and packs written anew without their garbage."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from blobs.data import damage, noise, pack, recipe
from blobs.suite import SCOPE

from museion.blobs import repack


def put(store, *contents: bytes) -> list[str]:
    """All contents in one pack."""
    lease = store.lease(60, SCOPE)
    store.add_pack(lease, pack(*contents))
    store.add_files(lease, [recipe(data) for data in contents], SCOPE)
    store.release(lease)
    return [recipe(data).digest for data in contents]


def sizes(lab) -> int:
    return sum(path.stat().st_size for path in lab.packs())


def test_one_sweep_is_enough_for_what_rested_long_enough(lab) -> None:
    old = lab.store.put_bytes(b"old", SCOPE)
    lab.clock.now += 100
    young = lab.store.put_bytes(b"young", SCOPE)
    swept = lab.store.sweep(list, 50, at_once=True)
    assert (swept.files, swept.packs) == (1, 1)
    assert lab.store.missing([old, young]) == [old]


def test_an_upload_that_fell_silent_does_not_hold_for_ever(lab) -> None:
    lease = lab.store.lease(86_400, SCOPE)
    lab.store.add_pack(lease, pack(b"sent"))
    lab.store.add_files(lease, [recipe(b"sent")], SCOPE)
    lab.clock.now += 3_000
    assert lab.store.look(list, 0).files == lab.store.sweep(list, 0, at_once=True).files == 0
    lab.clock.now += 1_000
    assert lab.store.look(list, 0).files == lab.store.sweep(list, 0, at_once=True).files == 1
    assert lab.packs() == []


def test_a_look_says_what_the_sweep_then_frees(lab) -> None:
    kept, *_ = put(lab.store, b"kept" * 10, noise("gone", 90_000))
    put(lab.store, noise("alone", 5_000))
    held = lab.store.lease(600, SCOPE)
    (uploaded,) = put(lab.store, b"uploaded")
    lab.store.have_files(held, [uploaded], SCOPE)
    lab.clock.now += 100
    looked = lab.store.look(lambda: [kept], 50)
    before = sizes(lab)
    swept = lab.store.sweep(lambda: [kept], 50, at_once=True)
    assert before - sizes(lab) == swept.bytes == looked.bytes
    assert (looked.files, looked.packs) == (swept.files, swept.packs) == (2, 2)
    assert lab.store.look(lambda: [kept], 50).bytes == 0


def test_a_pack_that_is_mostly_garbage_is_written_anew(lab) -> None:
    text = b"rows of text, " * 3_000
    kept, gone = put(lab.store, text, noise("gone", 150_000))
    (before,) = lab.packs()
    lab.clock.now += 100
    swept = lab.store.sweep(lambda: [kept], 50, at_once=True)
    (after,) = lab.packs()
    assert before != after
    assert swept.repacked == 1
    assert after.stat().st_size < len(text) // 4  # compressed on the way
    assert lab.read(kept) == text
    assert lab.store.missing([kept, gone]) == [gone]
    lab.restart()
    assert lab.read(kept) == text
    lab.clock.now += 100
    assert lab.store.sweep(list, 50, at_once=True).files == 1
    assert lab.packs() == []


def test_a_pack_that_is_mostly_needed_stays(lab) -> None:
    kept, _ = put(lab.store, noise("kept", 150_000), noise("gone", 50_000))
    before = lab.packs()
    lab.clock.now += 100
    assert lab.store.sweep(lambda: [kept], 50, at_once=True).repacked == 0
    assert lab.packs() == before


def test_a_damaged_pack_is_not_written_anew(lab) -> None:
    kept, _ = put(lab.store, b"kept" * 100, noise("gone", 50_000))
    damage(lab.packs()[0], 20)
    lab.clock.now += 100
    assert lab.store.sweep(lambda: [kept], 50, at_once=True).repacked == 0


@pytest.mark.parametrize("what", ["pin", "name"])
def test_what_is_pinned_or_named_meanwhile_stays_where_it_is(lab, monkeypatch, what) -> None:
    """The control below takes the second look away."""
    kept, gone = put(lab.store, b"kept" * 100, noise("gone", 50_000))
    read, now = meanwhile(lab, monkeypatch, what)
    assert lab.store.sweep(lambda: [kept], 50, at_once=True).repacked == 0
    assert now.is_set()
    assert read(gone) == noise("gone", 50_000)


def test_without_the_second_look_it_would_be_lost(lab, monkeypatch) -> None:
    kept, gone = put(lab.store, b"kept" * 100, noise("gone", 50_000))
    read, _ = meanwhile(lab, monkeypatch, "name")
    move = repack._move

    def blind(conn, one, *rest) -> bool:
        from museion.blobs import tables

        users = conn.execute(tables.file_pack.select().where(tables.file_pack.c.pack == one.pack)).all()
        found = frozenset(bytes(row.digest) for row in users)
        conn.execute(tables.lease_pack.delete())
        conn.execute(tables.pack.update().values(touched_at=0))
        return move(conn, repack._Worn(one.pack, one.size, one.needed, found), *rest)

    monkeypatch.setattr(repack, "_move", blind)
    assert lab.store.sweep(lambda: [kept], 50, at_once=True).repacked == 1
    assert read(gone) is None


def meanwhile(lab, monkeypatch, what):
    """Just before the chunks move, an upload relies on a chunk that only the old pack has."""
    lab.clock.now += 100
    done = threading.Event()
    rewrite = repack.Repacker._body

    def late(self, group) -> bytes:
        body = rewrite(self, group)
        lease = lab.store.lease(60, SCOPE)
        wanted = recipe(noise("gone", 50_000))
        assert all(lab.store.have_chunks(lease, wanted.hashes()))
        if what == "name":
            lab.store.add_files(lease, [wanted], SCOPE)
        done.set()
        return body

    monkeypatch.setattr(repack.Repacker, "_body", late)

    def read(digest: str) -> bytes | None:
        from museion.errors import BlobCorrupt, BlobNotFound

        try:
            if what == "pin":
                lease = lab.store.lease(60, SCOPE)
                lab.store.add_files(lease, [recipe(noise("gone", 50_000))], SCOPE)
            return lab.read(digest)
        except (BlobCorrupt, BlobNotFound):
            return None

    return read, done


def test_who_reads_while_it_moves_reads_on(lab) -> None:
    kept, _ = put(lab.store, noise("kept", 700_000), noise("gone", 4_000_000))
    lab.clock.now += 100
    stop = threading.Event()

    def read() -> int:
        count = 0
        while not stop.is_set():
            assert lab.read(kept) == noise("kept", 700_000)
            count += 1
        return count

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            swept = lab.store.sweep(lambda: [kept], 50, at_once=True)
        finally:
            stop.set()
        assert all(reader.result() for reader in readers)
    assert swept.repacked == 1
    assert lab.store.missing([kept]) == []
