"""The one examination for every implementation of BlobStore: subclass it, and provide the fixture `lab`."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from blobs.data import noise, pack, pieces, recipe
from blobs.pack_faults import FAULTS

from museion.blobs.pack import MAX_PACK
from museion.errors import (
    BlobCorrupt,
    BlobNotFound,
    BlobsMissing,
    NotFound,
    PackCorrupt,
    StorageFull,
    TooLarge,
    ValueInvalid,
)
from museion.model.digest import digest_bytes

SCOPE = "ada/digits"


class BlobStoreSuite:
    """What a BlobStore must do, said from outside."""

    def test_content_comes_back_whole_and_in_ranges(self, lab, big) -> None:
        digest = lab.store.put_bytes(big, SCOPE)
        assert digest == digest_bytes(big)
        assert lab.store.stat(digest) == len(big)
        assert lab.read(digest) == big
        for start, stop in [(0, 1), (0, 0), (5, 5), (1 << 20, 2 << 20), (len(big) - 1, len(big)), (7, len(big) + 9)]:
            assert lab.read(digest, start, stop) == big[start:stop]
        assert max(len(piece) for piece in lab.store.open(digest)) <= 1 << 20

    def test_an_empty_file_is_a_file(self, lab) -> None:
        digest = lab.store.put_bytes(b"", SCOPE)
        assert (lab.store.stat(digest), lab.read(digest), lab.packs()) == (0, b"", [])

    def test_the_same_content_is_stored_once(self, lab, big) -> None:
        lab.store.put_bytes(big, SCOPE)
        before = lab.packs()
        lab.store.put_bytes(big, SCOPE)
        lab.store.put_bytes(big, "bob/vault")
        assert lab.packs() == before

    def test_an_upload_in_its_four_steps(self, lab, big) -> None:
        lease = lab.store.lease(60, SCOPE)
        wanted = recipe(big)
        assert lab.store.have_files(lease, [wanted.digest], SCOPE) == [False]
        assert not any(lab.store.have_chunks(lease, wanted.hashes()))
        receipt = lab.store.add_pack(lease, io.BytesIO(pack(big)))
        assert (receipt.chunks, receipt.new) == (len(wanted.chunks), len(wanted.chunks))
        assert all(lab.store.have_chunks(lease, wanted.hashes()))
        with pytest.raises(BlobNotFound):
            lab.store.stat(wanted.digest)
        lab.store.add_files(lease, [wanted], SCOPE)
        assert lab.store.have_files(lease, [wanted.digest], SCOPE) == [True]
        assert lab.read(wanted.digest) == big

    def test_the_same_pack_again_is_no_news(self, lab, big) -> None:
        lease = lab.store.lease(60, SCOPE)
        first = lab.store.add_pack(lease, pack(big))
        assert lab.store.add_pack(lease, pack(big)) == replace(first, new=0)
        assert len(lab.packs()) == 1

    def test_a_commit_says_which_chunks_it_lacks_and_adds_nothing(self, lab, big) -> None:
        lease = lab.store.lease(60, SCOPE)
        chunks = pieces(big)
        lab.store.add_pack(lease, pack(chunks[0][1], b"small"))
        with pytest.raises(BlobsMissing) as caught:
            lab.store.add_files(lease, [recipe(b"small"), recipe(big)], SCOPE)
        assert caught.value.details["missing"] == [key.hex() for key, _ in chunks[1:]]
        assert lab.store.missing([digest_bytes(b"small"), digest_bytes(big)]) != []
        with pytest.raises(BlobNotFound):
            lab.store.stat(digest_bytes(b"small"))

    def test_a_recipe_that_lies_about_the_whole_is_refused(self, lab, big) -> None:
        lease = lab.store.lease(60, SCOPE)
        lab.store.add_pack(lease, pack(big, b"small"))
        true = recipe(big)
        swapped = replace(true, chunks=(true.chunks[1], true.chunks[0], *true.chunks[2:]))
        other = replace(recipe(b"small"), digest=digest_bytes(b"other"))
        for lie in (swapped, other, replace(recipe(b""), digest=digest_bytes(b"x"))):
            with pytest.raises(BlobCorrupt):
                lab.store.add_files(lease, [lie], SCOPE)
            assert lab.store.missing([lie.digest]) == [lie.digest]

    def test_a_recipe_that_cannot_be_is_refused(self, lab) -> None:
        lease = lab.store.lease(60, SCOPE)
        lab.store.add_pack(lease, pack(b"small"))
        true = recipe(b"small")
        (key, length), *_ = true.chunks
        lies = [
            replace(true, size=6),
            replace(true, size=-1, chunks=()),
            replace(true, chunks=((key, -5),)),
            replace(true, chunks=((key.upper(), length),)),
            replace(true, chunks=(("zz", length),)),
            replace(true, digest="md5:00"),
            replace(true, size=2 << 20, chunks=((key, 2 << 20),)),
        ]
        for lie in lies:
            with pytest.raises(ValueInvalid):
                lab.store.add_files(lease, [lie], SCOPE)
        with pytest.raises(BlobCorrupt):
            lab.store.add_files(lease, [replace(true, size=4, chunks=((key, 4),))], SCOPE)

    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
    def test_a_bad_pack_leaves_nothing(self, lab, fault) -> None:
        lease = lab.store.lease(60, SCOPE)
        good = pack(b"one", b"two", noise("three", 5000))
        with pytest.raises(PackCorrupt):
            lab.store.add_pack(lease, fault(good))
        keys = [key for data in (b"one", b"two", noise("three", 5000)) for key, _ in pieces(data)]
        assert not any(lab.store.have_chunks(lease, keys))
        assert (lab.packs(), lab.leftovers()) == ([], [])

    def test_a_pack_over_the_limit_is_cut_off(self, lab) -> None:
        lease = lab.store.lease(60, SCOPE)

        class Endless(io.RawIOBase):
            given = 0

            def read(self, size: int = -1) -> bytes:
                self.given += size
                return bytes(size)

        body = Endless()
        with pytest.raises(TooLarge):
            lab.store.add_pack(lease, body)
        assert body.given <= MAX_PACK + (2 << 20)
        assert lab.leftovers() == []

    def test_a_lease_ends_and_is_renewed_by_use(self, lab) -> None:
        lease = lab.store.lease(60, SCOPE)
        for _ in range(3):
            lab.clock.now += 50
            lab.store.have_chunks(lease, [])
        lab.clock.now += 61
        for call in (
            lambda: lab.store.have_chunks(lease, []),
            lambda: lab.store.have_files(lease, [], SCOPE),
            lambda: lab.store.add_pack(lease, pack(b"x")),
            lambda: lab.store.add_files(lease, [], SCOPE),
            lambda: lab.store.have_chunks("never", []),
        ):
            with pytest.raises(NotFound):
                call()

    def test_another_project_learns_nothing_and_gets_nothing(self, lab, big) -> None:
        lab.store.put_bytes(b"secret", "bob/vault")
        lab.store.put_bytes(big, "bob/vault")
        lease = lab.store.lease(60, SCOPE)
        for data in (b"secret", big):
            claim = recipe(data)
            assert lab.store.have_files(lease, [claim.digest], SCOPE) == [False]
            assert not any(lab.store.have_chunks(lease, claim.hashes()))
            with pytest.raises(BlobsMissing):
                lab.store.add_files(lease, [claim], SCOPE)
        unscoped = lab.store.lease(60)
        assert not any(lab.store.have_chunks(unscoped, recipe(big).hashes()))

    def test_who_sends_the_bytes_may_have_the_file(self, lab) -> None:
        lab.store.put_bytes(b"secret", "bob/vault")
        for scope in (SCOPE, ""):
            lease = lab.store.lease(60, scope)
            assert lab.store.add_pack(lease, pack(b"secret")).new == 0
            lab.store.add_files(lease, [recipe(b"secret")], SCOPE)
            assert lab.store.have_files(lease, [recipe(b"secret").digest], SCOPE) == [True]
        assert len(lab.packs()) == 1

    def test_a_second_version_needs_only_its_new_chunks(self, lab, big) -> None:
        lab.store.put_bytes(big, SCOPE)
        second = big[: 1 << 20] + b"inserted" + big[1 << 20 :]
        lease = lab.store.lease(60, SCOPE)
        known = lab.store.have_chunks(lease, recipe(second).hashes())
        assert 0 < known.count(False) <= 3

    def test_many_threads_at_once(self, lab) -> None:
        contents = [noise(f"thread {i % 12}", 2000 + i % 12) for i in range(48)]

        def add(data: bytes) -> str:
            lease = lab.store.lease(60, SCOPE)
            if not all(lab.store.have_chunks(lease, recipe(data).hashes())):
                lab.store.add_pack(lease, pack(data))
            lab.store.add_files(lease, [recipe(data)], SCOPE)
            return recipe(data).digest

        with ThreadPoolExecutor(8) as pool:
            digests = list(pool.map(add, contents))
        assert [lab.read(digest) for digest in digests] == contents

    def test_what_is_stored_survives_a_restart(self, lab, big) -> None:
        digest = lab.store.put_bytes(big, SCOPE)
        lab.restart()
        assert lab.read(digest) == big

    def test_a_quota_stops_what_is_too_much_and_counts_chunks_once(self, lab, big) -> None:
        lab.store.put_bytes(big, SCOPE)
        limit = len(big) + 1000
        lab.store.set_quota(SCOPE, limit)
        assert lab.store.quota(SCOPE) == (limit, len(big))
        lab.store.put_bytes(big, SCOPE)
        lab.store.put_bytes(noise("fits", 900), SCOPE)
        before = lab.packs()
        with pytest.raises(StorageFull, match="may hold") as caught:
            lab.store.put_bytes(noise("too much", 200), SCOPE)
        assert caught.value.details == {"limit": limit, "used": len(big) + 900, "more": 200}
        lease = lab.store.lease(60, SCOPE)
        with pytest.raises(StorageFull):
            lab.store.add_pack(lease, pack(noise("too much", 200)))
        assert lab.packs() == before
        lab.store.put_bytes(noise("too much", 200), "bob/vault")
        with pytest.raises(StorageFull):  # that somebody else has it makes no room
            lab.store.add_pack(lease, pack(noise("too much", 200)))
        lab.store.set_quota(SCOPE, None)
        lab.store.put_bytes(noise("too much", 200), SCOPE)
        assert lab.store.quota(SCOPE)[0] is None

    def test_missing_lists_each_once_and_in_order(self, lab) -> None:
        here = lab.store.put_bytes(b"here", SCOPE)
        a, b = digest_bytes(b"a"), digest_bytes(b"b")
        assert lab.store.missing([b, here, a, b]) == [b, a]
        with pytest.raises(BlobNotFound):
            lab.store.open(a)
        with pytest.raises(ValueInvalid):
            lab.store.stat("blake3:short")

    def test_a_range_that_cannot_be_is_refused(self, lab) -> None:
        digest = lab.store.put_bytes(b"here", SCOPE)
        for bounds in ((-1, None), (3, 2)):
            with pytest.raises(ValueInvalid):
                lab.store.open(digest, *bounds)

    def test_sweep_frees_what_is_not_named(self, lab, big) -> None:
        kept, gone = lab.store.put_bytes(b"kept", SCOPE), lab.store.put_bytes(big, SCOPE)
        swept = lab.store.sweep(lambda: [kept], 0)
        assert (swept.files, swept.packs) == (1, 1)
        assert swept.bytes > len(big)
        assert lab.store.missing([kept, gone]) == [gone]
        assert lab.read(kept) == b"kept"
        assert len(lab.packs()) == 1
        assert lab.store.put_bytes(big, SCOPE) == gone
        assert lab.read(gone) == big

    def test_sweep_keeps_what_an_upload_holds(self, lab) -> None:
        digest = lab.store.put_bytes(b"held", SCOPE)
        holder = lab.store.lease(600, SCOPE)
        lab.store.have_files(holder, [digest], SCOPE)
        sender = lab.store.lease(600, SCOPE)
        lab.store.add_pack(sender, pack(b"sent"))
        lab.clock.now += 500
        assert lab.store.sweep(list, 0).packs == 0
        lab.store.add_files(sender, [recipe(b"sent")], SCOPE)
        assert lab.read(digest) == b"held"
        lab.store.release(holder)
        lab.clock.now += 601
        assert lab.store.sweep(list, 0).packs == 2
        assert lab.packs() == []

    def test_sweep_waits_for_the_grace_twice(self, lab) -> None:
        digest = lab.store.put_bytes(b"old", SCOPE)
        for wait, files in ((50, 0), (60, 0), (50, 0), (60, 1)):
            lab.clock.now += wait
            assert lab.store.sweep(list, 100).files == files
        assert lab.store.missing([digest]) == [digest]
        assert len(lab.packs()) == 1
        lab.clock.now += 101
        lab.store.sweep(list, 100)
        assert lab.packs() == []

    def test_asking_takes_back_that_it_is_condemned(self, lab) -> None:
        digest = lab.store.put_bytes(b"wanted", SCOPE)
        lab.clock.now += 101
        assert lab.store.sweep(list, 100).condemned == 1
        lab.clock.now += 101
        assert lab.store.missing([digest]) == []
        assert lab.store.sweep(list, 100).files == 0
        assert lab.read(digest) == b"wanted"

    def test_bytes_shared_with_a_living_file_stay(self, lab, big) -> None:
        lab.store.put_bytes(big, SCOPE)
        second = big + b"more at the end"
        kept = lab.store.put_bytes(second, SCOPE)
        lab.store.sweep(lambda: [kept], 0)
        assert lab.read(kept) == second
