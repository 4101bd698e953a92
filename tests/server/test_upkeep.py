"""What takes how much, quotas, and garbage, through the doors."""

from __future__ import annotations

from support.server import PROJECT, Site, commit, make_run, upload

DATA = b"some rows\n" * 1000


def test_usage_of_version_collection_and_project(site: Site) -> None:
    client = site.client("member")
    make_run(client)
    commit(client, "data", {"a": DATA, "b": b"own"})
    commit(client, "data", {"a": DATA})
    own = client.get(f"{PROJECT}/artifacts/data/v0/usage").json()
    assert own == {"files": 2, "size": 10_003, "stored": 10_003, "unique": 3, "shared": 10_000}
    both = client.get(f"{PROJECT}/artifacts/data/-/usage").json()
    assert both == {"files": 2, "size": 10_003, "stored": 10_003, "unique": 10_003, "shared": 0}
    assert client.get(f"{PROJECT}/usage").json()["stored"] == 10_003
    assert client.get(f"{PROJECT}/artifacts/data/v7/usage").status_code == 404


def test_a_quota_is_the_admins_to_set_and_stops_uploads(site: Site) -> None:
    make_run(site.client("member"))
    for role in ("member", "admin"):
        assert site.client(role).put(f"{PROJECT}/quota", json={"bytes": 5}).status_code == 403
    local = site.client("local")
    assert local.put(f"{PROJECT}/quota", json={"bytes": 5}).json() == {"bytes": 5, "held": 0}
    assert local.put(f"{PROJECT}/quota", json={"bytes": -5}).status_code == 422
    client = site.client("member")
    lease = client.post(f"{PROJECT}/uploads").json()["upload"]
    from blobs.data import pack

    answer = client.post(f"{PROJECT}/uploads/{lease}/packs", content=pack(b"123456"))
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert answer.json()["details"] == {"limit": 5, "used": 0, "more": 6}
    upload(client, b"12345")
    assert client.get(f"{PROJECT}/quota").json() == {"bytes": 5, "held": 5}
    assert local.put(f"{PROJECT}/quota", json={"bytes": None}).json()["bytes"] is None
    upload(client, b"123456")


def test_garbage_is_looked_for_and_taken_back_in_one_go(site: Site) -> None:
    client, local = site.client("member"), site.client("local")
    make_run(client)
    commit(client, "data", {"a": DATA})
    assert client.delete(f"{PROJECT}/artifacts/data/v0").json()["freed"] == len(DATA)
    site.clock.now += 8 * 86_400
    assert local.post("/api/v1/garbage", json={"dry_run": True}).json()["bytes"] == 0  # it can still be restored
    assert client.post("/api/v1/garbage", json={}).status_code == 403
    freed = local.post("/api/v1/garbage", json={"empty_trash": True}).json()
    assert freed["files"] == 1
    assert freed["bytes"] > len(DATA)
    assert list((site.root / "packs").glob("*/*")) == []
