"""Bytes from clients that know nothing of chunks: kept once, known by all names, whoever comes at the same time."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import threading
from typing import Any

import pytest

from museion.actions.receive_content import SMALL, fingerprints, receive_content, same_md5
from museion.actions.stores import Stores
from museion.catalog.wandb_artifacts import WandbContent
from museion.errors import BlobCorrupt, BlobNotFound
from museion.model.digest import digest_bytes


@pytest.fixture
def stores(lab: Any) -> Stores:
    """On both databases."""
    found: Stores = lab.stores
    return found


def test_content_is_kept_and_known_by_every_name(stores: Stores) -> None:
    choose = random.Random(1)
    for size in (0, 1, 255, SMALL, SMALL + 1, 9 << 20):
        data = choose.randbytes(size)
        found = receive_content(stores, "ada", "p", io.BytesIO(data))
        assert (found.digest, found.size) == (digest_bytes(data), size)
        assert found.md5 == hashlib.md5(data).hexdigest()
        assert b"".join(stores.blobs.open(found.digest)) == data
        assert fingerprints(stores, {found.digest}) == {found.digest: found}


def test_what_is_not_what_was_announced_is_not_kept(stores: Stores) -> None:
    wanted = hashlib.md5(b"right").hexdigest()
    for data in (b"wrong", b"x" * (SMALL + 1)):
        with pytest.raises(BlobCorrupt):
            receive_content(stores, "ada", "p", io.BytesIO(data), check=same_md5(wanted))
        with pytest.raises(BlobNotFound):
            stores.blobs.stat(digest_bytes(data))


def test_many_at_once_share_packs_and_one_fault_is_alone(stores: Stores) -> None:
    files = [f"file {n % 150}".encode() * 50 for n in range(200)]
    found: list[WandbContent | Exception | None] = [None] * len(files)
    lease = stores.blobs.lease(1000.0, "ada/p")
    wrong = same_md5("0" * 32)

    def send(number: int) -> None:
        check = wrong if number == 77 else lambda content: None
        try:
            found[number] = receive_content(stores, "ada", "p", io.BytesIO(files[number]), lease=lease, check=check)
        except Exception as error:
            found[number] = error

    threads = [threading.Thread(target=send, args=(n,)) for n in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert isinstance(found[77], BlobCorrupt)
    for number, content in enumerate(found):
        if number != 77:
            assert isinstance(content, WandbContent)
            assert b"".join(stores.blobs.open(content.digest)) == files[number]


def test_a_lease_that_is_over_fails_all_who_came_by_it_and_nobody_else(stores: Stores) -> None:
    with pytest.raises(LookupError):
        receive_content(stores, "ada", "p", io.BytesIO(b"data"), lease="gone")
    assert receive_content(stores, "ada", "p", io.BytesIO(b"data")).size == 4


def test_what_came_by_our_own_door_is_read_once_for_its_other_names(stores: Stores) -> None:
    digest = stores.blobs.put_bytes(b"by our own door", "ada/p")
    found = fingerprints(stores, {digest})[digest]
    assert base64.b64encode(bytes.fromhex(found.md5)) == base64.b64encode(hashlib.md5(b"by our own door").digest())
    with stores.catalog.reading() as rows:
        assert rows.wandb_artifacts.named("md5", [found.md5]) == [found]
