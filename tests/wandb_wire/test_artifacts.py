# ruff: noqa: E501  (the scripts stand as users type them)
"""Artifacts made, read and edited by W&B's own client; what it made is seen by our own API, and the other way round."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from wandb_wire.conftest import Wire

HEAD = """
import json, os, pathlib, sys, tempfile, datetime, shutil, wandb
def file(content, name="f.txt"):
    path = pathlib.Path(tempfile.mkdtemp()) / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)
def make(name, files, type="dataset", aliases=(), tags=(), **more):
    artifact = wandb.Artifact(name, type, **more)
    for path, content in files.items():
        artifact.add_file(file(content), name=path)
    return run.log_artifact(artifact, aliases=list(aliases), tags=list(tags)).wait()
def tell(**found):
    print(json.dumps(found))
def listed(folder):
    folder = pathlib.Path(folder)
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}
api = wandb.Api()
"""

MAKE = """
run = wandb.init(project="make", id="maker001", job_type="make")
first = make("ds", {"a.txt": "one", "deep/b.txt": "common"}, aliases=["best"], description="words", metadata={"k": [1, "x"]}, tags=["t1"])
second = make("ds", {"a.txt": "two", "deep/b.txt": "common"})
again = make("ds", {"a.txt": "one", "deep/b.txt": "common"}, aliases=["moved"], tags=["t2"])
draft = second.new_draft()
draft.remove("a.txt")
draft.add_file(file("new"), name="n.txt")
drafted = run.log_artifact(draft).wait()
more = wandb.Artifact("ds", "dataset", incremental=True)
more.add_file(file("inc"), name="i.txt")
incremented = run.log_artifact(more).wait()
for number in range(2):
    part = wandb.Artifact("shared", "dataset")
    part.add_file(file(f"part {number}"), name=f"{number}.txt")
    run.upsert_artifact(part, distributed_id="d1")
last = wandb.Artifact("shared", "dataset")
last.add_file(file("last"), name="last.txt")
shared = run.finish_artifact(last, distributed_id="d1").wait()
xx = make("xx", {"a.txt": "by xxhash"}, digest_algorithm="XXH128")
empty = make("empty", {"nothing": ""})
run.finish()
run = wandb.init(project="make", id="user0001", job_type="use")
used = run.use_artifact("ds:best")
shutil.rmtree(os.environ["WANDB_CACHE_DIR"])
folder = used.download()
used.verify(folder)
xfolder = run.use_artifact("xx:latest").download()
api.artifact("make/xx:v0").verify(xfolder)
run.finish()
tell(
    versions=[a.version for a in (first, second, again, drafted, incremented, shared)],
    aliases=sorted(api.artifact("make/ds:v0").aliases), tags=sorted(api.artifact("make/ds:v0").tags),
    same=first.id == again.id, digests=[a.digest == a.manifest.digest() for a in (first, drafted, shared, xx)],
    drafted=sorted(drafted.manifest.entries), incremented=sorted(api.artifact("make/ds:v3").manifest.entries),
    shared=listed(shared.download()), got=listed(folder), x=listed(xfolder),
    alg=[xx.digest_algorithm.name, {e.extra.get("alg") for e in xx.manifest.entries.values()} == {"XXH128"}],
    papers=[used.description, used.metadata, used.size, used.file_count, used.type],
    user=[r.id for r in api.artifact("make/ds:v0").used_by()], maker=api.artifact("make/ds:v0").logged_by().id,
    logged=[a.name for a in api.run("make/maker001").logged_artifacts()],
    useds=[a.name for a in api.run("make/user0001").used_artifacts()],
    empty=listed(empty.download()),
)
"""


def test_artifacts_are_made_and_used(wire: Wire, entity: str) -> None:
    """Full, incremental, drafted and distributed ones; the same content again; both digests; lineage."""
    found = wire.answer(HEAD + MAKE)
    assert found["versions"] == ["v0", "v1", "v0", "v2", "v3", "v0"]
    assert found["aliases"] == ["best", "moved"]
    assert found["tags"] == ["t1", "t2"]
    assert found["same"] is True
    assert found["digests"] == [True] * 4
    assert found["drafted"] == ["deep/b.txt", "n.txt"]
    assert found["incremented"] == ["deep/b.txt", "i.txt", "n.txt"]
    assert found["shared"] == {"0.txt": "part 0", "1.txt": "part 1", "last.txt": "last"}
    assert found["got"] == {"a.txt": "one", "deep/b.txt": "common"}
    assert found["x"] == {"a.txt": "by xxhash"}
    assert found["alg"] == ["MANIFEST_XXH128", True]
    assert found["papers"] == ["words", {"k": [1, "x"]}, 9, 2, "dataset"]
    assert (found["user"], found["maker"]) == (["user0001"], "maker001")
    assert set(found["useds"]) == {"ds:v0", "xx:v0"}
    assert {"ds:v3", "shared:v0"} <= set(found["logged"])
    assert found["empty"] == {"nothing": ""}
    ours = wire.get(f"/api/v1/projects/{entity}/make/artifacts/ds/v0")
    assert (ours["description"], ours["metadata"], ours["made_by"]) == ("words", {"k": [1, "x"]}, "maker001")
    entries = wire.get(f"/api/v1/projects/{entity}/make/artifacts/ds/v0/manifest")["entries"]
    assert set(entries) == {"a.txt", "deep/b.txt"}


EDIT = """
run = wandb.init(project="edit", id="editor01")
first, second = make("ds", {"a.txt": "one"}, aliases=["keep"]), make("ds", {"a.txt": "two"})
other = make("other", {"a.txt": "three"})
second.aliases.append("prod")
second.description, second.metadata["q"], second.tags = "new words", 2, ["t1", "t2"]
second.ttl = datetime.timedelta(days=3)
second.save()
read = api.artifact("edit/ds:prod")
edited = [read.version, sorted(read.aliases), read.description, read.metadata, sorted(read.tags), read.ttl.days]
second.aliases.remove("prod")
second.tags, second.ttl = ["t2"], None
second.save()
read = wandb.Api().artifact("edit/ds:v1")
later = [sorted(read.aliases), read.tags, read.ttl]
linked = run.link_artifact(second, "edit/port", aliases=["live"])
seen = api.artifact("edit/port:live")
link = [seen.version, seen.source_name, seen.is_link, sorted(seen.aliases), listed(seen.download())]
links = [a.name for a in api.artifact("edit/ds:v1").linked_artifacts]
seen.unlink()
gone = api.artifact_exists("edit/port:live")
types = sorted(t.name for t in api.artifact_types("edit"))
collections = [(c.name, c.type) for c in api.artifact_collections("edit", "dataset")]
versions = [a.name for a in api.artifacts("dataset", "edit/ds")]
tagged = [a.name for a in api.artifacts("dataset", "edit/ds", tags=["t2"])]
paged = [a.version for a in api.artifacts("dataset", "edit/ds", per_page=1)]
collection = api.artifact_collection("dataset", "edit/other")
collection.name, collection.description, collection.tags = "renamed", "told", ["ct"]
collection.save()
read = wandb.Api().artifact_collection("dataset", "edit/renamed")
renamed = [read.name, read.description, list(read.tags)]
read.change_type("model")
moved = wandb.Api().artifact_collection("model", "edit/renamed").type
wandb.Api().artifact_collection("model", "edit/renamed").delete()
deleted = api.artifact_collection_exists("edit/renamed", "model")
faults = []
for act in (lambda: api.artifact("edit/ds:v0").delete(), lambda: make("ds", {"a.txt": "x"}, type="model"),
            lambda: api.artifact("edit/absent:v0"), lambda: api.artifact("edit/ds:v77")):
    try:
        act()
        faults.append(None)
    except Exception as error:
        faults.append(f"{type(error).__name__}: {error}")
api.artifact("edit/ds:v0").delete(delete_aliases=True)
run.finish()
tell(edited=edited, later=later, link=link, links=links, gone=gone, types=types, collections=collections, versions=versions,
     tagged=tagged, paged=paged, renamed=renamed, moved=moved, deleted=deleted, faults=faults,
     left=[a.name for a in wandb.Api().artifacts("dataset", "edit/ds")], latest=sorted(wandb.Api().artifact("edit/ds:latest").aliases))
"""


def test_artifacts_are_edited_listed_linked_and_deleted(wire: Wire) -> None:
    """Aliases, tags, papers, time to live, links, types and collections, and what is refused."""
    found = wire.answer(HEAD + EDIT)
    assert found["edited"] == ["v1", ["latest", "prod"], "new words", {"q": 2}, ["t1", "t2"], 3]
    assert found["later"] == [["latest"], ["t2"], None]
    assert found["link"] == ["v0", "ds:v1", True, ["latest", "live"], {"a.txt": "two"}]
    assert found["links"] == ["port:v0"]
    assert found["gone"] is False
    assert found["types"] == ["dataset"]
    assert [tuple(pair) for pair in found["collections"]][:2] == [("ds", "dataset"), ("other", "dataset")]
    assert found["versions"] == ["ds:v1", "ds:v0"]
    assert found["tagged"] == ["ds:v1"]
    assert found["paged"] == ["v1", "v0"]
    assert found["renamed"] == ["renamed", "told", ["ct"]]
    assert (found["moved"], found["deleted"]) == ("model", False)
    refused, mismatch, absent, no_version = found["faults"]
    assert "keep" in refused
    assert "already exists with type 'dataset'" in mismatch
    assert absent is not None
    assert no_version is not None
    assert found["left"] == ["ds:v1"]
    assert found["latest"] == ["latest"]


REFERENCES = """
run = wandb.init(project="refs", id="refs0001")
source = make("source", {"a.txt": "inner"})
near = file("near", "near.txt")
artifact = wandb.Artifact("refs", "dataset")
artifact.add_reference(pathlib.Path(near).as_uri())
artifact.add_reference("http://127.0.0.1:9/far.bin", checksum=False)
artifact.add_reference(source.get_entry("a.txt").ref_url(), name="inner.txt")
logged = run.log_artifact(artifact).wait()
read = wandb.Api().artifact("refs/refs:v0")
got = [pathlib.Path(read.get_entry(name).download()).read_text() for name in ("near.txt", "inner.txt")]
entries = {k: [e.ref, e.digest, e.size] for k, e in read.manifest.entries.items()}
tables = wandb.Artifact("tables", "dataset")
tables.add(wandb.Table(columns=["a", "b"], data=[[1, "x"], [2, None]]), "mine")
run.log_artifact(tables).wait()
table = wandb.Api().artifact("refs/tables:latest").get("mine")
run.log({"shown": wandb.Table(columns=["c"], data=[[5]])})
model = run.log_model(file("weights", "w.bin"), name="net")
code = run.log_code(os.path.dirname(file("print(1)", "main.py")))
code.wait()
run.finish()
run = wandb.init(project="refs", id="refs0002")
weights = pathlib.Path(run.use_model("net:latest")).read_text()
run.finish()
logged = wandb.Api().run("refs/refs0001").logged_artifacts()
tell(got=got, entries=entries, near=near, table=[table.columns, table.data], weights=weights, types={a.name.split(":")[0]: a.type for a in logged},
     names=[f.name for f in read.files()], one=[[f.name, f.size, f.md5 is not None] for f in source.files(names=["a.txt"])])
"""


def test_references_tables_models_and_code(wire: Wire, entity: str) -> None:
    """What lies elsewhere keeps its checksum; what lies in another artifact is content of this one for us."""
    found = wire.answer(HEAD + REFERENCES)
    assert found["got"] == ["near", "inner"]
    assert found["entries"]["far.bin"][:2] == ["http://127.0.0.1:9/far.bin"] * 2
    assert found["entries"]["inner.txt"][0].startswith("wandb-artifact://")
    assert found["table"] == [["a", "b"], [[1, "x"], [2, None]]]
    assert found["weights"] == "weights"
    assert found["types"]["net"] == "model"
    assert "code" in found["types"].values()
    assert "run_table" in found["types"].values()
    assert sorted(found["names"]) == ["far.bin", "inner.txt", "near.txt"]
    assert found["one"] == [["a.txt", 5, True]]
    entries = wire.get(f"/api/v1/projects/{entity}/refs/artifacts/refs/v0/manifest")["entries"]
    assert "digest" in entries["inner.txt"]
    assert entries["near.txt"]["uri"] == Path(found["near"]).as_uri()
    assert entries["near.txt"]["checksum"].startswith("md5:")


OURS = """
import json, sys, museion
with museion.init(project="both", id="oursmade", job_type="make", entity=sys.argv[1]) as run:
    artifact = museion.Artifact("ours", type="dataset", description="made here", metadata={"n": 1})
    with artifact.new_file("deep/x.txt", mode="w") as file:
        file.write("from museion")
    run.log_artifact(artifact, aliases=["best"])
"""
THEIRS = """
run = wandb.init(project="both", id="theirs01", job_type="both ways")
used = run.use_artifact("ours:best")
folder = used.download()
used.verify(folder)
got = listed(folder)
single = pathlib.Path(used.get_entry("deep/x.txt").download(root=tempfile.mkdtemp())).read_text()
grown = used.new_draft()
grown.add_file(file("more"), name="more.txt")
made = run.log_artifact(grown).wait()
theirs = make("theirs", {"y.txt": "from wandb"}, type="model")
run.finish()
tell(got=got, single=single, papers=[used.description, used.metadata, used.type, sorted(used.aliases)], made=[made.version, sorted(made.manifest.entries)])
"""
AGAIN = """
import json, sys, pathlib, museion
with museion.init(project="both", id="oursused", job_type="use", entity=sys.argv[1]) as run:
    found = {}
    for name in ("theirs:latest", "ours:v1"):
        folder = pathlib.Path(run.use_artifact(name).download())
        found[name] = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}
print(json.dumps(found))
"""


def test_each_client_uses_what_the_other_made(wire: Wire, entity: str) -> None:
    """One store of bytes, one graph."""
    _museion(wire, OURS, entity)
    found = wire.answer(HEAD + THEIRS)
    assert found["got"] == {"deep/x.txt": "from museion"}
    assert found["single"] == "from museion"
    assert found["papers"] == ["made here", {"n": 1}, "dataset", ["best", "latest"]]
    assert found["made"] == ["v1", ["deep/x.txt", "more.txt"]]
    used = json.loads(_museion(wire, AGAIN, entity).strip().splitlines()[-1])
    assert used["theirs:latest"] == {"y.txt": "from wandb"}
    assert used["ours:v1"] == {"deep/x.txt": "from museion", "more.txt": "more"}
    graph = wire.get(f"/api/v1/projects/{entity}/both/graph?detail=instances")
    edges = {(edge["source"], edge["target"]) for edge in graph["edges"]}
    assert {
        ("run:oursmade", "artifact:ours:v0"),
        ("artifact:ours:v0", "run:theirs01"),
        ("run:theirs01", "artifact:ours:v1"),
        ("run:theirs01", "artifact:theirs:v0"),
        ("artifact:theirs:v0", "run:oursused"),
        ("artifact:ours:v1", "run:oursused"),
    } <= edges


def _museion(wire: Wire, code: str, *args: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSEION_", "WANDB_"))}
    env = {
        **kept,
        "MUSEION_HOME": str(wire.work / "museion"),
        "MUSEION_API_KEY": wire.key,
        "MUSEION_BASE_URL": wire.url,
    }
    command = [sys.executable, "-c", code, *args]
    done = subprocess.run(command, cwd=wire.work, env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_line_puts_gets_and_lists(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "put").mkdir()
    (tmp_path / "put" / "x.txt").write_text("by hand")
    wire.cli("artifact", "put", str(tmp_path / "put"), "--name", "hand/put", "--type", "dataset", "--alias", "a1")
    wire.cli("artifact", "get", "hand/put:a1", "--root", str(tmp_path / "got"))
    assert (tmp_path / "got" / "x.txt").read_text() == "by hand"
    assert "put:v0" in wire.cli("artifact", "ls", "hand", WANDB_SILENT="false")


OFFLINE = """
run = wandb.init(project="later", id="later001", mode="offline")
artifact = wandb.Artifact("off", "dataset")
artifact.add_file(file("kept for later"), name="a.txt")
run.log_artifact(artifact, aliases=["first"])
print(run.dir.removesuffix("/files"))
run.finish()
"""


def test_what_was_made_offline_is_synced(wire: Wire, entity: str) -> None:
    folder = wire.run(HEAD.replace("api = wandb.Api()", "") + OFFLINE).strip().splitlines()[-1]
    wire.cli("sync", folder)
    wire.cli("sync", folder)
    found = wire.get(f"/api/v1/projects/{entity}/later/artifacts/off/first")
    assert (found["version"], found["made_by"]) == ("v0", "later001")
