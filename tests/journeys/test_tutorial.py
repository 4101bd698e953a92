"""The tutorial pipeline on real data, in real processes, online and offline."""

from __future__ import annotations

from typing import Any

import pytest
from support.house import PIPELINE, TUTORIAL, House, shape


def staged(house: House) -> int:
    """Bytes that wait in the staging folder."""
    return sum(path.stat().st_size for path in (house.home / "staging" / "packs").glob("*"))


pytestmark = pytest.mark.slow
GRAPH = "/api/v1/projects/{}/artifacts-example/graph?detail={}"


def graph(house: House, detail: str = "instances") -> dict[str, Any]:
    entity = house.get("/api/v1/viewer")["entity"]
    found: dict[str, Any] = house.get(GRAPH.format(entity, detail))
    return found


@pytest.mark.timeout(300)
def test_five_runs_and_four_artifacts_joined_as_in_the_tutorial(house: House) -> None:
    house.python(PIPELINE, "--epochs", "1")
    assert shape(graph(house)) == TUTORIAL
    types = graph(house, "types")
    assert {n["name"] for n in types["nodes"]} == {
        "dataset", "model", "load-data", "preprocess-data", "initialize", "train", "report",
    }  # fmt: skip
    runs = {r["job_type"]: r for r in house.ask("run", "ls", "-p", "artifacts-example")}
    assert {r["state"] for r in runs.values()} == {"finished"}
    assert runs["train"]["config"]["hidden_layer_sizes"] == [32, 64]
    assert 0 <= runs["report"]["summary"]["accuracy"] <= 1
    assert runs["train"]["name"].rsplit("-", 1)[-1].isdigit()
    assert staged(house) == 0, "what the server has acknowledged is not kept twice"


@pytest.mark.timeout(300)
def test_again_without_normalizing_makes_new_versions_beside_the_old(house: House) -> None:
    house.python(PIPELINE, "--epochs", "1")
    house.python(PIPELINE, "--epochs", "1", "--no-normalize")
    nodes, edges = shape(graph(house))
    assert [n for n in nodes if ":" in n] == [
        "convnet:v0",
        "mnist-preprocess:v0",
        "mnist-preprocess:v1",
        "mnist-raw:v0",
        "trained-model:v0",
        "trained-model:v1",
    ]
    assert edges.count(("load-data", "mnist-raw:v0")) == 2, "the same content is the same version, made twice"


@pytest.mark.timeout(300)
def test_offline_then_synced_it_is_the_same_graph_and_a_second_sync_changes_nothing(house: House) -> None:
    house.python(PIPELINE, "--epochs", "1", MUSEION_MODE="offline")
    assert not (house.home / "server.json").exists(), "offline touches no network, not even a local server"
    house.museion("sync")
    first = graph(house)
    assert shape(first) == TUTORIAL
    house.museion("sync")
    assert graph(house) == first
