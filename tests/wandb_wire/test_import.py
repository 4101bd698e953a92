# ruff: noqa: E501  (the scripts stand as users type them)
"""`museion import wandb`: from folders that W&B's client wrote, and from a server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from wandb_wire.conftest import Wire

CRASHES = int(os.environ.get("MUSEION_CRASHES", "1"))

OFFLINE = """
import pathlib, tempfile, wandb
run = wandb.init(project="brought", id="offline1", name="by hand", mode="offline", notes="words", group="g", job_type="train",
                 tags=["a", "b"], config={"lr": 0.1, "nested": {"x": [1, 2]}})
run.define_metric("best", summary="max")
for i in range(200):
    run.log({"loss": 1 / (i + 1), "best": i % 7, "text": f"t{i}", "nan": float("nan") if i % 50 == 3 else i, "deep": {"er": i}})
    if i % 20 == 0:
        print("line", i)
path = pathlib.Path(tempfile.mkdtemp()) / "f.txt"
path.write_text("content")
artifact = wandb.Artifact("made", "dataset", description="d", metadata={"k": 1})
artifact.add_file(str(path), name="deep/f.txt")
artifact.add_reference("http://127.0.0.1:9/x", checksum=False, name="x")
run.log_artifact(artifact, aliases=["best"])
run.log({"table": wandb.Table(columns=["a"], data=[[1]])})
pathlib.Path("saved.txt").write_text("saved")
run.save("saved.txt")
run.summary["own"] = 3
print(run.dir.removesuffix("/files"))
run.finish()
"""


def bring(wire: Wire, *args: str, code: int = 0) -> Any:
    """Run `museion import wandb` against the server."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSEION_", "WANDB_"))}
    env = {**kept, "MUSEION_HOME": str(wire.work / "home"), "MUSEION_BASE_URL": wire.url, "MUSEION_API_KEY": wire.key}
    command = [sys.executable, "-m", "museion.cli", "import", "wandb", *args, "--json"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=90)
    assert done.returncode == code, done.stdout + done.stderr
    return {proof["what"]: proof for proof in json.loads(done.stdout)}


def test_an_offline_folder_is_brought_in_torn_then_whole(own_wire: Wire, entity: str, tmp_path: Path) -> None:
    """Without W&B's client; a torn log gives what is whole in it, and later the rest."""
    folder = Path(own_wire.run(OFFLINE, WANDB_CONSOLE="wrap").strip().splitlines()[-1])
    torn = tmp_path / "torn" / folder.name
    shutil.copytree(folder, torn)
    log = next(torn.glob("run-*.wandb"))
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    first = bring(own_wire, str(torn))["run brought/offline1"]
    assert first["equal"]
    assert 10 < first["compared"]["history rows"][1] < 200
    proofs = bring(own_wire, str(folder))
    assert all(proof["equal"] for proof in proofs.values()), proofs
    assert proofs["run brought/offline1"]["compared"]["history rows"] == [201, 201]
    assert bring(own_wire, str(folder)) == proofs
    run = own_wire.get(f"/api/v1/projects/{entity}/brought/runs/offline1")
    told = {name: run[name] for name in ("name", "notes", "group", "job_type", "tags", "state", "exit_code")}
    papers = {"name": "by hand", "notes": "words", "group": "g", "job_type": "train", "tags": ["a", "b"]}
    assert told == {**papers, "state": "finished", "exit_code": 0}
    assert (run["config"]["lr"], run["config"]["nested"]) == (0.1, {"x": [1, 2]})
    assert run["summary"]["own"] == 3
    assert run["summary"]["best"] == {"max": 6}
    assert run["created_at"] < run["finished_at"] < run["created_at"] + 100
    rows = own_wire.get(f"/api/v1/projects/{entity}/brought/runs/offline1/history?limit=1000")["rows"]
    assert [row["text"] for row in rows[:200]] == [f"t{i}" for i in range(200)]
    assert (rows[3]["nan"], rows[4]["nan"], rows[9]["deep.er"]) == ("NaN", 4, 9)
    made = own_wire.get(f"/api/v1/projects/{entity}/brought/artifacts/made/best")
    assert (made["description"], made["metadata"], made["made_by"]) == ("d", {"k": 1}, "offline1")
    files = own_wire.get(f"/api/v1/projects/{entity}/brought/runs/offline1/files")["files"]
    assert {"saved.txt", "output.log"} <= {file["path"] for file in files}


SOURCE = """
import pathlib, tempfile, wandb
def file(content):
    path = pathlib.Path(tempfile.mkdtemp()) / "f.txt"
    path.write_text(content)
    return str(path)
def make(name, **files):
    artifact = wandb.Artifact(name, "dataset", description=name, metadata={"n": len(files)})
    for path, content in files.items():
        artifact.add_file(file(content), name=path + ".txt")
    return artifact
run = wandb.init(project="moved", id="maker001", job_type="make", config={"a": 1}, tags=["t"])
for i in range(30):
    run.log({"loss": 1 / (i + 1), "x": {"y": i}})
print("hello from the source")
first = run.log_artifact(make("ds", a="one", b="two"), aliases=["old"]).wait()
second = run.log_artifact(make("ds", a="one", c="three"), aliases=["new"]).wait()
second.tags = ["good"]
second.save()
run.log({"table": wandb.Table(columns=["a"], data=[[1]])})
run.finish()
run = wandb.init(project="moved", id="user0001", job_type="use")
used = run.use_artifact("ds:old")
derived = make("derived", d="four")
derived.add_reference(used.get_entry("a.txt").ref_url(), name="inner.txt")
run.log_artifact(derived).wait()
run.finish()
run = wandb.init(project="moved", id="failed01")
run.finish(exit_code=3)
"""
CHECK = """
import json, pathlib, shutil, os, wandb
api = wandb.Api()
shutil.rmtree(os.environ["WANDB_CACHE_DIR"])
got = {}
for name in ("ds:old", "ds:new", "derived:latest"):
    artifact = api.artifact("moved/" + name)
    folder = pathlib.Path(artifact.download(root="got-" + name.replace(":", "-")))
    artifact.verify(str(folder))
    got[name] = {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*")) if p.is_file()}
run = api.run("moved/maker001")
print(json.dumps({"got": got, "rows": len(list(run.scan_history())), "config": dict(run.config), "tags": run.tags,
    "used": [a.name for a in api.run("moved/user0001").used_artifacts()], "states": {r.id: r.state for r in api.runs("moved")},
    "artifact": [api.artifact("moved/ds:new").tags, api.artifact("moved/ds:new").metadata, sorted(api.artifact("moved/ds:new").aliases)]}))
"""


def test_a_server_is_brought_into_another(own_wire: Wire, wire: Wire, entity: str) -> None:
    """Runs, history, console, files, versions with aliases, tags and lineage; twice the same."""
    own_wire.run(SOURCE)
    proofs = bring(wire, "--from", own_wire.url, "--key", own_wire.key, "--project", "moved")
    assert all(proof["equal"] for proof in proofs.values()), proofs
    assert {"run moved/maker001", "run moved/user0001", "artifact moved/ds:v0", "artifact moved/ds:v1"} <= proofs.keys()
    assert proofs["run moved/maker001"]["compared"]["history rows"] == [31, 31]
    again = bring(wire, "--from", own_wire.url, "--key", own_wire.key, "--project", "moved")
    assert {name: proof["compared"] for name, proof in again.items()} == {n: p["compared"] for n, p in proofs.items()}
    found = wire.answer(CHECK)
    assert found["got"]["ds:old"] == {"a.txt": "one", "b.txt": "two"}
    assert found["got"]["ds:new"] == {"a.txt": "one", "c.txt": "three"}
    assert found["got"]["derived:latest"] == {"d.txt": "four", "inner.txt": "one"}
    assert (found["rows"], found["config"], found["tags"]) == (31, {"a": 1}, ["t"])
    assert found["used"] == ["ds:v0"]
    assert found["states"] == {"maker001": "finished", "user0001": "finished", "failed01": "failed"}
    assert found["artifact"] == [["good"], {"n": 2}, ["latest", "new"]]
    ours = [
        {
            (e["source"], e["target"])
            for e in one.get(f"/api/v1/projects/{entity}/moved/graph?detail=instances")["edges"]
        }
        for one in (own_wire, wire)
    ]
    assert ours[0] == ours[1]


LINKED = """
import pathlib, tempfile, wandb
run = wandb.init(project="shelf", id="shelf001")
for content in ("one", "two", "three"):
    artifact = wandb.Artifact("net", "model")
    with artifact.new_file("f.txt") as file:
        file.write(content)
    run.log_artifact(artifact).wait()
for i in range(50): run.log({"x": i})
api = wandb.Api()
run.link_artifact(api.artifact("shelf/net:v0"), "shelf/best", aliases=["first"])
run.link_artifact(api.artifact("shelf/net:v2"), "shelf/best", aliases=["prod"])
run.finish()
api.artifact("shelf/net:v1").delete()
"""
SHELF = """
import json, pathlib, wandb
api = wandb.Api()
found = [api.artifact("shelf/best:" + name) for name in ("first", "prod")]
print(json.dumps([[a.version, a.source_name, pathlib.Path(a.download(root="shelf-" + a.version), "f.txt").read_text()] for a in found]))
"""


def test_an_import_that_is_killed_goes_on_and_links_are_brought_too(own_wire: Wire, wire: Wire, entity: str) -> None:
    """Versions keep their order where some were deleted; the proof says which number has become which."""
    own_wire.run(LINKED)
    asked = ["--from", own_wire.url, "--key", own_wire.key, "--project", "shelf"]
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSEION_", "WANDB_"))}
    env = {**kept, "MUSEION_HOME": str(wire.work / "home"), "MUSEION_BASE_URL": wire.url, "MUSEION_API_KEY": wire.key}
    command = [sys.executable, "-u", "-m", "museion.cli", "import", "wandb", *asked]
    for lines in range(1, 1 + CRASHES):
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as cut:
            assert cut.stdout is not None
            said = [cut.stdout.readline() for _ in range(1 + lines % 4)]
            cut.kill()
        assert said[0].startswith("= run shelf/shelf001")
    proofs = bring(wire, *asked)
    assert all(proof["equal"] for proof in proofs.values()), proofs
    assert proofs["artifact shelf/net:v2"]["notes"] == ["v2 there is v1 here"]
    assert {"link shelf/best:v0", "link shelf/best:v1"} <= proofs.keys()
    assert bring(wire, *asked) == proofs
    assert wire.answer(SHELF) == [["v0", "net:v0", "one"], ["v1", "net:v1", "three"]]
    rows = wire.get(f"/api/v1/projects/{entity}/shelf/runs/shelf001/history")["rows"]
    assert [row["x"] for row in rows] == list(range(50))


def test_what_is_wrong_is_said(wire: Wire, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    kept = {**os.environ, "MUSEION_HOME": str(wire.work / "home"), "MUSEION_BASE_URL": wire.url}
    for args in ([str(tmp_path / "empty")], ["--from", wire.url, "--key", "k" * 40], []):
        command = [sys.executable, "-m", "museion.cli", "import", "wandb", *args]
        done = subprocess.run(
            command, env={**kept, "MUSEION_API_KEY": wire.key}, capture_output=True, text=True, timeout=60
        )
        assert done.returncode in (2, 3, 4), done.stdout + done.stderr
        assert "Traceback" not in done.stderr
