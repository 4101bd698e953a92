"""The store with its packs in object stores: the same examination, on real servers of two kinds; and what can go wrong
with a bucket only."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import obstore
import pytest
import urllib3
from blobs.conftest import Lab
from blobs.data import noise, pack, recipe
from blobs.suite import SCOPE, BlobStoreSuite
from blobs.test_store_walk import Walk
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import Engine
from support import azure, ceph
from support.app import fresh_server

from museion.blobs.bucket import Bucket, open_packs
from museion.blobs.direct import LEFTOVER
from museion.blobs.packs import Span
from museion.blobs.staging import Staging
from museion.blobs.store import BlobStore
from museion.blobs.tables import metadata
from museion.catalog.database import open_engine
from museion.errors import BlobCorrupt, NotFound, PackCorrupt, StorageFault, UsageError
from museion.model.digest import to_raw
from museion.sdk import direct
from museion.sdk.transport import project_path, run_path
from museion.sdk.upload import upload

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
    yield BucketLab(tmp_path / "store", engine, url=f"{url}&direct=yes")
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


# ---- packs that clients send straight into the bucket ---------------------------------------------------------------


def _objects(lab: BucketLab, prefix: str) -> list[str]:
    pages = obstore.list(lab.bucket._store, prefix=prefix or None)
    return [str(entry["path"]) for page in pages for entry in page]


def _offer(lab: BucketLab, lease: str) -> dict[str, Any]:
    return asdict(lab.store.offer(lease))


def test_a_pack_sent_straight_is_seen_once_it_was_verified(lab, big) -> None:
    lease = lab.store.lease(60, SCOPE)
    offer = _offer(lab, lease)
    direct.send(offer, pack(big))
    direct.send(offer, b"something else")  # the name is taken: what came first stays
    assert not any(lab.store.have_chunks(lease, recipe(big).hashes()))
    assert lab.packs() == []
    with pytest.raises(NotFound):
        lab.store.take_direct(lab.store.lease(60, SCOPE), offer["name"])  # another's
    receipt = lab.store.take_direct(lease, offer["name"])
    assert (receipt.chunks, receipt.new) == (len(set(recipe(big).hashes())),) * 2
    direct.send(offer, b"too late to change anything")
    lab.store.add_files(lease, [recipe(big)], SCOPE)
    assert lab.read(recipe(big).digest) == big
    with pytest.raises(PackCorrupt):
        lab.store.take_direct(lease, offer["name"])
    assert (_objects(lab, "incoming"), _objects(lab, "aside"), lab.leftovers()) == ([], [], [])


@pytest.mark.parametrize("fault", ["bit", "cut", "empty", "nothing"])
def test_what_is_no_pack_is_never_seen(lab, fault) -> None:
    body = pack(b"some content")
    bad = {"bit": body[:40] + bytes([body[40] ^ 1]) + body[41:], "cut": body[:-1], "empty": b""}
    lease = lab.store.lease(60, SCOPE)
    offer = _offer(lab, lease)
    if fault in bad:
        direct.send(offer, bad[fault])
    with pytest.raises(PackCorrupt if fault in bad else NotFound):
        lab.store.take_direct(lease, offer["name"])
    assert not any(lab.store.have_chunks(lease, recipe(b"some content").hashes()))
    assert (lab.packs(), _objects(lab, ""), lab.leftovers()) == ([], [], [])


def test_a_url_is_for_one_object_one_method_and_a_while(lab, monkeypatch) -> None:
    lease = lab.store.lease(60, SCOPE)
    offer = _offer(lab, lease)
    for altered in (offer["url"].replace("incoming", "packs"), offer["url"].replace("/deep/", "/elsewhere/")):
        with pytest.raises(StorageFault, match=r"The bucket at 127\.0\.0\.1:\d+ answers 403"):
            direct.send({**offer, "url": altered}, pack(b"x"))
    assert urllib3.request("DELETE", offer["url"], retries=False).status == 403
    assert urllib3.request("GET", offer["url"], retries=False).status == 403
    monkeypatch.setattr("museion.blobs.direct.SECONDS", 1.0)
    short = _offer(lab, lease)
    time.sleep(2.1)
    with pytest.raises(StorageFault, match="expired"):
        direct.send(short, pack(b"x"))
    assert _objects(lab, "") == []


def test_a_clock_that_is_wrong_is_named(s3) -> None:
    """A URL as a server signs it whose clock is an hour behind. (Ceph does not mind one that is ahead.)"""
    place = dict(parse_qsl(s3.partition("?")[2]))["endpoint"]
    behind = datetime.now(UTC) - timedelta(hours=1)
    offer = {"url": ceph.signed_url(place, "museion/incoming/skew", behind), "method": "PUT", "headers": {}}
    with pytest.raises(StorageFault, match="clock"):
        direct.send(offer, b"x")


def test_what_nobody_took_in_is_swept(lab) -> None:
    lease = lab.store.lease(60, SCOPE)
    direct.send(_offer(lab, lease), pack(b"left behind"))
    lab.store.sweep(list, 0.0)
    assert len(_objects(lab, "incoming")) == 1
    lab.clock.now = time.time() + LEFTOVER + 60
    lab.store.sweep(list, 0.0)
    assert _objects(lab, "incoming") == []


def test_the_client_sends_straight_and_goes_through_the_server_if_it_must(s3, tmp_path, monkeypatch, caplog) -> None:
    url = s3.replace("PLACE", "client") + "&direct=yes"
    first, second = noise("first", 3 << 20), noise("second", 3 << 20)
    staging = Staging(tmp_path / "staging", "me")
    with fresh_server(tmp_path / "root", storage=url) as transport:
        transport.request("PUT", run_path("me", "p", "aaa"), json={})
        digest = staging.add_bytes(first).digest
        lease = upload(transport, "me", "p", staging, [digest])
        ways = [path.partition(lease)[2] for _, path in transport.asked]
        assert "/direct" in ways
        assert "/packs" not in ways
        sign = Bucket.sign
        monkeypatch.setattr(Bucket, "sign", lambda self, key, seconds: (f"{sign(self, key, seconds)[0]}0", {}))
        other = staging.add_bytes(second).digest
        again = upload(transport, "me", "p", staging, [other])
        assert f"{project_path('me', 'p', 'uploads')}/{again}/packs" in [path for _, path in transport.asked]
        assert "go through the server" in caplog.text
        for name, lent in ((digest, lease), (other, again)):
            path = project_path("me", "p", "uploads", lent, "have")
            answer = transport.request("POST", path, query={"what": "files"}, body=to_raw(name))
            assert answer.data == b"\x01"
    staging.close()


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
