# ruff: noqa: E501  (the scripts stand as users type them)
"""A run reads the same whoever logged it and whoever asks; and the client's own examination of a server."""

from __future__ import annotations

import json
import subprocess
import sys

from wandb_wire.conftest import Wire

BODY = """
run = NAME.init(project="truth", id="ID", name="one", config={"lr": 0.1, "net": {"depth": 3}}, tags=["a"], group="g", job_type="j", notes="n", MORE)
run.define_metric("val/*", step_metric="epoch")
for i in range(5):
    run.log({"loss": 1 / (i + 1), "epoch": i, "val/acc": i, "word": f"w{i}", "nan": float("nan")})
run.log({"hist": NAME.Histogram([1, 2, 2, 3]), "table": NAME.Table(columns=["a", "b"], data=[[1, "x"], [2, "y"]])})
run.summary["own"] = 1
run.finish()
"""

READ = """
import json
run = API.run("ENTITY/truth/ID")
rows = [{k: v for k, v in row.items() if k in ("_step", "loss", "epoch", "val/acc", "word")} for row in run.scan_history()]
print(json.dumps({
    "name": run.name, "state": run.state, "tags": list(run.tags), "group": run.group, "job_type": run.job_type, "notes": run.notes,
    "config": {k: run.config[k] for k in ("lr",)}, "deep": run.config["net"]["depth"],
    "summary": [run.summary["own"], run.summary["epoch"]], "rows": rows[:5],
    "kinds": sorted({str(v["_type"]) for row in run.scan_history() for v in row.values() if isinstance(v, dict) and "_type" in v}),
}))
"""


def ours(wire: Wire, code: str) -> str:
    """Run a script with our own SDK against the same server."""
    env = {
        **wire.env(),
        "MUSEION_BASE_URL": wire.url,
        "MUSEION_API_KEY": wire.key,
        "MUSEION_HOME": str(wire.work / "museion"),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=wire.work, env=env, capture_output=True, text=True, timeout=90
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _read(wire: Wire, entity: str, run: str) -> list[dict[str, object]]:
    asked = READ.replace("ENTITY", entity).replace("ID", run)
    theirs = wire.answer("import wandb\nAPI = wandb.Api()\n" + asked)
    own = json.loads(ours(wire, "import museion\nAPI = museion.Api()\n" + asked).strip().splitlines()[-1])
    return [theirs, own]


def test_two_clients_one_truth(wire: Wire, entity: str) -> None:
    wire.run("import wandb\n" + BODY.replace("NAME", "wandb").replace("ID", "bywandb0").replace("MORE", ""))
    ours(
        wire,
        "import museion\n"
        + BODY.replace("NAME", "museion").replace("ID", "byours00").replace("MORE", f'entity="{entity}"'),
    )
    told = [*_read(wire, entity, "bywandb0"), *_read(wire, entity, "byours00")]
    for one in told:
        one["kinds"] = [kind for kind in ("histogram", "table-file") if kind in one["kinds"]]  # type: ignore[operator]
    assert told[0] == told[1] == told[2] == told[3]
    assert told[0]["rows"] == [
        {"_step": i, "loss": 1 / (i + 1), "epoch": i, "val/acc": i, "word": f"w{i}"} for i in range(5)
    ]
    assert told[0]["kinds"] == ["histogram", "table-file"]


def test_the_client_logs_in_and_verifies(own_wire: Wire) -> None:
    own_wire.cli("login", "--relogin", "--host", own_wire.url, own_wire.key)
    assert "127.0.0.1" in (own_wire.work / ".netrc").read_text()
    said = own_wire.cli("verify", "--host", own_wire.url, WANDB_SILENT="false")
    failed = [line for line in said.splitlines() if "❌" in line]
    assert all("base url" in line or "signed URLs" in line for line in failed), said  # both want https
    assert said.count("✅") >= 8


def test_custom_charts_say_how_their_tables_are_drawn(wire: Wire, entity: str) -> None:
    wire.run("""
import wandb
run = wandb.init(project="truth", id="charts00")
table = wandb.Table(columns=["x", "y"], data=[[0, 1.0], [1, 2.0]])
run.log({"curve": wandb.plot.line(table, "x", "y", title="Curve"), "bars": wandb.plot.bar(table, "x", "y")})
run.log({"roc": wandb.plot.roc_curve([0, 1, 1], [[0.8, 0.2], [0.1, 0.9], [0.4, 0.6]], labels=["cat", "dog"])})
run.log({"mine": wandb.plot_table("me/special", table, {"a": "x"}, {"title": "Mine"})})
run.finish()
""")
    code = f"""
import json, museion
run = museion.Api().run("{entity}/truth/charts00")
tables = [key for row in run.scan_history() for key, value in row.items() if isinstance(value, dict)]
print(json.dumps([run.metadata["charts"], tables]))
"""
    charts, tables = json.loads(ours(wire, code).strip().splitlines()[-1])
    assert sorted(charts) == sorted(tables) == ["bars_table", "curve_table", "mine_table", "roc_table"]
    curve = charts["curve_table"]
    assert (curve["kind"], curve["title"], curve["fields"]) == ("line", "Curve", {"x": "x", "y": "y"})
    assert charts["bars_table"]["fields"] == {"label": "x", "value": "y"}
    assert (charts["roc_table"]["kind"], charts["roc_table"]["fields"]) == (
        "roc",
        {"x": "fpr", "y": "tpr", "stroke": "class"},
    )
    assert (charts["mine_table"]["kind"], charts["mine_table"]["fields"]) == ("custom", {"a": "x"})
