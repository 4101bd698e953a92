"""The graph: the golden one, its groups, walks from a root, borders of projects, limits."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from museion.actions.read_lineage import read_lineage
from museion.actions.upsert_run import RunChange, upsert_run
from museion.actions.use_artifact import use_artifact
from museion.errors import ArtifactNotFound, RunNotFound, ValueInvalid
from museion.model.lineage import Graph, group_nodes, reach
from museion.model.run import RunState

GOLDEN = Path(__file__).parents[1] / "golden" / "lineage.json"
ROOTS = (
    ("artifact:mnist-raw:v0", "down"),
    ("artifact:mnist-raw:v0", "up"),
    ("artifact:mnist-preprocess:v1", "both"),
    ("artifact:trained-model:v1", "up"),
    ("run:train001", "both"),
    ("run:report02", "down"),
)


def _pipeline(lab: Any, again: int) -> None:
    """The five runs of the tutorial; the second time preprocessing is set differently, the rest is the same."""

    def run(stem: str, job: str, name: str) -> str:
        lab.clock.now += 10
        run_id = f"{stem}{again + 1:0{8 - len(stem)}}"
        lab.run(run_id, job_type=job, name=name, state=RunState.FINISHED)
        lab.clock.now += 10
        return run_id

    load = run("load", "load-data", f"sunny-smoke-{again * 5 + 1}")
    lab.commit("mnist-raw", {"train.pt": b"raw"}, run=load)
    prepare = run("prep", "preprocess-data", f"quiet-lake-{again * 5 + 2}")
    lab.use(prepare, "mnist-raw:latest")
    lab.commit("mnist-preprocess", {"train.pt": f"processed {again}".encode()}, run=prepare)
    start = run("init", "initialize", f"brave-deer-{again * 5 + 3}")
    lab.commit("convnet", {"model.pth": b"fresh"}, type="model", run=start)
    train = run("train", "train", f"warm-river-{again * 5 + 4}")
    lab.use(train, "mnist-preprocess:latest")
    lab.use(train, "convnet:latest")
    lab.commit("trained-model", {"model.pth": f"trained {again}".encode()}, type="model", run=train)
    report = run("report", "report", f"calm-star-{again * 5 + 5}")
    lab.use(report, "mnist-preprocess:latest")
    lab.use(report, "trained-model:latest")


def _plain(graph: Graph) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(asdict(graph)))
    return found


def test_the_tutorial_run_twice_gives_the_golden_graph(lab: Any) -> None:
    lab.clock.now, lab.clock.tick = 1_000.0, 0
    _pipeline(lab, 0)
    _pipeline(lab, 1)
    found: dict[str, Any] = {
        d: _plain(read_lineage(*lab.place, detail=d)) for d in ("instances", "types", "collections")
    }
    found["reach"] = [
        {"root": root, "direction": way, "ids": sorted(node.id for node in _around(lab, root, way).nodes)}
        for root, way in ROOTS
    ]
    if os.environ.get("MUSEION_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1) + "\n")
    assert found == json.loads(GOLDEN.read_text())


def test_grouping_and_reaching_in_memory_give_the_golden_graph_too(lab: Any) -> None:
    lab.clock.now, lab.clock.tick = 1_000.0, 0
    _pipeline(lab, 0)
    _pipeline(lab, 1)
    golden = json.loads(GOLDEN.read_text())
    instances = read_lineage(*lab.place, detail="instances")
    for detail in ("types", "collections"):
        assert _parts(group_nodes(instances, detail)) == _parts(read_lineage(*lab.place, detail=detail))
    for case in golden["reach"]:
        assert sorted(reach(instances.edges, case["root"], case["direction"])) == case["ids"]


def test_the_golden_graph_is_that_of_the_tutorial() -> None:
    golden = json.loads(GOLDEN.read_text())
    labels = {node["label"] for node in golden["instances"]["nodes"]}
    assert {"dataset:mnist-raw:v0", "load-data:sunny-smoke-1", "model:trained-model:v1"} <= labels
    assert {node["id"] for node in golden["types"]["nodes"]} == {
        *("job:load-data", "job:preprocess-data", "job:initialize", "job:train", "job:report"),
        *("type:dataset", "type:model"),
    }
    assert len(golden["instances"]["nodes"]) == 16


def _around(lab: Any, root: str, direction: str, **more: Any) -> Graph:
    return read_lineage(*lab.place, detail="instances", root=root, direction=direction, **more)  # type: ignore[arg-type]


def _parts(graph: Graph) -> tuple[set[Any], set[Any], int]:
    return set(graph.nodes), set(graph.edges), graph.total


def _ids(graph: Graph) -> set[str]:
    return {node.id for node in graph.nodes}


def _chain(lab: Any, length: int) -> None:
    """r0 → a0 → r1 → a1 → …"""
    for i in range(length):
        lab.run(f"r{i}", job_type="step")
        if i:
            lab.use(f"r{i}", f"a{i - 1}:latest")
        lab.commit(f"a{i}", {"f": str(i).encode()}, run=f"r{i}")


def test_depth_counts_edges(lab: Any) -> None:
    _chain(lab, 4)
    assert _ids(_around(lab, "artifact:a1:v0", "up", depth=1)) == {"artifact:a1:v0", "run:r1"}
    assert _ids(_around(lab, "artifact:a1:latest", "down", depth=2)) == {"artifact:a1:v0", "run:r2", "artifact:a2:v0"}
    assert _ids(_around(lab, "run:r0", "up")) == {"run:r0"}
    assert len(_around(lab, "run:r0", "down").nodes) == 8
    assert len(_around(lab, "run:r2", "both", depth=0).nodes) == 1
    assert len(_around(lab, "run:r2", "both", depth=1).edges) == 2


def test_too_much_is_cut_and_says_so(lab: Any) -> None:
    _chain(lab, 5)
    cut = read_lineage(*lab.place, detail="instances", limit=4)
    assert (cut.truncated, cut.total) == (True, 10)
    assert "artifact:a4:v0" in _ids(cut), "the newest are shown"
    assert 0 < len(cut.nodes) <= 4
    near = _around(lab, "run:r0", "down", limit=3)
    assert (_ids(near), near.truncated) == ({"run:r0", "artifact:a0:v0", "run:r1"}, True)
    assert near.total > 3
    whole = read_lineage(*lab.place, detail="instances", limit=10)
    assert (len(whole.nodes), whole.truncated, whole.total) == (10, False, 10)
    for edge in cut.edges:
        assert {edge.source, edge.target} <= _ids(cut)


def test_a_root_without_edges_stands_alone(lab: Any) -> None:
    lab.run("aaa", name="lone-1")
    graph = _around(lab, "run:aaa", "both")
    assert [(node.type, node.label) for node in graph.nodes] == [("run", "run:lone-1")]
    assert read_lineage(*lab.place, detail="instances").nodes == ()


def test_groups_can_be_roots_too(lab: Any) -> None:
    _pipeline(lab, 0)
    up = read_lineage(*lab.place, detail="types", root="job:preprocess-data", direction="up", depth=1)
    assert _ids(up) == {"job:preprocess-data", "type:dataset"}
    near = read_lineage(*lab.place, detail="collections", root="artifact:trained-model:v0", direction="up")
    assert "collection:mnist-raw" in _ids(near)
    assert "job:report" not in _ids(near)


@pytest.mark.parametrize(
    ("root", "error"),
    [
        ("run:zzz", RunNotFound),
        ("artifact:zzz:v0", ArtifactNotFound),
        ("artifact:a0:v9", ArtifactNotFound),
        ("type:model", ValueInvalid),
        ("nonsense", ValueInvalid),
    ],
)
def test_a_root_that_is_not_there_is_named(lab: Any, root: str, error: type[Exception]) -> None:
    _chain(lab, 1)
    with pytest.raises(error):
        _around(lab, root, "both")


def test_limits_are_checked(lab: Any) -> None:
    _chain(lab, 1)
    for limit in (0, 5_001):
        with pytest.raises(ValueInvalid):
            read_lineage(*lab.place, limit=limit)


def test_what_crosses_projects_is_seen_by_those_who_may(lab: Any) -> None:
    _chain(lab, 2)
    upsert_run(lab.stores, "bob", "other", "bbb", RunChange(job_type="use", name="far"))
    use_artifact(lab.stores, "bob", "other", "bbb", "ada/digits/a1:v0")
    here = read_lineage(*lab.place, detail="instances")
    assert "run:bob/other/bbb" in _ids(here)
    there = read_lineage(lab.stores, "bob", "other", detail="instances")
    assert _ids(there) == {"run:bbb", "artifact:ada/digits/a1:v0"}
    assert "dataset:ada/digits/a1:v0" in {node.label for node in there.nodes}
    far = read_lineage(lab.stores, "bob", "other", detail="instances", root="run:bbb", direction="up")
    assert "run:ada/digits/r0" in _ids(far), "the walk goes on in the other project"

    def own_only(entity: str, project: str) -> bool:
        return entity == "bob"

    for detail in ("instances", "types", "collections"):
        assert read_lineage(lab.stores, "bob", "other", detail=detail, may_read=own_only).nodes == ()  # type: ignore[arg-type]
    alone = read_lineage(lab.stores, "bob", "other", detail="instances", root="run:bbb", may_read=own_only)
    assert _ids(alone) == {"run:bbb"}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_counting_in_the_database_is_grouping_in_memory(lab: Any, data: st.DataObject) -> None:
    project = f"p{data.draw(st.uuids())}"
    lab = type(lab)(lab.stores, lab.clock, "ada", project)
    jobs = st.sampled_from([None, "run", "train", "eval"])
    for i in range(data.draw(st.integers(1, 5))):
        lab.run(f"r{i}", job_type=data.draw(jobs))
    runs = st.integers(0, i).map(lambda n: f"r{n}")
    for _ in range(data.draw(st.integers(1, 8))):
        name, kind = data.draw(st.sampled_from([("a", "x"), ("b", "x"), ("c", "y")]))
        made = lab.commit(name, {"f": data.draw(st.binary(max_size=1))}, type=kind, run=data.draw(runs)).artifact
        lab.use(data.draw(runs), f"{name}:{made.version}")
    instances = read_lineage(*lab.place, detail="instances")
    for detail in ("types", "collections"):
        assert _parts(group_nodes(instances, detail)) == _parts(read_lineage(*lab.place, detail=detail))
    root = data.draw(st.sampled_from(instances.nodes)).id
    depth = data.draw(st.none() | st.integers(0, 4))
    for way in ("up", "down", "both"):
        assert _ids(_around(lab, root, way, depth=depth)) == set(reach(instances.edges, root, way, depth))
