"""`museion run`, as a user types it, against a real local server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from support.house import House

from museion.sdk.transport import HttpTransport


@pytest.fixture
def lab(house: House) -> House:
    """Three runs in the project `lab`: a and b trained, c evaluated."""
    house.museion("up", "--no-browser")
    server = json.loads((house.home / "server.json").read_text())
    transport = HttpTransport(server["url"], server["key"])
    entity = transport.request("GET", "/api/v1/viewer").json()["entity"]
    for place, run in enumerate("abc"):
        body: dict[str, Any] = {"config": {"lr": place / 10}, "job_type": "eval" if run == "c" else "train"}
        body |= {"name": f"run-{run}", "summary": {"loss": 3 - place}}
        transport.request("PUT", f"/api/v1/projects/{entity}/lab/runs/{run * 8}", json=body)
    transport.request("POST", f"/api/v1/projects/{entity}/lab/runs/{'a' * 8}/alerts", json={"title": "Too hot"})
    return house


def ids(house: House, *args: str) -> str:
    return "".join(run["id"][0] for run in house.ask("run", "ls", "-p", "lab", *args))


def test_runs_are_listed_grouped_changed_and_deleted(lab: House) -> None:
    assert ids(lab) == "cba"
    assert ids(lab, "--filter", "config.lr < 0.15 and summary.loss > 1", "--sort", "+summary.loss") == "ba"
    shown = lab.museion("run", "ls", "-p", "lab", "--columns", "name,config.lr,summary.loss", "--limit", "1")
    assert shown.split() == ["id", "name", "config.lr", "summary.loss", "cccccccc", "run-c", "0.2", "1"]
    groups = lab.ask("run", "groups", "job_type", "-a", "mean:summary.loss", "-p", "lab")
    assert [(g["values"], g["count"], g["aggregates"]["mean:summary.loss"]) for g in groups] == [
        (["train"], 2, 2.5),
        (["eval"], 1, 1.0),
    ]
    assert "Too hot" in lab.museion("run", "alerts", "-p", "lab")
    assert lab.ask("run", "edit", "-f", "job_type = train", "--tag", "best", "--notes", "", "-p", "lab")["runs"] == 2
    assert ids(lab, "--filter", "tags has best") == "ba"
    assert "1 run archived" in lab.museion("run", "archive", "b" * 8, "-p", "lab")
    assert (ids(lab), ids(lab, "--archived")) == ("ca", "b")
    assert "1 run asked to stop" in lab.museion("run", "stop", "-f", "job_type = eval", "-p", "lab")
    assert "2 runs would be deleted" in lab.museion("run", "rm", "-f", "", "--dry-run", "-p", "lab")
    assert _failing(lab, "run", "rm", "-f", "", "-p", "lab") == 2, "nobody said yes"
    assert "2 runs deleted" in lab.museion("run", "rm", "-f", "", "--yes", "-p", "lab")
    assert (ids(lab), sorted(ids(lab, "--deleted"))) == ("", ["a", "c"])
    assert lab.ask("run", "restore", "a" * 8, "b" * 8, "-p", "lab")["runs"] == 2
    assert ids(lab) == "ba"
    assert _failing(lab, "run", "archive", "-p", "lab") == 2
    assert _failing(lab, "run", "ls", "--filter", "colour = red", "-p", "lab") == 2
    assert _failing(lab, "run", "stop", "nothere0", "-p", "lab") == 3


def _failing(house: House, *args: str) -> int:
    command = [sys.executable, "-m", "museion.cli", *args]
    done = subprocess.run(
        command, cwd=house.work, env=house.env(), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.stderr.startswith("museion: ")
    return done.returncode
