"""fsck finds each kind of harm, names it, and heals what can be healed."""

from __future__ import annotations

from blobs.data import damage, noise, pack, pieces, recipe
from blobs.suite import SCOPE
from sqlalchemy import update

from museion.blobs import tables


def faults(lab, *live: str, repair: bool = False) -> list[tuple[str, bool]]:
    return [(fault.kind, fault.healed) for fault in lab.store.examine(lambda: live, repair=repair)]


def test_a_sound_store_has_no_faults(lab, big) -> None:
    digests = [lab.store.put_bytes(data, SCOPE) for data in (big, b"small", b"")]
    read: list[tuple[int, int]] = []
    assert list(lab.store.examine(lambda: digests, progress=lambda *done: read.append(done))) == []
    assert read[-1][0] == read[-1][1] == sum(path.stat().st_size for path in lab.packs())


def test_a_rotten_chunk_is_found_and_the_next_upload_heals_it(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    bad = pieces(big)[2]
    damage(lab.packs()[0], 16 + sum(len(piece) for _, piece in pieces(big)[:2]) + 9)
    found = list(lab.store.examine(lambda: [digest]))
    assert [fault.kind for fault in found] == ["chunk_corrupt", "file_lost"]
    assert (found[0].chunk, found[1].file) == (bad[0].hex(), digest)
    assert lab.store.missing([digest]) == [digest]
    lease = lab.store.lease(60, SCOPE)
    assert lab.store.have_chunks(lease, recipe(big).hashes()).count(False) == 1
    lab.store.add_pack(lease, pack(bad[1]))
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    assert lab.read(digest) == big
    assert [kind for kind, _ in faults(lab, digest)] == ["chunk_corrupt"]  # the old copy lies there still, unused


def test_another_copy_heals_a_damaged_chunk(lab) -> None:
    """Two packs hold the chunk, as after two uploads at the same time."""
    lease = lab.store.lease(60, SCOPE)
    data = noise("twice", 3_000)
    lab.store.add_pack(lease, pack(data))
    (first,) = lab.packs()
    lab.store.add_files(lease, [recipe(data)], SCOPE)
    lab.store.add_pack(lease, pack(data, b"and another"))
    damage(first, 100)
    assert faults(lab, recipe(data).digest, repair=True)
    assert faults(lab, recipe(data).digest, repair=True) == [("chunk_corrupt", False)]
    assert lab.read(recipe(data).digest) == data
    lab.store.release(lease)
    lab.clock.now += 100
    lab.store.sweep(lambda: [recipe(data).digest], 10, at_once=True)
    assert lab.read(recipe(data).digest) == data


def test_a_missing_pack_is_found(lab, big) -> None:
    digest, other = lab.store.put_bytes(big, SCOPE), lab.store.put_bytes(b"other", SCOPE)
    path = max(lab.packs(), key=lambda path: path.stat().st_size)
    lab.store.close()
    path.unlink()
    assert faults(lab, digest, other) == [("pack_missing", False), ("file_lost", False)]
    assert lab.store.missing([digest, other]) == [digest]
    lab.store.put_bytes(big, SCOPE)
    assert faults(lab, digest, other) == []


def test_a_torn_table_does_not_cost_the_chunks(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    (path,) = lab.packs()
    damage(path, path.stat().st_size - 60)
    assert faults(lab, digest) == [("pack_corrupt", False)]
    assert lab.read(digest) == big


def test_a_pack_the_index_forgot_comes_back(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    with lab.engine.begin() as conn:
        for table in (tables.file_pack, tables.lease_pack, tables.chunk_scope, tables.chunk, tables.pack):
            conn.execute(table.delete())
    assert faults(lab, digest) == [("pack_unknown", False), ("file_lost", False)]
    assert ("pack_unknown", True) in faults(lab, digest, repair=True)
    assert faults(lab, digest) == []
    assert lab.read(digest) == big
    lab.clock.now += 100
    lab.store.sweep(lambda: [digest], 10, at_once=True)
    assert lab.read(digest) == big


def test_a_wrong_row_is_put_right(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    key = pieces(big)[1][0]
    with lab.engine.begin() as conn:
        conn.execute(update(tables.chunk).where(tables.chunk.c.hash == key).values(offset=77))
    assert ("index_wrong", True) in faults(lab, digest, repair=True)
    assert lab.read(digest) == big
    assert faults(lab, digest) == []


def test_a_named_file_that_never_came_is_said(lab) -> None:
    assert faults(lab, recipe(b"never").digest) == [("file_lost", False)]
