# ruff: noqa: E501  (documents stand on one line)
"""What strangers send: limits, wrong types, other people's ids, altered links. Nothing of it is the server's fault."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import print_ast
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, nodes, queries
from support.roots import new_root
from support.server import Clock, Site

from museion.actions.stores import open_stores
from museion.actions.users import create_key, create_user
from museion.server.app import create_app
from museion.server.settings import Settings
from museion.wandb_wire.graphql import schema
from museion.wandb_wire.ids import seal, seal_path, unseal, unseal_path

EXAMPLES = int(os.environ.get("MUSEION_FUZZ", "40"))
UPSERT = "mutation($i: UpsertBucketInput!) {upsertBucket(input: $i) {inserted bucket {id name config summaryMetrics}}}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("bad") / "root"
    clock = Clock()
    stores = open_stores(new_root(root), clock=clock)
    found = Site(create_app(stores, Settings(root, b"s" * 32)), stores, clock, root)
    for name, roles in (("ada", {"ada": "admin"}), ("eve", {"eve": "admin"}), ("viewer", {"ada": "viewer"})):
        create_user(stores, name, roles)  # type: ignore[arg-type]
        found.keys[name] = create_key(stores, name)
    yield found
    stores.close()
    shutil.rmtree(root, ignore_errors=True)


class Client:
    """Asks as one of them."""

    def __init__(self, site: Site, who: str) -> None:
        self.http = site.client(who)

    def raw(self, body: Any) -> tuple[int, Any]:
        answer = self.http.post("/graphql", content=body if isinstance(body, bytes) else json.dumps(body))
        return answer.status_code, answer.json()

    def ask(self, query: str, **variables: Any) -> tuple[int, Any]:
        return self.raw({"query": query, "variables": variables, "operationName": ""})

    def make(self, **said: Any) -> dict[str, Any]:
        status, body = self.ask(UPSERT, i={"modelName": "p", "name": "aaaaaaaa", **said})
        assert status == 200, body
        found: dict[str, Any] = body["data"]["upsertBucket"]["bucket"]
        return found


@pytest.fixture
def ada(site: Site) -> Client:
    return Client(site, "ada")


@pytest.fixture
def eve(site: Site) -> Client:
    return Client(site, "eve")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b"null", b'"x"', b"{}", b'{"query": 1}', b'{"query": "{viewer{id}}", "variables": []}',
     b'{"query": "{viewer{id}}", "operationName": 3}', b'[{"query": "{viewer{id}}"}]', b"\xff\xfe", b"[" * 100_000],
)  # fmt: skip
def test_a_body_that_is_no_request_is_a_400(ada: Client, body: bytes) -> None:
    status, told = ada.raw(body)
    assert status == 400
    assert told["errors"][0]["message"]


def test_who_asks_must_be_known(site: Site) -> None:
    for headers in ({}, {"Authorization": "Basic " + base64.b64encode(b"api:" + b"x" * 40).decode()}):
        answer = site.client().post("/graphql", json={"query": "{viewer{id}}"}, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["message"]


def test_an_empty_operation_name_is_none(ada: Client) -> None:
    status, body = ada.ask("query Viewer {viewer {username entity teams {edges {node {name}}}}}")
    assert (status, body["data"]["viewer"]["username"]) == (200, "ada")
    assert body["data"]["viewer"]["teams"]["edges"] == [{"node": {"name": "ada"}}]


def test_variables_nobody_declared_are_passed_over(ada: Client) -> None:
    assert ada.ask("{viewer {entity}}", more=1)[1] == {"data": {"viewer": {"entity": "ada"}}}


def test_unknown_fields_give_the_standard_error(ada: Client) -> None:
    status, body = ada.ask("{viewer {nothing}}")
    assert status == 200
    assert body["errors"][0]["message"].startswith("Cannot query field 'nothing' on type 'User'")
    assert body["errors"][0]["locations"]


NESTED = "project{" * 30 + "id" + "}" * 30
LIMITS = {
    "deep": '{project(name: "p") {run(name: "a") {' + NESTED + "}}}",
    "aliases": "{viewer {" + " ".join(f"a{i}: id" for i in range(300)) + "}}",
    "roots": "{" + " ".join(f"a{i}: viewer {{id}}" for i in range(40)) + "}",
    "long": "{viewer {id}} #" + "x" * 300_000,
    "tokens": "{viewer {" + "id " * 25_000 + "}}",
    "bomb": "{...a0} " + " ".join(f"fragment a{i} on Query {{...a{i + 1} ...a{i + 1}}}" for i in range(20))
    + " fragment a20 on Query {viewer {id}}",
    "circle": "{...a} fragment a on Query {...b} fragment b on Query {...a}",
}  # fmt: skip


@pytest.mark.parametrize("document", LIMITS.values(), ids=LIMITS)
def test_limits_hold(ada: Client, document: str) -> None:
    status, body = ada.raw({"query": document})
    assert status in (200, 400, 413)
    assert body["errors"]


def test_nan_goes_in_and_comes_back(ada: Client) -> None:
    config = (
        '{"x": {"value": NaN}, "y": {"value": [Infinity, -Infinity, 1e400]}, "_wandb": {"value": {"t": {"1": [2]}}}}'
    )
    found = ada.make(config=config, summaryMetrics='{"loss": NaN, "_step": 3}')
    assert "NaN" in found["config"]
    assert json.loads(found["config"])["_wandb"] == {"value": {"t": {"1": [2]}}}
    assert json.loads(found["summaryMetrics"])["_step"] == 3


def test_an_empty_entity_is_the_own_one(ada: Client) -> None:
    status, body = ada.ask("mutation($i: UpsertBucketInput!) {upsertBucket(input: $i) {bucket {project {entity {name}}}}}",
                           i={"name": "bbbbbbbb", "entityName": "", "modelName": None})  # fmt: skip
    assert (status, body["data"]["upsertBucket"]["bucket"]["project"]["entity"]["name"]) == (200, "ada")


def test_what_belongs_to_others_is_not_there(ada: Client, eve: Client, site: Site) -> None:
    run = ada.make()["id"]
    assert eve.ask('{project(name: "p", entityName: "ada") {id}}')[1] == {"data": {"project": None}}
    assert eve.ask('{entity(name: "ada") {id}}')[1] == {"data": {"entity": None}}
    nobody = base64.b64encode(b"Run:999999").decode()
    for action in ("deleteRun(input: {id: %s}) {clientMutationId}", "stopRun(input: {id: %s}) {success}",
                   'updateRunState(input: {id: %s, state: "failed"}) {success}', "upsertBucket(input: {id: %s}) {inserted}"):  # fmt: skip
        told = [eve.ask("mutation {" + action % json.dumps(one) + "}") for one in (run, nobody)]
        assert told[0][0] == told[1][0] == 404
        assert told[0][1]["errors"][0]["message"] == told[1][1]["errors"][0]["message"]
    made = Client(site, "viewer").ask(UPSERT, i={"id": run, "notes": "mine"})
    assert made[0] == 403
    assert eve.http.post("/files/ada/p/aaaaaaaa/file_stream", json={}).status_code == 403
    assert ada.make()["id"] == run


def test_ids_say_what_they_are() -> None:
    for key in (0, 1, 123456789, 10**17):
        assert unseal("Run", seal("Run", key)) == key
        assert unseal("Sweep", seal("Run", key)) is None
        assert not {"/", "+"} & set(seal("Run", key))
    assert unseal_path("File", seal_path("File", 3, "a/ü?>~.txt")) == (3, "a/ü?>~.txt")


@given(st.one_of(st.text(), st.binary().map(lambda raw: base64.b64encode(raw).decode()), st.none(), st.integers()))
def test_no_id_breaks_anything(text: Any) -> None:
    assert unseal("Run", text) is None or isinstance(unseal("Run", text), int)
    assert unseal_path("File", text) is None or isinstance(unseal_path("File", text), tuple)


def test_a_link_is_for_one_file_and_one_method_and_ends(ada: Client, site: Site) -> None:
    ada.make()
    document = "mutation($i: CreateRunFilesInput!) {createRunFiles(input: $i) {files {name uploadUrl}}}"
    asked = {"entityName": "ada", "projectName": "p", "runName": "aaaaaaaa", "files": ["a b/ü.txt", "./c.txt"]}
    files = ada.ask(document, i=asked)[1]["data"]["createRunFiles"]["files"]
    assert [file["name"] for file in files] == asked["files"]
    url, stranger = files[0]["uploadUrl"], site.client()
    assert stranger.put(url, content=b"hello").status_code == 200
    assert stranger.get(url).status_code == 404
    assert stranger.put(url.replace("%C3%BC", "x"), content=b"no").status_code == 403
    head, _, name = url.rpartition("/")
    token = url.split("/wandb-run-put/")[1].split("/")[0]
    flipped = token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]
    assert stranger.put(url.replace(token, flipped), content=b"no").status_code == 403
    assert stranger.get(url.replace("wandb-run-put", "wandb-run-get")).status_code == 403
    read = ada.ask('{project(name: "p") {run(name: "aaaaaaaa") {files {edges {node {name directUrl sizeBytes md5}}}}}}')
    node = read[1]["data"]["project"]["run"]["files"]["edges"][0]["node"]
    assert (node["name"], node["sizeBytes"]) == ("a b/ü.txt", 5)
    part = stranger.get(node["directUrl"], headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"el")
    assert stranger.put(node["directUrl"], content=b"x").status_code in (404, 405)
    site.clock.now += 3 * 86400
    assert stranger.get(node["directUrl"]).status_code == 403
    assert stranger.put(url, content=b"late").status_code == 403
    assert head
    assert name


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../b", "", "a\\b", "a\0b", "x" * 2000])
def test_a_path_stays_inside(ada: Client, path: str) -> None:
    ada.make()
    document = "mutation($i: CreateRunFilesInput!) {createRunFiles(input: $i) {files {uploadUrl}}}"
    status, body = ada.ask(
        document, i={"entityName": "ada", "projectName": "p", "runName": "aaaaaaaa", "files": [path]}
    )
    assert status == 200
    assert body["errors"]
    assert body["data"] is None


STREAMS = [b"", b"{", b"[]", b"null", b"[" * 50_000, b'{"files": []}', b'{"files": {"wandb-history.jsonl": 1}}',
           b'{"files": {"wandb-history.jsonl": {"offset": -5, "content": ["{", "[]", "null", 3, ""]}}}',
           b'{"files": {"wandb-history.jsonl": {"offset": 9e99, "content": ["{\\"_step\\": \\"x\\", \\"a\\": 1}"]}}}',
           b'{"files": {"wandb-summary.json": {"content": ["{"]}, "output.log": {"offset": 7, "content": ["ERROR"]}}}',
           b'{"complete": true, "exitcode": "x"}', b'{"uploaded": 3, "preempting": []}', b"\xff\xff"]  # fmt: skip


@pytest.mark.parametrize("body", STREAMS)
def test_no_stream_stops_a_run(ada: Client, body: bytes) -> None:
    ada.make()
    url = "/files/ada/p/aaaaaaaa/file_stream"
    assert ada.http.post(url, content=body).status_code == 200
    assert ada.http.post(url, content=body, headers={"Content-Encoding": "gzip"}).status_code == 200


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.deferred(lambda: LEAF | st.lists(JSON, max_size=4) | st.dictionaries(st.text(max_size=12), JSON, max_size=4))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(JSON.map(json.dumps) | st.text(max_size=30), max_size=6), st.integers(-3, 40), JSON)
def test_any_line_is_taken(ada: Client, lines: list[str], offset: int, other: Any) -> None:
    ada.make()
    content = {"offset": offset, "content": lines}
    files = dict.fromkeys(("wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"), content)
    answer = ada.http.post("/files/ada/p/aaaaaaaa/file_stream", json={"files": files, "more": str(other)})
    assert answer.status_code == 200, answer.text


NODES = st.sampled_from(
    [seal(kind, key) for kind in ("Run", "Project", "Sweep", "View", "Agent") for key in (1, 2, 999)]
)
NAMES = st.sampled_from(["p", "ada", "eve", "aaaaaaaa", "", "{}", '{"keys": ["a"]}', "finished", "latest"])
NUMBERS = st.integers(-(2**33), 2**33).map(nodes.Int)
SCALARS = {
    "JSON": NAMES.map(nodes.String),
    "JSONString": NAMES.map(nodes.String),
    "DateTime": NAMES.map(nodes.String),
    "Int64": NUMBERS,
    "Duration": NUMBERS,
    "ID": NODES.map(nodes.String),
}
ASKS = queries(schema(), custom_scalars=SCALARS, print_ast=print_ast)
CHANGES = mutations(schema(), custom_scalars=SCALARS, print_ast=print_ast)
CHECKS = (
    HealthCheck.function_scoped_fixture,
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=CHECKS)
@given(st.one_of(ASKS, CHANGES))
def test_no_document_is_the_servers_fault(ada: Client, document: str) -> None:
    status, body = ada.raw({"query": document})
    assert status < 500, (document, body)


def test_a_deleted_run_is_gone_for_good(ada: Client) -> None:
    """410: the client tries again after a 409, and gives up with our words after this."""
    run = ada.make(name="goneruns")["id"]
    assert ada.ask("mutation($id: ID!) {deleteRun(input: {id: $id}) {clientMutationId}}", id=run)[0] == 200
    status, body = ada.ask(UPSERT, i={"modelName": "p", "name": "goneruns"})
    assert status == 410
    assert "deleted" in body["errors"][0]["message"]


def test_older_clients_find_what_they_look_for_when_they_sync(ada: Client) -> None:
    """0.25 fails silently, the run lost, if there is no such type."""
    probe = '{ServerSettingsType: __type(name: "ServerSettings") {fields {name}}}'
    assert ada.ask(probe)[1]["data"]["ServerSettingsType"]["fields"] == [{"name": "serverMessages"}]
    document = (
        "mutation($i: UpsertBucketInput!) {upsertBucket(input: $i) {serverSettings {serverMessages {plainText}}}}"
    )
    said = ada.ask(document, i={"name": "oldold00", "modelName": "p"})[1]
    assert said["data"]["upsertBucket"]["serverSettings"] == {"serverMessages": []}


def test_unknown_addresses_are_404(site: Site) -> None:
    client = site.client()
    for path in ("/sdk/otel/v1/metrics", "/sdk/otel/v1/logs", "/oidc/token", "/api/nothing"):
        assert client.post(path, content=b"").status_code == 404
    assert client.post("/api/v1/health").status_code == 405


def test_the_client_takes_our_keys(site: Site) -> None:
    """Its own rule: what follows the first dash, or all of it, has 40 letters, digits, `_` or `-` at least."""
    import re

    for key in site.keys.values():
        _, dash, rest = key.partition("-")
        assert re.fullmatch(r"[\w-]{40,}", rest if dash else key)


def test_gzip_bombs_are_refused(ada: Client) -> None:
    import gzip

    ada.make(name="gzipped0")
    bomb = gzip.compress(b" " * (40 << 20))
    answer = ada.http.post("/files/ada/p/gzipped0/file_stream", content=bomb, headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 413


def test_the_root_is_left_clean(site: Site) -> None:
    assert not [path for path in Path(site.root).glob("tmp*") if path.is_file()]
