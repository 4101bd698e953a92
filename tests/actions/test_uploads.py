"""From bytes to a version and back, by the way a client takes; and what garbage collection leaves of it."""

from __future__ import annotations

import random
from typing import Any

import pytest
from blake3 import blake3

from museion.actions.collect_garbage import collect_garbage
from museion.actions.commit_artifact import Draft, commit_artifact
from museion.actions.delete_artifact import delete_version
from museion.actions.read_artifact import find_entry
from museion.actions.save_files import NewFile, save_files
from museion.actions.uploads import add_pack, add_recipes, have_chunks, have_files, open_upload
from museion.blobs.chunker import chunks
from museion.blobs.pack import build_pack
from museion.blobs.recipe import Recipe, recipe_of
from museion.errors import BlobNotFound, BlobsMissing, NotFound
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Manifest

GRACE = 100.0


def _cut(data: bytes) -> tuple[Recipe, dict[bytes, bytes]]:
    parts = [data[at : at + size] for at, size in chunks(data)]
    hashes = [(blake3(part).digest(), part) for part in parts]
    return recipe_of(digest_bytes(data), [(key, len(part)) for key, part in hashes]), dict(hashes)


def _send(lab: Any, upload: str, data: bytes) -> Recipe:
    recipe, parts = _cut(data)
    keys = list(parts)
    wanted = [key for key, there in zip(keys, have_chunks(*lab.place, upload, keys), strict=True) if not there]
    if wanted:
        add_pack(*lab.place, upload, build_pack((key, parts[key]) for key in wanted))
    add_recipes(*lab.place, upload, [recipe])
    return recipe


def test_a_large_file_goes_up_in_pieces_is_committed_and_read(lab: Any) -> None:
    lab.run("aaa")
    data = random.Random(1).randbytes(3_000_000)
    upload = open_upload(*lab.place).upload
    recipe = _send(lab, upload, data)
    assert len(recipe.chunks) > 1
    manifest = Manifest.of({"weights.bin": Content(recipe.digest, len(data))})
    for _ in range(2):
        done = commit_artifact(*lab.place, Draft("net", "model", manifest, run="aaa", upload=upload))
    assert (done.artifact.version, done.artifact.size) == ("v0", len(data))
    entry = find_entry(*lab.place, "net", "latest", "weights.bin")
    assert b"".join(lab.stores.blobs.open(entry.digest, 1_000, 2_000_000)) == data[1_000:2_000_000]


def test_what_was_sent_need_not_be_sent_again_and_a_pack_twice_is_no_news(lab: Any) -> None:
    lab.run("aaa")
    recipe, parts = _cut(random.Random(2).randbytes(1_000_000))
    upload = open_upload(*lab.place).upload
    assert not any(have_chunks(*lab.place, upload, list(parts)))
    with pytest.raises(BlobsMissing):
        add_recipes(*lab.place, upload, [recipe])
    pack = build_pack(parts.items())
    first = add_pack(*lab.place, upload, pack)
    assert add_pack(*lab.place, upload, pack).pack == first.pack
    assert all(have_chunks(*lab.place, upload, list(parts)))
    for _ in range(2):
        add_recipes(*lab.place, upload, [recipe])
    assert have_files(*lab.place, upload, [recipe.digest]) == [True]


def test_every_step_asks_for_an_upload_of_this_project(lab: Any) -> None:
    lab.run("aaa")
    recipe, parts = _cut(b"small")
    for step in (
        lambda: have_chunks(*lab.place, "nothing", list(parts)),
        lambda: have_files(*lab.place, "nothing", [recipe.digest]),
        lambda: add_pack(*lab.place, "nothing", build_pack(parts.items())),
        lambda: add_recipes(*lab.place, "nothing", [recipe]),
    ):
        with pytest.raises(NotFound):
            step()


def _collect(lab: Any) -> int:
    """All looks of the collector (at files, at files again and packs, at packs again), with the grace between them."""
    freed = 0
    for _ in range(3):
        lab.clock.now += GRACE + 1
        freed += collect_garbage(lab.stores, GRACE).bytes
    return freed


def test_collecting_frees_what_a_deletion_left_and_nothing_else(lab: Any) -> None:
    lab.run("aaa")
    kept, named, gone = (random.Random(i).randbytes(400_000) for i in (3, 4, 5))
    for name, data in (("kept", kept), ("gone", gone)):
        lab.commit(name, {"f": data})
    digest = lab.stores.blobs.put_bytes(named, "ada/digits")
    save_files(*lab.place, "aaa", [NewFile("log", digest, len(named))])
    assert _collect(lab) == 0
    assert delete_version(*lab.place, "gone", "v0").freed == len(gone)
    assert _collect(lab) >= len(gone)
    for data in (kept, named):
        assert b"".join(lab.stores.blobs.open(digest_bytes(data))) == data
    with pytest.raises(BlobNotFound):
        lab.stores.blobs.stat(digest_bytes(gone))


def test_what_an_upload_holds_is_not_collected(lab: Any) -> None:
    lab.run("aaa")
    upload = open_upload(*lab.place, seconds=1_000_000).upload
    data = random.Random(6).randbytes(100_000)
    recipe = _send(lab, upload, data)
    assert _collect(lab) == 0
    manifest = Manifest.of({"f": Content(recipe.digest, len(data))})
    assert not commit_artifact(*lab.place, Draft("net", "model", manifest, upload=upload)).existing
