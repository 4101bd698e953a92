"""The doors for bytes: what a server on this machine takes over instead of being sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from blobs.data import pack, recipe
from support.server import PROJECT, Site, make_run

from museion.server.app import create_app

DATA = b"taken over" * 1000


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    folder = tmp_path / "staging" / "packs"
    folder.mkdir(parents=True)
    (folder / "7-abc").write_bytes(pack(DATA))
    return folder


@pytest.fixture
def local(site: Site, settings, staged: Path) -> Site:
    site.app = create_app(site.stores, replace(settings, local_user="local", staging=staged))
    return site


def test_the_local_user_hands_a_pack_over_by_name(local: Site, staged: Path) -> None:
    client = local.client("local")
    make_run(client)
    opened = client.post(f"{PROJECT}/uploads").json()
    info = staged.stat()
    assert opened["staging"] == f"{info.st_dev}:{info.st_ino}"
    place = f"{PROJECT}/uploads/{opened['upload']}"
    answer = client.post(f"{place}/staged/7-abc")
    assert (answer.status_code, answer.json()["new"]) == (200, 1)
    wanted = recipe(DATA)
    body = {"files": [{"digest": wanted.digest, "size": wanted.size, "chunks": list(wanted.chunks)}]}
    assert client.post(f"{place}/files", json=body).status_code == 204
    assert b"".join(local.stores.blobs.open(wanted.digest)) == DATA
    assert client.post(f"{place}/staged/..%2F7-abc").status_code in (404, 405)
    assert client.post(f"{place}/staged/7-none").status_code == 404


def test_nobody_else_may_nor_hears_of_it(local: Site) -> None:
    client = local.client("member")
    make_run(client)
    opened = client.post(f"{PROJECT}/uploads").json()
    assert opened["staging"] is None
    assert client.post(f"{PROJECT}/uploads/{opened['upload']}/staged/7-abc").status_code == 404


def test_a_server_that_is_not_local_takes_nothing_over(site: Site) -> None:
    client = site.client("local")
    make_run(client)
    opened = client.post(f"{PROJECT}/uploads").json()
    assert opened["staging"] is None
    assert client.post(f"{PROJECT}/uploads/{opened['upload']}/staged/7-abc").status_code == 404


def test_an_upload_that_ended_holds_nothing_and_one_that_did_not_does(site: Site) -> None:
    client, local = site.client("member"), site.client("local")
    make_run(client)
    leases = {text: client.post(f"{PROJECT}/uploads").json()["upload"] for text in (b"ended", b"going on")}
    for text, lease in leases.items():
        assert client.post(f"{PROJECT}/uploads/{lease}/packs", content=pack(text)).status_code == 200
    elsewhere = PROJECT.replace("digits", "elsewhere")
    assert client.put(f"{elsewhere}/runs/aaaaaaaa", json={}).status_code == 201
    assert client.delete(f"{elsewhere}/uploads/{leases[b'going on']}").status_code == 204  # not theirs: it stays
    for _ in range(2):
        assert client.delete(f"{PROJECT}/uploads/{leases[b'ended']}").status_code == 204
    assert client.post(f"{PROJECT}/uploads/{leases[b'ended']}/packs", content=pack(b"late")).status_code == 404
    site.clock.now += 3600
    swept = {"grace": 0}
    assert local.post("/api/v1/garbage", json=swept).json()["packs"] == 1
    site.clock.now += 2 * 86_400
    assert local.post("/api/v1/garbage", json=swept).json()["packs"] == 1
