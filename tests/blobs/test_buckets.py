"""The store with its packs in object stores: the same examination, on real servers of two kinds; and what can go wrong
with a bucket only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import obstore
import pytest
from blobs.conftest import Lab
from blobs.data import noise, pack, recipe
from blobs.suite import SCOPE, BlobStoreSuite
from blobs.test_store_walk import Walk
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine
from support import azure, ceph

from museion.blobs.bucket import Bucket, open_packs
from museion.blobs.packs import Span
from museion.blobs.store import BlobStore
from museion.blobs.tables import metadata
from museion.catalog.database import open_engine
from museion.errors import BlobCorrupt, StorageFault, UsageError

pytestmark = pytest.mark.xdist_group("buckets")
_numbers = itertools.count()


@dataclass
class BucketLab(Lab):
    """A store in a bucket; `url` and `secrets` open it."""

    url: str = ""

    def restart(self) -> BlobStore:
        self.bucket = open_packs(self.root, self.url)
        self.store = BlobStore(self.root, self.engine, clock=self.clock, token=self._token, packs=self.bucket)
        self.store.recover()
        return self.store

    def packs(self) -> list[str]:  # type: ignore[override]
        return sorted(pack for pack, _ in self.bucket.each())


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    if reason := ceph.why_not():
        pytest.skip(f"No Ceph: {reason}")
    with ceph.gateway() as found, pytest.MonkeyPatch.context() as patch:
        ceph.make_bucket(found, "museion")
        patch.setenv("AWS_ACCESS_KEY_ID", found.key)
        patch.setenv("AWS_SECRET_ACCESS_KEY", found.secret)
        yield f"s3://museion/PLACE?endpoint={found.endpoint}&region=us-east-1"


@pytest.fixture(scope="session")
def az() -> Iterator[str]:
    if reason := azure.why_not():
        pytest.skip(f"No Azurite: {reason}")
    with azure.emulator() as endpoint, pytest.MonkeyPatch.context() as patch:
        azure.make_container(endpoint, "museion")
        patch.setenv("AZURE_STORAGE_ACCOUNT_KEY", azure.KEY)
        yield f"az://museion/PLACE?endpoint={endpoint}&account_name={azure.ACCOUNT}"


@pytest.fixture(params=["s3", "az"])
def lab(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BucketLab]:
    url = request.getfixturevalue(request.param).replace("PLACE", f"test-{next(_numbers)}/deep")
    engine = open_engine(f"sqlite:///{tmp_path}/index.db")
    metadata.create_all(engine)
    yield BucketLab(tmp_path / "store", engine, url=url)
    engine.dispose()


class TestBucket(BlobStoreSuite):
    pass


def test_a_pack_is_written_once_and_mended_by_the_same(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    (name,) = lab.packs()
    store: Any = lab.bucket._store
    key = f"packs/{name[:2]}/{name}"
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(store, key, b"other", mode="create", use_multipart=False)
    good = bytes(obstore.get(store, key).bytes())
    obstore.put(store, key, good[:50] + b"rot" + good[53:], mode="overwrite", use_multipart=False)
    with pytest.raises(BlobCorrupt):
        lab.read(digest)
    lab.store.put_bytes(big, SCOPE)
    assert lab.packs() == [name]
    assert lab.read(digest) == big


def test_a_lost_object_is_said_and_sent_again(lab) -> None:
    digest = lab.store.put_bytes(b"lost", SCOPE)
    lab.bucket.delete(lab.packs()[0])
    lab.bucket.delete("0" * 64)
    with pytest.raises(BlobCorrupt, match="not there"):
        lab.read(digest)
    lab.store.put_bytes(b"lost", SCOPE)
    assert lab.read(digest) == b"lost"


def test_the_index_is_made_anew_and_strange_objects_are_put_aside(lab, big) -> None:
    digest = lab.store.put_bytes(big, SCOPE)
    with lab.engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
    obstore.put(lab.bucket._store, "packs/ab/" + "ab" * 32, b"not a pack")
    lab.restart()
    assert len(lab.packs()) == 1
    lease = lab.store.lease(60, SCOPE)
    assert lab.store.add_pack(lease, pack(big)).new == 0
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    assert lab.read(digest) == big


def test_reads_end_where_the_object_ends(lab) -> None:
    body = pack(b"short")
    lab.store.add_pack(lab.store.lease(60, SCOPE), body)
    (name,) = lab.packs()
    assert lab.bucket.read(Span(name, 3, 1000)) == body[3:]
    assert lab.bucket.read(Span(name, len(body) + 5, 10)) == b""
    with pytest.raises(FileNotFoundError):
        lab.bucket.read(Span("0" * 64, 0, 10))


def test_a_bucket_that_refuses_is_one_clear_error_and_leaves_nothing(lab, monkeypatch) -> None:
    wrong = {"AWS_SECRET_ACCESS_KEY": "wrong", "AZURE_STORAGE_ACCOUNT_KEY": "d3Jvbmc="}
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    refused = open_packs(lab.root, lab.url)
    lab.store._ingest._packs = refused
    lease = lab.store.lease(60, SCOPE)
    with pytest.raises(StorageFault, match="refuses"):
        lab.store.add_pack(lease, pack(b"content"))
    assert not any(lab.store.have_chunks(lease, recipe(b"content").hashes()))
    assert lab.leftovers() == []
    lab.store._ingest._packs = lab.bucket
    lab.store.add_pack(lease, pack(b"content"))
    lab.store.add_files(lease, [recipe(b"content")], SCOPE)
    assert lab.read(recipe(b"content").digest) == b"content"


def test_a_bucket_that_is_away_is_said(tmp_path, monkeypatch) -> None:
    from museion.blobs import bucket

    monkeypatch.setattr(bucket, "RETRIES", {"max_retries": 0})
    away = open_packs(tmp_path, f"s3://museion/x?endpoint=http://127.0.0.1:{ceph.free_port()}&skip_signature=true")
    with pytest.raises(StorageFault, match="does not answer"):
        away.read(Span("0" * 64, 0, 10))


@pytest.mark.parametrize("url", ["ftp://x/y", "s3://", "s3://bucket?secret=x", "bucket"])
def test_a_url_that_cannot_be_is_refused(tmp_path, url) -> None:
    with pytest.raises(UsageError):
        open_packs(tmp_path, url)


def test_many_packs_are_read_ahead(lab) -> None:
    contents = [noise(f"part {i}", 300_000) for i in range(6)]
    lease = lab.store.lease(60, SCOPE)
    for data in contents:
        lab.store.add_pack(lease, pack(data))
    whole = b"".join(contents)
    steps = [step for data in contents for step in recipe(data).chunks]
    from museion.blobs.recipe import Recipe
    from museion.model.digest import digest_bytes

    made = Recipe(digest_bytes(whole), len(whole), tuple(steps))
    lab.store.add_files(lease, [made], SCOPE)
    assert lab.read(made.digest) == whole
    assert isinstance(lab.bucket, Bucket)


class BucketWalk(Walk):
    """The walk, with its packs in a bucket."""

    url = ""

    def open(self, root: Path, engine: Engine) -> Lab:
        return BucketLab(root, engine, url=self.url.replace("PLACE", f"walk-{next(_numbers)}"))

    def bytes_of(self, pack: Any) -> bytes:
        return bytes(obstore.get(self.lab.bucket._store, f"packs/{pack[:2]}/{pack}").bytes())

    def rot(self, pack: Any, at: int) -> None:
        body = bytearray(self.bytes_of(pack))
        body[at] ^= 0xFF
        obstore.put(self.lab.bucket._store, f"packs/{pack[:2]}/{pack}", bytes(body), use_multipart=False)


@pytest.mark.parametrize("kind", ["s3", "az"])
def test_a_random_walk_against_a_dict(kind, request) -> None:
    machine = type("Machine", (BucketWalk,), {"url": request.getfixturevalue(kind)})
    few = settings(max_examples=4, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
