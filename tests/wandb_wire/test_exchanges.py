# ruff: noqa: E501  (the script stands as users type it)
"""What the client asked when it was recorded is answered in the same shape today, without the client.

`MUSEION_RECORD=1 pytest tests/wandb_wire/test_exchanges.py` records anew, with the real client.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.roots import new_root
from support.server import Clock, Site
from wandb_wire.conftest import CLIENT, Wire
from wandb_wire.test_nulls import Nulling, proxy

from museion.actions.stores import open_stores
from museion.actions.users import create_key, create_user
from museion.server.app import create_app
from museion.server.settings import Settings

GOLDEN = Path(__file__).parents[1] / "golden" / "wandb-exchanges.json"

SCRIPT = """
import wandb
run = wandb.init(project="golden", id="golden00", config={"lr": 0.1, "nan": float("nan")}, tags=["t"])
for i in range(3): run.log({"loss": 1 / (i + 1), "deep": {"a": i}})
run.alert("title", "text")
run.finish()
with wandb.init(project="golden", id="golden00", resume="must") as run: run.log({"loss": 0.1})
api = wandb.Api(); run = api.run("golden/golden00")
run.history(pandas=False); run.history(keys=["loss"], pandas=False); list(run.scan_history()); [f.name for f in run.files()]
run.summary["x"] = 1; run.summary.update(); run.notes = "n"; run.update()
[r.name for r in api.runs("golden", filters={"config.lr": 0.1}, order="-created_at")]; [p.name for p in api.projects()]
sweep = wandb.sweep({"method": "grid", "parameters": {"a": {"values": [1]}}}, project="golden")
api.sweep(f"golden/{sweep}").state
"""


class Recorder(Nulling):
    """Changes nothing; keeps the first exchange of each document."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any]] = {}

    def change(self, asked: Any, told: Any) -> Any:
        if not told.get("errors"):
            self.kept.setdefault(asked["query"], {"asked": asked, "shape": shape(told["data"])})
        return told


def shape(told: Any) -> Any:
    """What kind of thing is where."""
    if isinstance(told, dict):
        return {key: shape(value) for key, value in told.items()}
    if isinstance(told, list):
        return [shape(value) for value in told[:1]]
    return type(told).__name__


@pytest.mark.skipif(not os.environ.get("MUSEION_RECORD"), reason="records anew only when asked to")
def test_record(wire: Wire, entity: str) -> None:
    recorder = Recorder()
    with proxy(wire, recorder) as url:
        wire.run(SCRIPT, WANDB_BASE_URL=url)
    text = json.dumps(list(recorder.kept.values()), indent=1).replace(f'"{entity}"', '"ada"')
    for here, there in (
        (str(CLIENT), "/usr/bin/python3"),
        (str(wire.work), "/home/ada"),
        (socket.gethostname(), "desk"),
    ):
        text = text.replace(here, there)
    GOLDEN.write_text(text + "\n")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("golden") / "root"
    clock = Clock()
    stores = open_stores(new_root(root), clock=clock)
    found = Site(create_app(stores, Settings(root, b"s" * 32)), stores, clock, root)
    create_user(stores, "ada", {"ada": "admin"})
    found.keys["ada"] = create_key(stores, "ada")
    yield found
    stores.close()


def test_what_was_asked_is_answered_alike(site: Site) -> None:
    client = site.client("ada")
    url = "/files/ada/golden/golden00/file_stream"
    stood = []
    for number, exchange in enumerate(json.loads(GOLDEN.read_text())):
        answer = client.post("/graphql", json=exchange["asked"])
        told = answer.json()
        assert answer.status_code == 200, (exchange["asked"], told)
        assert "errors" not in told, (exchange["asked"]["query"], told)
        stood.append(_differs(exchange["shape"], shape(told["data"])))
        if number == 0 or b"upsertBucket" in answer.content:
            lines = [
                json.dumps({"_step": i, "_timestamp": 1.7e9 + i, "_runtime": i, "loss": i, "deep": {"a": i}})
                for i in range(3)
            ]
            client.post(url, json={"files": {"wandb-history.jsonl": {"offset": 0, "content": lines}}})
    assert len(stood) > 15
    assert not any(stood), stood


def _differs(then: Any, now: Any, at: str = "") -> list[str]:
    """Where fields came or went. Kinds of values may differ where null is one of them, and lists may be empty."""
    if isinstance(then, dict) and isinstance(now, dict):
        lost = [f"{at}.{key}" for key in then.keys() ^ now.keys()]
        return lost + [one for key in then.keys() & now.keys() for one in _differs(then[key], now[key], f"{at}.{key}")]
    if isinstance(then, list) and isinstance(now, list):
        return _differs(then[0], now[0], f"{at}[]") if then and now else []
    return [] if then == now or "NoneType" in (then, now) or {then, now} <= {"int", "float"} else [at]
