"""The graph between runs and artifact versions: bipartite and directed.

A cycle is rare but possible: a long run may use what was made of its own output. Readers must bear it.

Node ids are readable and stable: `run:<id>`, `artifact:<name>:v<n>` for instances, `job:<job type>` and
`type:<artifact type>` for the view by types, `collection:<name>` for collections. `tests/golden/lineage.json` is read
by both the Python and the TypeScript tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

Detail = Literal["types", "collections", "instances"]
Direction = Literal["up", "down", "both"]


@dataclass(frozen=True, slots=True)
class Node:
    """A run or an artifact version, or a group of them (`count` > 1). `time` is UTC seconds since the epoch."""

    id: str
    kind: Literal["run", "artifact"]
    type: str
    name: str
    label: str
    time: float
    version: str | None = None
    state: str | None = None
    aliases: tuple[str, ...] = ()
    count: int = 1


@dataclass(frozen=True, slots=True)
class Edge:
    """`made` goes from a run to a version, `used` from a version to a run; `count` edges were merged into this.

    `step` is the run's at which it happened, where one edge is meant and it is known.
    """

    source: str
    target: str
    role: Literal["made", "used"]
    count: int = 1
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes and edges; `truncated` if there is more than is shown, `total` counts the nodes there are."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    truncated: bool = False
    total: int = field(default=0)


def reach(edges: Iterable[Edge], root: str, direction: Direction, depth: int | None = None) -> dict[str, int]:
    """Ids reachable from `root`, with their distance; ancestors for "up", descendants for "down"."""
    found = {root: 0}
    for way in ("up", "down") if direction == "both" else (direction,):
        for node, distance in _walk(_neighbours(edges, way), root, depth).items():
            found.setdefault(node, distance)
    return found


def _neighbours(edges: Iterable[Edge], way: str) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {}
    for edge in edges:
        here, there = (edge.source, edge.target) if way == "down" else (edge.target, edge.source)
        near.setdefault(here, []).append(there)
    return near


def _walk(near: dict[str, list[str]], root: str, depth: int | None) -> dict[str, int]:
    seen, front, distance = {root: 0}, [root], 0
    while front and (depth is None or distance < depth):
        distance += 1
        front = [n for node in front for n in near.get(node, ()) if n not in seen]
        front = list(dict.fromkeys(front))
        seen.update(dict.fromkeys(front, distance))
    return seen


def group_nodes(graph: Graph, detail: Detail) -> Graph:
    """Merge instances into collections or types, counting what was merged; edges between groups are merged too."""
    if detail == "instances":
        return graph
    home = {node.id: _group_id(node, detail) for node in graph.nodes}
    nodes: dict[str, Node] = {}
    for node in graph.nodes:
        group = home[node.id]
        known = nodes.get(group)
        nodes[group] = replace(known, count=known.count + 1) if known else _group(node, group, detail)
    edges: dict[tuple[str, str, str], Edge] = {}
    for edge in graph.edges:
        key = (home[edge.source], home[edge.target], edge.role)
        merged = edges.get(key, Edge(key[0], key[1], edge.role, 0))
        edges[key] = replace(merged, count=merged.count + edge.count)
    return Graph(tuple(nodes.values()), tuple(edges.values()), graph.truncated, len(nodes))


def _group_id(node: Node, detail: Detail) -> str:
    if node.kind == "run":
        return f"job:{node.type}"
    return f"type:{node.type}" if detail == "types" else f"collection:{node.name}"


def _group(node: Node, group: str, detail: Detail) -> Node:
    name = node.name if node.kind == "artifact" and detail == "collections" else node.type
    return Node(group, node.kind, node.type, name, name, node.time)
