# ruff: noqa: E501  (the scripts stand as users type them)
"""Runs logged by W&B's own client, read back by our API and by its own."""

from __future__ import annotations

import json
import math

from wandb_wire.conftest import Wire

LOG = """
import json, math, os, sys, time, wandb
run = wandb.init(project="log", id="logged01", name="my run: a/b", notes="hello", tags=["b", "a"], group="g/1",
                 job_type="train", config={"lr": 0.1, "nested": {"a": [1, {"b": "x"}]}, "nan": float("nan")})
run.define_metric("epoch", hidden=True)
run.define_metric("val/*", step_metric="epoch", summary="min,max")
run.define_metric("best", summary="max,last")
for i in range(6):
    run.log({"loss": 1 / (i + 1), "acc": {"top1": i, "top5": [math.inf, -math.inf, math.nan][i % 3]}, "epoch": i,
             "val/x": 5 - i, "best": i % 4, "text": f"t{i}", "flag": i % 2 == 0, "list": [1, "2", None]})
    print("line", i)
print("to stderr", file=sys.stderr)
print("part 1\\rpart 2\\rpart 3")
run.summary["own"] = {"deep": 1.5}
run.config.update({"late": "yes"})
run.finish()
"""


def test_a_run_is_logged(wire: Wire, entity: str) -> None:
    wire.run(LOG)
    run = wire.get(f"/api/v1/projects/{entity}/log/runs/logged01")
    assert {name: run[name] for name in ("name", "notes", "tags", "group", "job_type", "state", "exit_code")} == {
        "name": "my run: a/b",
        "notes": "hello",
        "tags": ["b", "a"],
        "group": "g/1",
        "job_type": "train",
        "state": "finished",
        "exit_code": 0,
    }
    assert run["config"]["lr"] == 0.1
    assert run["config"]["nested"] == {"a": [1, {"b": "x"}]}
    assert run["config"]["late"] == "yes"
    assert "_wandb" not in run["config"]
    assert run["metadata"]["os"].startswith("Linux")
    assert run["summary"]["own"] == {"deep": 1.5}
    assert run["summary"]["val/x"] == {"min": 0, "max": 5}
    assert run["summary"]["best"] == {"max": 3, "last": 1}
    assert not [key for key in run["summary"] if key.startswith("_")]
    rules = {rule["name"]: rule for rule in run["metrics"]}
    assert rules["val/*"] == {"name": "val/*", "step_metric": "epoch", "step_sync": True, "summary": ["min", "max"]}
    assert rules["epoch"]["hidden"] is True
    rows = wire.get(f"/api/v1/projects/{entity}/log/runs/logged01/history")["rows"]
    assert [row["_step"] for row in rows] == list(range(6))
    assert [row["acc.top5"] for row in rows] == ["Infinity", "-Infinity", "NaN"] * 2
    assert rows[3]["list"] == [1, "2", None]
    assert rows[3]["flag"] is False
    keys = wire.get(f"/api/v1/projects/{entity}/log/runs/logged01/keys")
    assert any(key["key"].startswith("system/") for key in keys)
    console = wire.get(f"/api/v1/projects/{entity}/log/runs/logged01/console")["lines"]
    assert [line["text"] for line in console if line["text"].startswith(("line", "part", "to"))] == [
        *(f"line {i}" for i in range(6)),
        "to stderr",
        "part 3",
    ]
    assert {line["stream"] for line in console if line["text"] == "to stderr"} == {"stderr"}
    files = {file["path"] for file in wire.get(f"/api/v1/projects/{entity}/log/runs/logged01/files")["files"]}
    assert {"config.yaml", "output.log", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"} <= files


READ = """
import json, wandb
api = wandb.Api()
run = api.run("log/logged01")
history = run.history(pandas=False)
print(json.dumps({
    "config": run.config, "summary": {"own": dict(run.summary["own"])},
    "own": sorted(k for k in run.summary.keys() if k.startswith("_")),
    "name": run.name, "state": run.state, "tags": run.tags, "group": run.group, "job_type": run.job_type,
    "user": run.user.username, "steps": [row["_step"] for row in history], "last": run.lastHistoryStep,
    "loss": [row["loss"] for row in run.history(keys=["loss"], pandas=False)],
    "scan": [row["_step"] for row in run.scan_history()],
    "some": [row for row in run.scan_history(keys=["loss", "epoch"], page_size=2)],
    "runtime": history[0]["_runtime"], "url": run.url,
    "files": sorted(file.name for file in run.files()), "metadata": sorted(run.metadata),
    "size": [file.size for file in run.files(["config.yaml"])], "count": len(api.runs("log")),
    "system": len(run.history(stream="system", pandas=False)),
    "output": run.file("output.log").download(root="down", replace=True).read()[-20:],
    "frame": list(run.history(samples=3).columns)[:1],
}))
"""


def test_a_run_is_read_back(wire: Wire, entity: str) -> None:
    wire.run(LOG.replace("logged01", "logged02"))
    read = wire.answer(READ.replace("logged01", "logged02"))
    assert math.isnan(read["config"].pop("nan") or math.nan)
    assert read["config"] == {"lr": 0.1, "nested": {"a": [1, {"b": "x"}]}, "late": "yes"}
    assert read["summary"]["own"] == {"deep": 1.5}
    assert {"_step", "_timestamp", "_runtime"} <= set(read["own"])
    assert (read["name"], read["state"], read["group"], read["job_type"]) == ("my run: a/b", "finished", "g/1", "train")
    assert read["user"] == entity
    assert read["steps"] == read["scan"] == list(range(6))
    assert read["last"] == 5
    assert read["loss"] == [1 / (i + 1) for i in range(6)]
    assert [row["epoch"] for row in read["some"]] == list(range(6))
    assert 0 < read["runtime"] < 60
    assert read["url"] == f"{wire.url}/{entity}/log/runs/logged02"
    assert "config.yaml" in read["files"]
    assert "python" in read["metadata"]
    assert read["size"][0] > 0
    assert read["system"] >= 1
    assert "part 3" in read["output"]


RESUME = """
import json, sys, wandb
def log(**options):
    run = wandb.init(project="resume", **options)
    run.log({"x": 1}); run.log({"x": 2})
    found = (run.id, run.resumed, run.step)
    run.finish()
    return found
out = [log(id="aaa11111", config={"a": 1, "b": 2}), log(id="aaa11111", resume="allow"), log(id="aaa11111", resume="must")]
run = wandb.init(project="resume", id="aaa11111", resume="must")
out.append([dict(run.config), run.summary.get("x")])
run.finish()
print(json.dumps(out))
"""

REFUSED = """
import json, sys, wandb
try:
    wandb.init(project="resume", **json.loads(sys.argv[1]))
except wandb.errors.UsageError as error:
    print("refused", error)
"""


def test_runs_go_on(wire: Wire, entity: str) -> None:
    out = wire.answer(RESUME)
    first, second, third = (["aaa11111", resumed, step] for resumed, step in ((False, 2), (True, 4), (True, 6)))
    assert out == [first, second, third, [{"a": 1, "b": 2}, 2]]
    rows = wire.get(f"/api/v1/projects/{entity}/resume/runs/aaa11111/history")["rows"]
    assert [(row["_step"], row["x"]) for row in rows] == [(i, 1 + i % 2) for i in range(6)]
    for options in ({"id": "aaa11111", "resume": "never"}, {"id": "zzz99999", "resume": "must"}):
        assert "refused" in wire.run(REFUSED, json.dumps(options))


BRANCH = """
import json, wandb
with wandb.init(project="branch", id="parent00") as run:
    for i in range(10): run.log({"x": i, "who": "parent"})
with wandb.init(project="branch", id="child000", fork_from="parent00?_step=4") as run:
    for i in range(3): run.log({"x": 100 + i, "who": "child"})
with wandb.init(project="branch", resume_from="parent00?_step=6") as run:
    for i in range(2): run.log({"x": 200 + i, "who": "again"})
api = wandb.Api()
print(json.dumps({name: [row["x"] for row in api.run(f"branch/{name}").scan_history()] for name in ("parent00", "child000")}))
"""


def test_runs_branch(wire: Wire, entity: str) -> None:
    assert wire.answer(BRANCH) == {
        "parent00": [0, 1, 2, 3, 4, 5, 6, 200, 201],
        "child000": [0, 1, 2, 3, 4, 100, 101, 102],
    }


ENDS = """
import os, sys, wandb
run = wandb.init(project="ends", id=sys.argv[1])
run.log({"x": 1})
if sys.argv[1] == "fails": raise RuntimeError("boom")
if sys.argv[1] == "exits": sys.exit(3)
if sys.argv[1] == "preempts": run.mark_preempting(); sys.exit(1)
"""


def test_how_runs_end(wire: Wire, entity: str) -> None:
    wire.run(ENDS, "fails", code_is=1)
    wire.run(ENDS, "exits", code_is=3)
    wire.run(ENDS, "preempts", code_is=1)
    ends = {name: wire.get(f"/api/v1/projects/{entity}/ends/runs/{name}") for name in ("fails", "exits", "preempts")}
    assert {name: (run["state"], run["exit_code"]) for name, run in ends.items()} == {
        "fails": ("failed", 1),
        "exits": ("failed", 3),
        "preempts": ("preempting", 1),
    }
    assert wire.answer("import json, wandb; print(json.dumps(wandb.Api().run('ends/preempts').state))") == "preempted"
    again = (
        "import json, wandb\nwith wandb.init(project='ends', id='preempts', resume='must') as run: run.log({'x': 2})"
    )
    wire.run(again)
    back = wire.get(f"/api/v1/projects/{entity}/ends/runs/preempts")
    assert (back["state"], back["exit_code"]) == ("finished", 0)


EDITS = """
import json, os, wandb
with wandb.init(project="edits", id="edits000", resume="auto", tags=["a"], notes="n"): pass
run = wandb.Api().run("edits/edits000")
run.tags = [*run.tags, "b"]; run.notes = "said later"; run.name = "named: later"; run.group = "g"; run.config["lr"] = 2; run.summary["late"] = 3
run.update(); run.summary.update()
found = wandb.Api().run("edits/edits000")
ended = wandb.init(project="edits", id="ended000"); ended.finish(exit_code=7)
print(json.dumps([found.tags, found.notes, found.name, found.group, found.config, found.summary["late"], wandb.Api().run("edits/ended000").state]))
"""

AUTO = """
import json, os, sys, wandb
run = wandb.init(project="auto", resume="auto")
run.log({"x": 1})
print(json.dumps([run.id, run.resumed, run.step]), flush=True)
if sys.argv[1] == "dies": os._exit(9)
run.finish()
"""


def test_runs_are_edited_afterwards(wire: Wire, entity: str) -> None:
    found = wire.answer(EDITS)
    assert found == [["a", "b"], "said later", "named: later", "g", {"lr": 2}, 3, "failed"]
    assert wire.get(f"/api/v1/projects/{entity}/edits/runs/ended000")["exit_code"] == 7


def test_what_died_is_resumed_by_itself(wire: Wire) -> None:
    died = json.loads(wire.run(AUTO, "dies", code_is=9).strip().splitlines()[-1])
    (again, *_) = [json.loads(line) for line in wire.run(AUTO, "ends").splitlines() if line.startswith("[")]
    (fresh, *_) = [json.loads(line) for line in wire.run(AUTO, "ends").splitlines() if line.startswith("[")]
    assert (died[1], again[:2], fresh[1]) == (False, [died[0], True], False)
    assert fresh[0] != died[0]


STOP = """
import json, time, wandb
run = wandb.init(project="stop", id="stopme00", settings=wandb.Settings(x_file_stream_transmit_interval=1))
run.log({"x": 1})
wandb.Api().run("stop/stopme00").stop() if hasattr(wandb.apis.public.Run, "stop") else None
try:
    for i in range(600):
        run.log({"x": i}); time.sleep(0.1)
    print(json.dumps("went on"))
except KeyboardInterrupt:
    print(json.dumps("stopped"))
"""


def test_a_run_can_be_stopped(wire: Wire) -> None:
    assert wire.answer(STOP) == "stopped"


FILES = """
import json, os, pathlib, wandb
run = wandb.init(project="files", id="files000", settings=wandb.Settings(code_dir="."))
pathlib.Path("ckpt").mkdir(exist_ok=True)
pathlib.Path("ckpt/a.bin").write_bytes(os.urandom(1 << 20)); pathlib.Path("ckpt/empty").write_bytes(b"")
run.save("ckpt/*", base_path=".", policy="now")
pathlib.Path("live.txt").write_text("one"); run.save("live.txt", policy="live")
pathlib.Path("end.txt").write_text("begin"); run.save("end.txt", policy="end"); pathlib.Path("end.txt").write_text("the end")
run.alert("high loss", "it is 3", level="WARN", wait_duration=60); run.alert("high loss", "again", wait_duration=60)
run.finish()
api = wandb.Api(); found = api.run("files/files000")
pathlib.Path("up.txt").write_text("up"); found.upload_file("up.txt")
out = {"names": sorted(f.name for f in found.files()), "same": open(found.file("ckpt/a.bin").download(root="d", replace=True).name, "rb").read() == open("ckpt/a.bin", "rb").read()}
out["end"] = found.file("end.txt").download(root="d", replace=True).read()
out["live"] = found.file("live.txt").download(root="d", replace=True).read()
[f.delete() for f in found.files() if f.name == "up.txt"]
out["after"] = [f.name for f in api.run("files/files000").files() if f.name == "up.txt"]
out["like"] = sorted(f.name for f in found.files(pattern="ckpt/%"))
print(json.dumps(out))
"""


def test_files_and_alerts(wire: Wire, entity: str) -> None:
    out = wire.answer(FILES)
    assert {"ckpt/a.bin", "ckpt/empty", "live.txt", "end.txt", "up.txt"} <= set(out["names"])
    assert (out["same"], out["end"], out["live"], out["after"]) == (True, "the end", "one", [])
    assert out["like"] == ["ckpt/a.bin", "ckpt/empty"]
    alerts = wire.get(f"/api/v1/projects/{entity}/files/runs/files000/alerts")["alerts"]
    assert [(alert["title"], alert["level"]) for alert in alerts] == [("high loss", "warn")]


EDIT = """
import json, wandb
api = wandb.Api()
for i in range(7):
    with wandb.init(project="edit", id=f"edit000{i}", name=f"r{i}", config={"lr": i / 10, "deep": {"k": i}}, tags=["odd"] if i % 2 else []) as run:
        run.log({"loss": 10 - i})
runs = lambda **k: [r.name for r in api.runs("edit", **k)]
out = {
    "all": runs(), "page": runs(per_page=2), "down": runs(order="-created_at"), "loss": runs(order="+summary_metrics.loss"),
    "lr": runs(filters={"config.lr": {"$gte": 0.3, "$lt": 0.6}}), "deep": runs(filters={"config.deep.value.k": 4}),
    "or": runs(filters={"$or": [{"display_name": "r1"}, {"display_name": {"$regex": "r6"}}]}),
    "tag": runs(filters={"tags": {"$in": ["odd"]}}), "sum": runs(filters={"summary_metrics.loss": {"$gt": 8}}),
    "state": len(runs(filters={"state": "finished"})), "not": runs(filters={"$not": {"tags": "odd"}}),
    "name": runs(filters={"name": "edit0003"}), "len": len(api.runs("edit", filters={"tags": "odd"})),
}
run = api.run("edit/edit0000")
run.name = "renamed"; run.tags.append("new"); run.config["added"] = 5; run.notes = "noted"; run.group = "gg"; run.update()
run.summary["put"] = 7; run.summary.update({"more": {"a": 1}})
again = wandb.Api().run("edit/edit0000")
out["edited"] = [again.name, again.tags, again.config, again.notes, again.group, again.summary["put"], dict(again.summary["more"])]
api.run("edit/edit0001").delete()
out["left"] = len(wandb.Api().runs("edit"))
try: wandb.Api().run("edit/nothere0")
except Exception as error: out["missing"] = type(error).__name__ + str(error)[:20]
out["projects"] = [p.name for p in api.projects()]
out["project"] = api.project("edit").name
api.create_project("fresh", run.entity)
out["created"] = "fresh" in [p.name for p in wandb.Api().projects()]
out["viewer"] = [api.viewer.username, api.viewer.teams[:1], api.default_entity, len(api.viewer.api_keys)]
out["user"] = api.user(run.entity).username
out["team"] = [m.name for m in api.team(run.entity).members]
print(json.dumps(out))
"""


def test_runs_are_listed_and_edited(wire: Wire, entity: str) -> None:
    out = wire.answer(EDIT)
    names = [f"r{i}" for i in range(7)]
    assert out["all"] == out["page"] == names
    assert out["down"] == out["loss"] == names[::-1]
    assert (out["lr"], out["deep"], out["or"]) == (["r3", "r4", "r5"], ["r4"], ["r1", "r6"])
    assert (out["tag"], out["sum"], out["state"], out["len"]) == (["r1", "r3", "r5"], ["r0", "r1"], 7, 3)
    assert (out["not"], out["name"]) == (["r0", "r2", "r4", "r6"], ["r3"])
    config = {"lr": 0.0, "deep": {"k": 0}, "added": 5}
    assert out["edited"] == ["renamed", ["new"], config, "noted", "gg", 7, {"a": 1}]
    assert out["left"] == 6
    assert out["missing"].startswith("CommError") or "not" in out["missing"].lower()
    assert "edit" in out["projects"]
    assert (out["project"], out["created"]) == ("edit", True)
    assert out["viewer"] == [entity, [entity], entity, 1]
    assert (out["user"], out["team"]) == (entity, [entity])


OFFLINE = """
import json, wandb
run = wandb.init(project="offline", id="offline0", mode="offline", config={"a": 1})
for i in range(5): run.log({"x": i})
print("hello from far away")
run.finish()
"""


def test_an_offline_run_is_synced(wire: Wire, entity: str) -> None:
    wire.run(OFFLINE)
    folder = next((wire.work / "dir" / "wandb").glob("offline-run-*-offline0"))
    wire.cli("sync", str(folder))
    rows = wire.get(f"/api/v1/projects/{entity}/offline/runs/offline0/history")["rows"]
    assert [row["x"] for row in rows] == list(range(5))
    run = wire.get(f"/api/v1/projects/{entity}/offline/runs/offline0")
    assert (run["state"], run["config"]) == ("finished", {"a": 1})
    wire.cli("sync", str(folder))
    again = wire.get(f"/api/v1/projects/{entity}/offline/runs/offline0/history")["rows"]
    assert [row["x"] for row in again] == list(range(5)), json.dumps(again)


MEDIA = """
import json, numpy as np, wandb
run = wandb.init(project="media", id="media000")
rng = np.random.default_rng(0)
run.log({
    "image": wandb.Image(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8), caption="a",
        boxes={"p": {"box_data": [{"position": {"minX": 0, "maxX": 0.5, "minY": 0, "maxY": 0.5}, "class_id": 1}], "class_labels": {1: "cat"}}},
        masks={"m": {"mask_data": np.ones((8, 8), dtype=np.uint8), "class_labels": {1: "cat"}}}),
    "images": [wandb.Image(np.zeros((4, 4, 3), dtype=np.uint8)) for _ in range(3)],
    "html": wandb.Html("<b>hello</b>"), "hist": wandb.Histogram([1, 2, 2, 3]),
    "table": wandb.Table(columns=["a", "img"], data=[[1, wandb.Image(np.zeros((2, 2, 3), dtype=np.uint8))]]),
    "points": wandb.Object3D(rng.random((10, 3))),
    "grads": np.arange(100.0),
})
run.log({"bar": wandb.plot.bar(wandb.Table(columns=["x", "y"], data=[["a", 1], ["b", 2]]), "x", "y", title="Bars"),
         "pr": wandb.plot.pr_curve([0, 1, 1], np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), labels=["n", "y"])})
run.log_code(".")
run.finish()
"""

SHARED = """
import sys, wandb
settings = wandb.Settings(mode="shared", x_label=sys.argv[1], x_primary=sys.argv[1] == "one", x_update_finish_state=sys.argv[1] == "one")
run = wandb.init(project="shared", id="shared00", settings=settings)
for i in range(5): run.log({sys.argv[1]: i})
print("from", sys.argv[1])
run.finish()
"""


def test_media_are_files_of_the_run(wire: Wire, entity: str) -> None:
    wire.run(MEDIA)
    rows = wire.get(f"/api/v1/projects/{entity}/media/runs/media000/history")["rows"]
    kinds = {key: value["_type"] for row in rows for key, value in row.items() if isinstance(value, dict)}
    assert kinds["image"] == "image-file"
    assert kinds["images"] == "images/separated"
    assert (kinds["html"], kinds["hist"], kinds["grads"]) == ("html-file", "histogram", "histogram")
    assert kinds["table"] == "table-file"
    files = {
        file["path"]: file
        for file in wire.get(f"/api/v1/projects/{entity}/media/runs/media000/files?limit=1000")["files"]
    }
    image = rows[0]["image"]
    assert image["path"] in files
    assert files[image["path"]]["size"] == image["size"]
    assert image["boxes"]["p"]["path"] in files
    assert image["masks"]["m"]["path"] in files
    assert all(path in files for path in rows[0]["images"]["filenames"])
    made = wire.get(f"/api/v1/projects/{entity}/media/runs/media000/artifacts")["outputs"]
    assert any(one["type"] == "run_table" for one in made)
    assert any(one["type"] == "code" for one in made)


def test_several_clients_write_one_run(wire: Wire, entity: str) -> None:
    writers = [wire.popen(SHARED, name) for name in ("one", "two")]
    said = [writer.communicate(timeout=90)[0] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    run = wire.get(f"/api/v1/projects/{entity}/shared/runs/shared00")
    assert (run["summary"]["one"], run["summary"]["two"]) == (4, 4)
    keys = {key["key"]: key["count"] for key in wire.get(f"/api/v1/projects/{entity}/shared/runs/shared00/keys")}
    assert (keys["one"], keys["two"]) == (5, 5)
    lines = [line["text"] for line in wire.get(f"/api/v1/projects/{entity}/shared/runs/shared00/console")["lines"]]
    assert sum("from one" in line for line in lines) == sum("from two" in line for line in lines) == 1, lines
