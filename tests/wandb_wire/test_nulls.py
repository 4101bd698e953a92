# ruff: noqa: E501  (the scripts stand as users type them)
"""Whatever the schema allows to be null is null once, and the client lives: the schema's `!` are where it would not.

A proxy before the server nulls one path of each answer, another each time. MUSEION_NULLS (default 1) multiplies how
often the script is gone through.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    parse,
)
from wandb_wire.conftest import Wire

from museion.wandb_wire.graphql import schema

ROUNDS = int(os.environ.get("MUSEION_NULLS", "1"))
ABSENT = {
    "project",
    "model",
    "bucket",
    "run",
    "viewer",
    "entity",
    "serverInfo",
    "sweep",
    "updateRunState",
    "stopRun",
} | {*("artifact", "artifactType", "artifactCollection", "artifactMembership", "artifactCollectionMembership")}
"""Null here means that there is no such thing, and the client says so."""

Path = tuple[str | int, ...]


def nullable(document: str, data: Any) -> list[Path]:
    """The paths in `data` that hold something and might be null, by the schema."""
    parsed = parse(document)
    fragments = {d.name.value: d for d in parsed.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in parsed.definitions if isinstance(d, OperationDefinitionNode))
    root = schema().query_type if operation.operation.value == "query" else schema().mutation_type
    return list(_paths(operation.selection_set, root, data, (), fragments))


def _paths(selected: Any, home: Any, data: Any, at: Path, fragments: dict[str, Any]) -> Iterator[Path]:
    if not isinstance(data, dict) or not isinstance(home, GraphQLObjectType):
        return
    for node in selected.selections:
        if isinstance(node, FragmentSpreadNode):
            yield from _paths(fragments[node.name.value].selection_set, home, data, at, fragments)
        elif not isinstance(node, FieldNode):
            yield from _paths(node.selection_set, home, data, at, fragments)
        elif node.name.value in home.fields:
            key = node.alias.value if node.alias else node.name.value
            yield from _inside(node, home.fields[node.name.value].type, data.get(key), (*at, key), fragments)


def _inside(node: FieldNode, kind: Any, value: Any, at: Path, fragments: dict[str, Any]) -> Iterator[Path]:
    if value is None:
        return
    if not isinstance(kind, GraphQLNonNull) and node.name.value not in ABSENT:
        yield at
    kind = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    if isinstance(kind, GraphQLList) and isinstance(value, list):
        for place, item in enumerate(value[:1]):
            yield from _inside(node, GraphQLNonNull(_bare(kind.of_type)), item, (*at, place), fragments)
    elif node.selection_set is not None:
        yield from _paths(node.selection_set, kind, value, at, fragments)


def _bare(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


class Nulling:
    """Which paths of which operation were null already."""

    def __init__(self) -> None:
        self.done: dict[str, list[Path]] = {}
        self._lock = threading.Lock()

    def change(self, asked: Any, told: Any) -> Any:
        """`told` with one path null that was not before."""
        if not told.get("data") or told.get("errors"):
            return told
        with self._lock:
            done = self.done.setdefault(asked["query"], [])
            fresh = [path for path in nullable(asked["query"], told["data"]) if _shape(path) not in done]
            if fresh:
                done.append(_shape(fresh[0]))
                _null(told["data"], fresh[0])
        return told


def _shape(path: Path) -> Path:
    return tuple("*" if isinstance(part, int) else part for part in path)


def _null(data: Any, path: Path) -> None:
    for part in path[:-1]:
        data = data[part]
    data[path[-1]] = None


@contextmanager
def proxy(wire: Wire, nulling: Nulling) -> Iterator[str]:
    """A server that hands everything on, and nulls what comes back from GraphQL."""
    pool = urllib3.PoolManager(maxsize=8)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {k: v for k, v in self.headers.items() if k.lower() not in ("accept-encoding", "content-length")}
            answer = pool.request(self.command, f"{wire.url}{self.path}", body=body, headers=headers, retries=False)
            data = answer.data
            if self.path == "/graphql" and answer.status == 200:
                data = json.dumps(nulling.change(json.loads(body), answer.json())).encode()
            self.send_response(answer.status)
            for name in ("Content-Type", "ETag", "Content-Range"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = _pass

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
        pool.clear()


SCRIPT = """
import json, sys, traceback, wandb
rounds, faults = int(sys.argv[1]), []
def attempt(what, do):
    try:
        do()
    except Exception as error:
        faults.append(f"{what}: {error!r}")
for i in range(2 * rounds):
    run = wandb.init(project="nulls", id=f"nulls{i:03}", config={"a": 1}, tags=["t"], group="g", notes="n", job_type="j")
    run.log({"x": 1.5}); print("out")
    run.finish()
for i in range(25 * rounds):
    api = wandb.Api()
    attempt("viewer", lambda: (api.viewer.teams, api.default_entity))
    attempt("projects", lambda: [(p.name, p.entity) for p in api.projects()])
    attempt("runs", lambda: [(r.id, r.name, r.tags) for r in api.runs("nulls", filters={"config.a": 1})])
    def one():
        run = api.run("nulls/nulls000")
        run.config, run.summary._json_dict, run.name, run.state, run.metadata, run.lastHistoryStep
        list(run.scan_history()); run.history(pandas=False); run.history(keys=["x"], pandas=False)
        [(f.name, f.size, f.url) for f in run.files()]
    attempt("run", one)
print(json.dumps(faults))
"""


def test_what_may_be_null_is_null_once(wire: Wire) -> None:
    nulling = Nulling()
    with proxy(wire, nulling) as url:
        out = wire.run(SCRIPT, str(ROUNDS), WANDB_BASE_URL=url)
    faults = json.loads(out.strip().splitlines()[-1])
    assert faults == [], json.dumps(faults, indent=0)
    assert sum(map(len, nulling.done.values())) > 25


MAKE = """
import wandb
with wandb.init(project="nullart", id="nullart0") as run:
    for content in ("one", "two"):
        artifact = wandb.Artifact("net", "model", description="d", metadata={"k": 1})
        with artifact.new_file("f.txt") as file:
            file.write(content)
        run.log_artifact(artifact, aliases=["a"], tags=["t"]).wait()
    run.link_artifact(artifact, "nullart/best")
with wandb.init(project="nullart", id="nullart1") as run:
    run.use_artifact("net:v0")
"""
ARTIFACTS = """
import json, sys, tempfile, wandb
faults = []
def attempt(what, do):
    try:
        do()
    except Exception as error:
        faults.append(f"{what}: {error!r}")
def one():
    a = api.artifact("nullart/net:v1")
    a.name, a.version, a.type, a.state, a.size, a.digest, a.description, a.metadata, a.aliases, a.tags, a.ttl, a.created_at
    a.updated_at, a.commit_hash, a.file_count, a.source_name, a.is_link, a.history_step, a.url, a.source_version
for i in range(12 * int(sys.argv[1])):
    api = wandb.Api()
    attempt("artifact", one)
    attempt("used", lambda: [r.id for r in api.artifact("nullart/net:v0").used_by()])
    attempt("made", lambda: api.artifact("nullart/net:v0").logged_by())
    attempt("of run", lambda: [a.name for a in api.run("nullart/nullart0").logged_artifacts()] + [a.name for a in api.run("nullart/nullart1").used_artifacts()])
    attempt("types", lambda: [t.name for t in api.artifact_types("nullart")])
    attempt("collections", lambda: [(c.name, c.type, c.aliases, c.description, c.tags) for c in api.artifact_collections("nullart", "model")])
    attempt("versions", lambda: [v.name for v in api.artifacts("model", "nullart/net")])
print(json.dumps(faults))
"""


def test_what_may_be_null_of_artifacts_is_null_once(wire: Wire) -> None:
    wire.run(MAKE)
    nulling = Nulling()
    with proxy(wire, nulling) as url:
        out = wire.run(ARTIFACTS, str(ROUNDS), WANDB_BASE_URL=url)
    faults = json.loads(out.strip().splitlines()[-1])
    assert faults == [], json.dumps(faults, indent=0)
    assert sum(map(len, nulling.done.values())) > 25
