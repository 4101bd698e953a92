"""What a client does, over the real app and the real stores."""

from __future__ import annotations

import errno
import json
import logging
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request
from support.server import PROJECT, Site, TestClient, commit, make_run, save_file, upload

from museion.errors import every_error
from museion.history.batch import Row, encode
from museion.history.wire import decode_series
from museion.server import problems
from museion.server.app import StrictRequest, too_deep
from museion.server.routes.uploads import bitmap

RUN = f"{PROJECT}/runs/aaaaaaaa"


def _log(client: TestClient, rows: list[Row], seq: int = 0, writer: str = "w") -> Any:
    return client.post(f"{RUN}/history", params={"writer": writer, "seq": seq}, content=encode(rows))


def _rows(start: int, stop: int) -> list[Row]:
    return [Row(i, 100.0 + i, {"loss": 1 / (i + 1), "note": f"s{i}"}) for i in range(start, stop)]


def test_a_run_is_made_changed_and_found(member: TestClient) -> None:
    first = member.put(RUN, json={"config": {"lr": 0.1, "deep": {"a": [1]}}, "job_type": "train", "tags": ["x"]})
    assert first.status_code == 201
    assert first.json()["name"].endswith("-1")
    assert first.json()["user"] == "member"
    again = member.put(RUN, json={"config": {"bs": 2}, "state": "finished", "remove_config": ["deep"]})
    assert again.status_code == 200
    found = member.get(f"{PROJECT}/runs/latest").json()
    assert found["config"] == {"lr": 0.1, "bs": 2}
    assert (found["state"], found["job_type"], found["tags"]) == ("finished", "train", ["x"])
    page = member.get(f"{PROJECT}/runs", params={"sort": "-config.lr", "state": "finished"}).json()
    assert (page["total"], [r["id"] for r in page["runs"]]) == (1, ["aaaaaaaa"])
    assert member.put(RUN, json={"resume": "never"}).json()["code"] == "run_exists"
    assert member.put(f"{PROJECT}/runs/bbbbbbbb", json={"resume": "must"}).json()["code"] == "run_not_found"
    assert member.post(f"{RUN}/heartbeat").json() == {"stop": False}
    assert member.delete(RUN).json()["deleted"] == 1
    assert member.get(RUN).json()["code"] == "run_not_found"


def test_nan_and_infinity_travel_as_strings(member: TestClient) -> None:
    make_run(member)
    body = b'{"config": {"a": NaN, "b": [Infinity, -Infinity]}, "summary": {"c": {"d": NaN}}}'
    answer = member.put(RUN, content=body, headers={"Content-Type": "application/json"})
    strict = json.loads(answer.text, parse_constant=lambda text: pytest.fail(f"{text} is not JSON"))
    assert strict["config"] == {"a": "NaN", "b": ["Infinity", "-Infinity"]}
    assert strict["summary"] == {"c": {"d": "NaN"}}
    _log(member, [Row(0, 1.0, {"x": float("nan"), "y": float("inf")})])
    text = member.get(f"{RUN}/history").text
    row = json.loads(text, parse_constant=lambda t: pytest.fail(t))["rows"][0]
    assert (row["x"], row["y"]) == ("NaN", "Infinity")
    keys = member.get(f"{RUN}/keys").text
    assert "NaN" in keys
    json.loads(keys, parse_constant=lambda t: pytest.fail(t))


def test_history_is_accepted_once_and_read_in_pages(member: TestClient) -> None:
    make_run(member)
    assert _log(member, _rows(0, 5)).json() == {"next_seq": 5}
    assert _log(member, _rows(0, 5)).json() == {"next_seq": 5}, "a retry is no news"
    assert _log(member, _rows(3, 8), seq=3).json() == {"next_seq": 8}, "an overlap is trimmed"
    gap = _log(member, _rows(20, 21), seq=20)
    assert (gap.status_code, gap.json()["code"], gap.json()["details"]) == (409, "sequence_gap", {"next_seq": 8})
    assert member.get(f"{RUN}/history/next", params={"writer": "w"}).json() == {"next_seq": 8}
    assert member.get(f"{RUN}/history/next", params={"writer": "new"}).json() == {"next_seq": 0}
    page = member.get(f"{RUN}/history", params={"limit": 5, "keys": "loss"}).json()
    assert [r["_step"] for r in page["rows"]] == [0, 1, 2, 3, 4]
    assert page["rows"][4] == {"_step": 4, "_timestamp": 104.0, "_runtime": 4.0, "loss": 0.2}
    rest = member.get(f"{RUN}/history", params={"limit": 5, "start": page["next"]}).json()
    assert ([r["_step"] for r in rest["rows"]], rest["next"]) == ([5, 6, 7], None)
    assert rest["rows"][0]["_runtime"] == 5.0, "counted from the run's first row, wherever the page begins"
    values = member.get(f"{RUN}/values", params={"key": "note", "limit": 2}).json()
    assert ([v["value"] for v in values["values"]], values["truncated"]) == (["s0", "s1"], True)
    assert {k["key"]: k["kind"] for k in member.get(f"{RUN}/keys").json()} == {"loss": "number", "note": "value"}


def test_curves_come_in_binary(member: TestClient) -> None:
    make_run(member)
    _log(member, _rows(0, 50))
    answer = member.post(f"{PROJECT}/series", json={"runs": ["aaaaaaaa", "nosuchru"], "keys": ["loss"], "width": 750})
    assert answer.headers["content-type"] == "application/octet-stream"
    (curve,) = decode_series(answer.content)
    assert (curve.run, curve.key, list(curve.columns["y"][:2])) == ("aaaaaaaa", "loss", [1.0, 0.5])


def test_the_console(member: TestClient) -> None:
    make_run(member)
    lines = [[1.0, "stdout", "hello"], [2.0, "stderr", "World"]]
    body = {"writer": "w", "first": 0, "lines": lines}
    assert member.post(f"{RUN}/console", json=body).json() == {"next_seq": 2}
    assert member.post(f"{RUN}/console", json=body).json() == {"next_seq": 2}
    assert member.post(f"{RUN}/console", json={**body, "first": 9}).json()["code"] == "sequence_gap"
    page = member.get(f"{RUN}/console", params={"q": "world"}).json()
    assert page == {"lines": [{"number": 1, "time": 2.0, "stream": "stderr", "text": "World"}], "total": 1}


def test_files_of_a_run(member: TestClient) -> None:
    make_run(member)
    save_file(member, "media/a.png", b"png")
    save_file(member, "model.pt", b"pt")
    page = member.get(f"{RUN}/files", params={"limit": 1}).json()
    assert ([f["path"] for f in page["files"]], page["total"], page["size"]) == (["media/a.png"], 2, 5)
    assert page["files"][0]["type"] == "image/png"
    rest = member.get(f"{RUN}/files", params={"cursor": page["next"]}).json()
    assert ([f["path"] for f in rest["files"]], rest["next"]) == (["model.pt"], None)


def test_uploads_ask_first_and_miss_nothing_quietly(member: TestClient) -> None:
    make_run(member)
    lease, recipe = upload(member, b"x" * 1000)
    raw = bytes.fromhex(recipe["digest"][7:])
    for what in ("chunks", "files"):
        url = f"{PROJECT}/uploads/{lease}/have"
        assert member.post(url, params={"what": what}, content=raw + b"\0" * 32).content == b"\x01"
    missing = "ab" * 32
    bad = {"digest": "blake3:" + missing, "size": 5, "chunks": [[missing, 5]]}
    answer = member.post(f"{PROJECT}/uploads/{lease}/files", json={"files": [bad]})
    assert (answer.status_code, answer.json()["code"]) == (409, "blobs_missing")
    assert answer.json()["details"]["missing"] == [missing]
    assert member.post(f"{PROJECT}/uploads/nolease/have", content=b"").status_code == 404
    assert member.post(f"{PROJECT}/uploads/{lease}/have", content=b"x").status_code == 400


def test_bits_of_a_bitmap() -> None:
    assert bitmap([True] + [False] * 8 + [True]) == bytes([1, 2])
    assert bitmap([]) == b""


def test_artifacts_from_commit_to_deletion(member: TestClient) -> None:
    make_run(member)
    made = commit(member, "data", {"a": b"1"}, run="aaaaaaaa", aliases=["best"], metadata={"n": 1}, step=3)
    assert (made["existing"], made["artifact"]["version"], made["artifact"]["made_by"]) == (False, "v0", "aaaaaaaa")
    assert commit(member, "data", {"a": b"1"})["existing"]
    missing = {"digest": "blake3:" + "1" * 64, "size": 1}
    body = {"name": "data", "type": "dataset", "manifest": {"format": 1, "entries": {"a": missing}}}
    refused = member.post(f"{PROJECT}/artifacts", json=body)
    assert (refused.status_code, refused.json()["details"]["missing"]) == (409, [missing["digest"]])
    commit(member, "data", {"a": b"2"})
    page = member.get(f"{PROJECT}/artifacts/data").json()
    assert ([v["version"] for v in page["versions"]], page["collection"]["latest"]) == (["v1", "v0"], "v1")
    by_digest = member.get(f"{PROJECT}/artifacts/data/{made['artifact']['digest'][7:19]}").json()
    assert by_digest["aliases"] == ["best"]
    edited = member.patch(f"{PROJECT}/artifacts/data/v1", json={"add_aliases": ["best"], "description": "d"}).json()
    assert (sorted(edited["aliases"]), edited["description"]) == (["best", "latest"], "d")
    manifest = member.get(f"{PROJECT}/artifacts/data/v0/manifest").json()
    assert (manifest["format"], list(manifest["entries"]), manifest["total"]) == (1, ["a"], 1)
    member.put(f"{PROJECT}/runs/bbbbbbbb", json={"job_type": "train"})
    used = member.post(f"{PROJECT}/runs/bbbbbbbb/inputs", json={"artifact": "data:v0", "type": "dataset"}).json()
    assert used["version"] == "v0"
    both = member.get(f"{PROJECT}/runs/bbbbbbbb/artifacts").json()
    assert ([v["version"] for v in both["inputs"]], both["outputs"]) == (["v0"], [])
    runs = member.get(f"{PROJECT}/artifacts/data/v0/runs").json()
    assert (runs["made_by"]["id"], [r["id"] for r in runs["used_by"]]) == ("aaaaaaaa", ["bbbbbbbb"])
    graph = member.get(f"{PROJECT}/graph", params={"detail": "instances", "root": "run:bbbbbbbb", "dir": "up"}).json()
    assert {n["id"] for n in graph["nodes"]} == {"run:bbbbbbbb", "artifact:data:v0", "run:aaaaaaaa"}
    assert {(e["source"], e["role"]) for e in graph["edges"]} == {
        ("run:aaaaaaaa", "made"),
        ("artifact:data:v0", "used"),
    }
    assert member.get(f"{PROJECT}/artifacts", params={"q": "dat"}).json()["total"] == 1
    assert member.delete(f"{PROJECT}/artifacts/data/v1").json() == {"deleted": 1, "freed": 1}
    assert member.delete(f"{PROJECT}/artifacts/data").json()["deleted"] == 1
    assert member.get(f"{PROJECT}/artifacts/data").status_code == 404


def test_changes_are_told_from_a_cursor(member: TestClient) -> None:
    make_run(member)
    start = member.get(f"{PROJECT}/changes").json()
    assert start["runs"] == ["aaaaaaaa"]
    commit(member, "data", {"a": b"1"})
    news = member.get(f"{PROJECT}/changes", params={"since": start["cursor"]}).json()
    assert (news["runs"], news["collections"]) == ([], ["data"])
    assert news["cursor"] > start["cursor"]


def test_a_project_and_its_deletion(site: Site, member: TestClient) -> None:
    make_run(member)
    save_file(member, "a", b"123")
    assert member.get(PROJECT).json()["runs"] == 1
    assert site.client("admin").delete(PROJECT).json() == {"deleted": 1, "freed": 3}
    assert member.get(PROJECT).json()["code"] == "project_not_found"


def test_faults_of_a_body_name_the_place(member: TestClient) -> None:
    answer = member.put(RUN, json={"config": 3, "nme": "x"})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "value_invalid")
    assert {e["place"] for e in problem["details"]["errors"]} == {"body.config", "body.nme"}
    assert problem["request"] == answer.headers["x-request-id"]
    broken = member.put(RUN, content=b'{"a": ', headers={"Content-Type": "application/json"})
    assert broken.status_code == 422
    surrogate = member.put(RUN, content=b'{"notes": "\\ud800"}', headers={"Content-Type": "application/json"})
    assert surrogate.status_code == 400
    deep = b'{"config": {"a": ' + b"[" * 100 + b"]" * 100 + b"}}"
    assert member.put(RUN, content=deep, headers={"Content-Type": "application/json"}).status_code == 400
    abyss = b'{"config": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    assert member.put(RUN, content=abyss, headers={"Content-Type": "application/json"}).status_code == 400
    fine = member.put(RUN, content=b'{"notes": "\\ud83d\\ude00"}', headers={"Content-Type": "application/json"})
    assert fine.json()["notes"] == "😀"


def test_depth_is_counted_in_levels() -> None:
    nested: Any = []
    for _ in range(60):
        nested = [nested]
    assert not too_deep(nested)
    for _ in range(30):
        nested = {"a": nested}
    assert too_deep(nested)
    assert StrictRequest.json is not None


def test_unknown_addresses_and_methods_are_problems(member: TestClient) -> None:
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("POST", RUN, 405),
        ("GET", "/-/nothing", 404),
        ("GET", "/assets/none.js", 404),
    ):
        answer = member.request(method, path)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
        assert answer.json()["message"]


def test_what_nobody_foresaw_is_logged_and_not_told(
    member: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("the secret is 42")

    monkeypatch.setattr("museion.server.routes.projects.project_of", broken)
    with caplog.at_level(logging.ERROR):
        answer = member.get(PROJECT)
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "42" not in answer.text
    assert answer.json()["request"] in caplog.text
    assert "the secret is 42" in caplog.text


def test_a_full_disk_is_507(member: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("museion.server.routes.projects.project_of", full)
    answer = member.get(PROJECT)
    assert (answer.status_code, answer.json()["code"]) == (507, "storage_full")
    assert answer.json()["advice"]


def test_every_error_can_be_told_and_read_back() -> None:
    for code, kind in every_error().items():
        told = problems.problem_response(kind("what", next_seq=3, weird={1, 2}), "r1")
        assert told.status_code == kind.status
        assert json.loads(bytes(told.body))["code"] == code


def test_bodies_have_limits(site: Site, member: TestClient) -> None:
    make_run(member)
    limits = member.get("/api/v1/health").json()["limits"]
    stated = member.post(
        f"{RUN}/history", params={"writer": "w", "seq": 0}, content=b"", headers={"Content-Length": str(2**60)}
    )
    assert (stated.status_code, stated.json()["code"]) == (413, "too_large")
    sent = 0

    def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1 << 20
            yield b"x" * (1 << 20)

    streamed = member.post(f"{RUN}/history", params={"writer": "w", "seq": 0}, content=_first(endless(), 40))
    assert (streamed.status_code, streamed.json()["details"]["limit"]) == (413, limits["batch"])
    assert member.request("GET", RUN, content=b"x").status_code == 413


def _first(pieces: Any, count: int) -> Any:
    for _ in range(count):
        yield next(pieces)


def test_a_connection_that_breaks_is_no_fault_of_the_server(
    member: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Request) -> bytes:
        raise ClientDisconnect

    monkeypatch.setattr(Request, "body", broken)
    answer = member.post("/graphql", content=b"{}")
    assert (answer.status_code, answer.json()["code"]) == (400, "value_invalid")
    assert "failed" not in caplog.text
