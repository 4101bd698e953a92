"""The graph as pure functions, against the file that TypeScript reads too."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion.model.lineage import Edge, Graph, Node, group_nodes, reach

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "lineage.json").read_text())


def _graph(body: dict[str, Any]) -> Graph:
    nodes = tuple(Node(**{**node, "aliases": tuple(node["aliases"])}) for node in body["nodes"])
    return Graph(nodes, tuple(Edge(**edge) for edge in body["edges"]), body["truncated"], body["total"])


def _plain(graph: Graph) -> dict[str, Any]:
    body = json.loads(json.dumps(asdict(graph)))
    body["nodes"].sort(key=lambda node: node["id"])
    body["edges"].sort(key=lambda edge: (edge["source"], edge["target"]))
    return body  # type: ignore[no-any-return]


@pytest.mark.parametrize("detail", ["types", "collections"])
def test_groups_of_the_tutorial(detail: Any) -> None:
    grouped = _plain(group_nodes(_graph(GOLDEN["instances"]), detail))
    assert grouped == _plain(_graph(GOLDEN[detail]))


@pytest.mark.parametrize("case", GOLDEN["reach"], ids=lambda case: f"{case['direction']} of {case['root']}")
def test_reach_of_the_tutorial(case: dict[str, Any]) -> None:
    graph = _graph(GOLDEN["instances"])
    found = reach(graph.edges, case["root"], case["direction"], case.get("depth"))
    assert sorted(found) == sorted(case["ids"])


IDS = st.sampled_from("abcdefgh")
EDGES = st.lists(st.tuples(IDS, IDS).filter(lambda e: e[0] < e[1]), max_size=16).map(
    lambda pairs: [Edge(a, b, "made") for a, b in pairs]
)


@given(EDGES, IDS, IDS)
def test_down_from_one_is_up_from_the_other(edges: list[Edge], one: str, other: str) -> None:
    down, up = reach(edges, one, "down"), reach(edges, other, "up")
    assert (other in down) == (one in up)
    assert down.get(other) == up.get(one), "the way is as long from either end"


@given(EDGES, IDS, st.integers(0, 5))
def test_depth_cuts_by_distance(edges: list[Edge], root: str, depth: int) -> None:
    near, all_ = reach(edges, root, "both", depth), reach(edges, root, "both")
    assert near == {node: distance for node, distance in all_.items() if distance <= depth}


@given(EDGES)
def test_grouping_keeps_every_node_and_edge(edges: list[Edge]) -> None:
    nodes = tuple(Node(i, "run", f"type{i in 'abcd'}", i, i, float(ord(i))) for i in "abcdefgh")
    for detail in ("types", "collections", "instances"):
        grouped = group_nodes(Graph(nodes, tuple(edges)), detail)  # type: ignore[arg-type]
        assert sum(node.count for node in grouped.nodes) == len(nodes)
        assert sum(edge.count for edge in grouped.edges) == len(edges)
        assert {e.source for e in grouped.edges} <= {n.id for n in grouped.nodes}


def test_a_circle_ends() -> None:
    edges = [Edge("a", "b", "made"), Edge("b", "a", "used")]
    assert reach(edges, "a", "down") == {"a": 0, "b": 1}
