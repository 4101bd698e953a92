"""Whatever comes in, the server answers with its own words, and never with 5xx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import quote

import pytest
from blake3 import blake3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.server import LOCAL_KEY, PROJECT, TestClient, make_run

from museion.actions.stores import open_stores
from museion.actions.users import create_key, create_user
from museion.blobs.pack import build_pack
from museion.history.batch import Row, encode
from museion.server.app import DOORS, create_app
from museion.server.schemas import RunUpsert
from museion.server.settings import Settings

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.just("blake3:" + "0" * 64)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=15,
)
TIME = st.floats(allow_nan=False, allow_infinity=False) | st.floats()
PLAUSIBLE: dict[str, st.SearchStrategy[Any]] = {
    "name": st.sampled_from(["a", "b.c", "..", "a/b", "v1"]),
    "type": st.sampled_from(["dataset", "model", "x:y"]),
    "manifest": st.builds(
        lambda path, entry: {"format": 1, "entries": {path: entry}},
        st.one_of(st.text(max_size=10), st.sampled_from(["a", "../a", "a//b", "a\0"])),
        st.fixed_dictionaries(
            {},
            optional={
                "uri": st.text(max_size=8),
                "size": st.integers(),
                "digest": JSON,
                "checksum": st.text(max_size=5),
            },
        ),
    ),
    "config": st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    "summary": st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    "metadata": st.dictionaries(st.text(max_size=8), JSON, max_size=4),
    "metrics": st.lists(st.dictionaries(st.text(max_size=8), JSON, max_size=3), max_size=2),
    "aliases": st.lists(st.text(max_size=8), max_size=2),
    "add_aliases": st.lists(st.text(max_size=8), max_size=2),
    "tags": st.lists(st.text(max_size=8), max_size=2),
    "state": st.sampled_from(["running", "finished", "crashed"]),
    "notes": st.text(max_size=30),
    "description": st.text(max_size=30),
    "step": st.integers() | st.integers(0, 100),
    "exit_code": st.integers(),
    "created_at": TIME,
    "finished_at": TIME,
    "start": st.floats(),
    "stop": st.floats(),
    "width": st.integers(1, 100) | st.integers(),
    "x": st.sampled_from(["_step", "_runtime", "a", ""]),
    "runs": st.lists(st.sampled_from(["aaaaaaaa", "", "latest"]), max_size=3),
    "keys": st.lists(st.sampled_from(["a", "b", "", "_step"]), max_size=3),
    "writer": st.text(max_size=8),
    "first": st.integers(0, 3) | st.integers(),
    "lines": st.lists(st.tuples(st.floats(), st.just("stdout"), st.text(max_size=10)), max_size=3),
    "job_type": st.text(max_size=8),
    "group": st.text(max_size=8),
    "run": st.sampled_from(["aaaaaaaa", "nosuchru"]),
    "remove_config": st.lists(st.text(max_size=4), max_size=2),
    "artifact": st.sampled_from(["a", "a:v0", "ada/digits/a:latest", "a/b/c/d", "a:b:c", ""]),
    "digest": st.sampled_from(["blake3:" + "0" * 64, "md5:0"]),
    "upload": st.sampled_from(["", "nolease"]),
    "target": st.sampled_from(["a", "registry/net", "a/b/c", "a/b/c/d", "net:v0", ""]),
    "ttl": st.integers(),
    "version": st.sampled_from(["v0", "v99999999999999999999", "latest", ""]),
    "before": st.floats(),
    "after": st.floats(),
    "larger_than": st.integers(),
    "keep": st.integers(),
    "names": st.lists(st.text(max_size=4) | st.just("*"), max_size=3),
    "dry_run": st.booleans(),
    "signer": st.text(max_size=4),
    "body": st.text(max_size=30),
    "files": st.lists(
        st.fixed_dictionaries(
            {"digest": st.just("blake3:" + "0" * 64), "size": st.integers()},
            optional={
                "path": st.text(max_size=9),
                "chunks": st.lists(st.tuples(st.just("0" * 64), st.integers()), max_size=2),
            },
        ),
        max_size=2,
    ),
}


@st.composite
def body_of(draw: st.DrawFn, model: Any) -> dict[str, Any]:
    """A body with some fields of `model`: as they should be, but now and then one is anything."""
    chosen = [n for n, info in model.model_fields.items() if info.is_required() or draw(st.booleans())]
    body = {name: draw(PLAUSIBLE.get(name, st.none())) for name in chosen}
    body = {name: value for name, value in body.items() if value is not None}
    if body and draw(st.integers(0, 3)) == 0:
        body[draw(st.sampled_from(sorted(body)))] = draw(JSON)
    return body


BATCH = encode([Row(i, 1.0 + i, {"a": i, "b": "x"}) for i in range(20)])
PACK = build_pack([(blake3(b"abc").digest(), b"abc")])


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    root: Path = tmp_path_factory.mktemp("fuzz")
    stores = open_stores(root)
    create_user(stores, "local", {"*": "admin"})
    create_key(stores, "local", secret=LOCAL_KEY)
    app = create_app(stores, Settings(root, b"f" * 32, local_key=LOCAL_KEY))
    headers = {"Authorization": f"Bearer {LOCAL_KEY}"}
    with TestClient(app, base_url="http://127.0.0.1", headers=headers, follow_redirects=False) as client:
        make_run(client)
        yield client
    stores.close()


def fine(answer: Any) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400 and "json" in answer.headers.get("content-type", ""):
        problem = answer.json()
        assert problem["code"]
        assert problem["message"]


def _mutated(data: st.DataObject, whole: bytes) -> bytes:
    body = bytearray(whole)
    for _ in range(data.draw(st.integers(0, 4))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    return bytes(body[:cut] if data.draw(st.booleans()) else body)


MODELS = {d: get_type_hints(d.endpoint).get("body") for d in DOORS if not d.bare}
JSON_DOORS = [door for door, model in MODELS.items() if model]


@pytest.mark.parametrize("door", JSON_DOORS, ids=lambda door: door.endpoint.__name__)
@SLOW
@given(data=st.data())
def test_any_json(client: TestClient, door: Any, data: st.DataObject) -> None:
    body = data.draw(body_of(MODELS[door]))
    names = {"entity": "ada", "project": "digits", "run": "aaaaaaaa", "upload": "u", "name": "a", "pointer": "latest"}
    names["draft"] = "together"
    content = json.dumps(body).encode()
    fine(
        client.request(
            door.method, door.path.format(**names), content=content, headers={"Content-Type": "application/json"}
        )
    )


@SLOW
@given(body=body_of(RunUpsert))
def test_any_run_can_be_read_after_any_change(client: TestClient, body: dict[str, Any]) -> None:
    client.put(f"{PROJECT}/runs/aaaaaaaa", content=json.dumps(body), headers={"Content-Type": "application/json"})
    assert client.get(f"{PROJECT}/runs").status_code == 200
    for path in ("", "/runs/aaaaaaaa", "/runs?sort=config.a", "/graph?detail=instances", "/changes"):
        assert client.get(PROJECT + path).status_code == 200


@SLOW
@given(data=st.data())
def test_any_batch(client: TestClient, data: st.DataObject) -> None:
    fine(client.post(f"{PROJECT}/runs/aaaaaaaa/history?writer=f&seq=0", content=_mutated(data, BATCH)))
    assert client.get(f"{PROJECT}/runs/aaaaaaaa/history").status_code == 200


@SLOW
@given(data=st.data())
def test_any_pack(client: TestClient, data: st.DataObject) -> None:
    lease = client.post(f"{PROJECT}/uploads").json()["upload"]
    fine(client.post(f"{PROJECT}/uploads/{lease}/packs", content=_mutated(data, PACK)))
    fine(client.post(f"{PROJECT}/uploads/{lease}/have", content=data.draw(st.binary(max_size=100))))


GETS = [
    "runs", "runs/aaaaaaaa/history", "runs/aaaaaaaa/values", "runs/aaaaaaaa/console", "runs/aaaaaaaa/files",
    "runs/aaaaaaaa/history/next", "artifacts", "artifacts/a", "artifacts/a/latest/manifest", "graph", "changes",
]  # fmt: skip
QUERY = "q sort state limit cursor filter start stop keys key writer since prefix detail root dir depth offset".split()


@SLOW
@given(
    path=st.sampled_from(GETS),
    query=st.dictionaries(
        st.sampled_from(QUERY),
        st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str)),
        max_size=4,
    ),
)
def test_any_query(client: TestClient, path: str, query: dict[str, str]) -> None:
    fine(client.get(f"{PROJECT}/{path}", params=query))


@SLOW
@given(parts=st.lists(st.text(min_size=1, max_size=20), max_size=8), method=st.sampled_from(["GET", "PUT", "DELETE"]))
def test_any_address(client: TestClient, parts: list[str], method: str) -> None:
    path = "/".join(quote(p.encode("utf-8", "replace"), safe="") for p in parts)
    for prefix in ("/api/v1/projects/", "/api/v1/signed/", "/-/link/", "/assets/", "/"):
        fine(client.request(method, prefix + path, headers={"Accept": "text/html"}))


@SLOW
@given(
    raw=st.dictionaries(
        st.sampled_from(["Range", "If-None-Match", "If-Range", "Cookie", "Authorization", "X-CSRF-Token"]),
        st.binary(max_size=40).map(lambda b: bytes(c for c in b if c not in b"\r\n\0")),
    )
)
def test_any_header(client: TestClient, raw: dict[str, bytes]) -> None:
    fine(client.get(f"{PROJECT}/runs/aaaaaaaa/files/none", headers=raw))
    fine(client.get("/", headers={**raw, "Accept": b"text/html"}))
