"""Read the graph between runs and versions.

A node of another project than the one asked for carries its project in id, name and label
(`artifact:<entity>/<project>/<name>:v3`), and is shown only to those who may read that project.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from museion.actions.resolve import MayRead, everything, find_version
from museion.actions.stores import Stores, project_key, run_key
from museion.catalog.catalog import Rows
from museion.catalog.edges import NO_JOB, EdgeRole, RunEnd, StoredEdge, VersionEnd
from museion.errors import ValueInvalid
from museion.model.lineage import Detail, Direction, Edge, Graph, Node, group_nodes, reach

MAX_NODES = 5_000

Place = tuple[str, str]


def read_lineage(
    stores: Stores,
    entity: str,
    project: str,
    *,
    detail: Detail = "types",
    root: str | None = None,
    direction: Direction = "both",
    depth: int | None = None,
    limit: int = MAX_NODES,
    may_read: MayRead = everything,
) -> Graph:
    """The graph of a project, or with `root` (a node id; an alias may stand for the version) what lies up- or
    downstream of it, at most `depth` edges away.

    Types and collections of a whole project are counted by the database. Of instances at most `limit` nodes are
    given, those nearest to the root or else the newest; then `truncated` is set, and `total` counts all of them
    (with a root: those found so far). Raises ProjectNotFound, RunNotFound, ArtifactNotFound, ValueInvalid.
    """
    if not 1 <= limit <= MAX_NODES:
        raise ValueInvalid(f"A graph shows 1 to {MAX_NODES:,} nodes, not {limit}.")
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
        seen = {key for key, *place in rows.edges.projects(home) if key == home or may_read(*place)}
        if root is not None and root.partition(":")[0] in ("run", "artifact"):
            return group_nodes(_around(rows, (entity, project), root, direction, depth, limit, may_read), detail)
        if detail == "instances":
            if root is not None:
                raise ValueInvalid(f"{root!r} is not a run or a version.", advice="Write run:<id> or artifact:name:v3.")
            return _newest(rows, home, (entity, project), seen, limit)
        groups = _groups(rows, home, (entity, project), seen, by_name=detail == "collections")
    return groups if root is None else _near(groups, root, direction, depth)


# Instances


def _newest(rows: Rows, home: int, place: Place, seen: Collection[int], limit: int) -> Graph:
    runs: set[int] = set()
    versions: set[int] = set()
    edges = rows.edges.newest(home, seen, limit * 4)
    for edge in edges:
        if len(runs | {edge.run}) + len(versions | {edge.version}) > limit:
            break
        runs.add(edge.run)
        versions.add(edge.version)
    total = rows.edges.count_nodes(home, seen)
    return _drawn(rows, place, runs, versions, edges, total)


def _around(
    rows: Rows, place: Place, root: str, direction: Direction, depth: int | None, limit: int, may_read: MayRead
) -> Graph:
    """Walk from the root level by level, over the borders of projects, until `limit` nodes are found."""
    start = _root(rows, place, root)
    found: dict[tuple[str, int], None] = {start: None}
    edges: dict[StoredEdge, None] = {}
    hidden: set[tuple[str, int]] = set()
    more = False
    for way in ("up", "down") if direction == "both" else (direction,):
        front, distance, visited = [start], 0, {start}
        while front and (depth is None or distance < depth):
            distance += 1
            fresh: dict[tuple[str, int], None] = {}
            for edge, there in _next(rows, front, way):
                if there not in visited:
                    fresh[there] = None
                edges[edge] = None
            hidden |= _hidden(rows, [node for node in fresh if node not in hidden], place, may_read)
            front = [node for node in fresh if node not in hidden]
            visited.update(front)
            new = [node for node in front if node not in found]
            if len(found) + len(new) > limit:
                more = True
                new = new[: limit - len(found)]
                found.update(dict.fromkeys(new))
                break
            found.update(dict.fromkeys(new))
    runs = {key for kind, key in found if kind == "run"}
    versions = {key for kind, key in found if kind == "version"}
    total = len(found) + 1 if more else len(found)
    return _drawn(rows, place, runs, versions, edges, total)


def _root(rows: Rows, place: Place, root: str) -> tuple[str, int]:
    kind, _, name = root.partition(":")
    (entity, project), name = _split(place, name)
    if kind == "run":
        return "run", run_key(rows, entity, project, name)[1]
    collection, _, pointer = name.partition(":")
    return "version", find_version(rows, entity, project, collection, pointer or "latest").key


def _split(place: Place, name: str) -> tuple[Place, str]:
    parts = name.split("/")
    return ((parts[0], parts[1]), parts[2]) if len(parts) == 3 else (place, name)


def _next(rows: Rows, front: Sequence[tuple[str, int]], way: str) -> Iterable[tuple[StoredEdge, tuple[str, int]]]:
    into_run: EdgeRole = "used" if way == "up" else "made"
    into_version: EdgeRole = "made" if way == "up" else "used"
    for edge in rows.edges.at_runs([key for kind, key in front if kind == "run"], into_run):
        yield edge, ("version", edge.version)
    for edge in rows.edges.at_versions([key for kind, key in front if kind == "version"], into_version):
        yield edge, ("run", edge.run)


def _hidden(rows: Rows, nodes: Sequence[tuple[str, int]], place: Place, may_read: MayRead) -> set[tuple[str, int]]:
    if may_read is everything:
        return set()
    homes: dict[tuple[str, int], Place] = {}
    for run in rows.edges.run_ends([key for kind, key in nodes if kind == "run"]):
        homes["run", run.key] = (run.entity, run.project)
    for version in rows.edges.version_ends([key for kind, key in nodes if kind == "version"]):
        homes["version", version.key] = (version.entity, version.project)
    allowed = {home: home == place or may_read(*home) for home in set(homes.values())}
    return {node for node, home in homes.items() if not allowed[home]}


def _drawn(
    rows: Rows, place: Place, runs: set[int], versions: set[int], edges: Iterable[StoredEdge], total: int
) -> Graph:
    run_nodes = {run.key: _run_node(run, place) for run in rows.edges.run_ends(sorted(runs))}
    version_nodes = {v.key: _version_node(v, place) for v in rows.edges.version_ends(sorted(versions))}
    nodes = sorted([*run_nodes.values(), *version_nodes.values()], key=lambda node: (node.time, node.id))
    drawn = [
        _edge(run_nodes[edge.run].id, version_nodes[edge.version].id, edge.role, step=edge.step)
        for edge in edges
        if edge.run in run_nodes and edge.version in version_nodes
    ]
    drawn.sort(key=lambda edge: (edge.source, edge.target))
    return Graph(tuple(nodes), tuple(drawn), total > len(nodes), total)


def _run_node(run: RunEnd, place: Place) -> Node:
    kind = run.job_type or NO_JOB
    home = _prefix(place, run.entity, run.project)
    label = f"{kind}:{home}{run.name}"
    return Node(f"run:{home}{run.id}", "run", kind, run.name, label, run.created_at, state=run.state)


def _version_node(version: VersionEnd, place: Place) -> Node:
    name = _prefix(place, version.entity, version.project) + version.name
    number = f"v{version.number}"
    return Node(
        id=f"artifact:{name}:{number}",
        kind="artifact",
        type=version.type,
        name=name,
        label=f"{version.type}:{name}:{number}",
        time=version.created_at,
        version=number,
        aliases=version.aliases,
    )


def _prefix(place: Place, entity: str, project: str) -> str:
    return "" if place == (entity, project) else f"{entity}/{project}/"


def _edge(run: str, artifact: str, role: EdgeRole, count: int = 1, step: int | None = None) -> Edge:
    source, target = (run, artifact) if role == "made" else (artifact, run)
    return Edge(source, target, role, count, step)


# Groups


def _groups(rows: Rows, home: int, place: Place, seen: Collection[int], *, by_name: bool) -> Graph:
    nodes = [
        *(_job_node(row) for row in rows.edges.grouped_runs(home, seen)),
        *(_artifact_group(row, place, by_name) for row in rows.edges.grouped_versions(home, seen, by_name)),
    ]
    nodes.sort(key=lambda node: (node.time, node.id))
    edges = []
    for row in rows.edges.grouped(home, seen, by_name):
        job, artifact = f"job:{row.job}", _group_id(row, place, by_name)
        edges.append(_edge(job, artifact, row.role, row.count))
    edges.sort(key=lambda edge: (edge.source, edge.target))
    return Graph(tuple(nodes), tuple(edges), False, len(nodes))


def _job_node(row: Any) -> Node:
    return Node(f"job:{row.job}", "run", row.job, row.job, row.job, row.first, count=row.count)


def _artifact_group(row: Any, place: Place, by_name: bool) -> Node:
    name = _prefix(place, row.entity, row.project) + row.name if by_name else row.type
    return Node(_group_id(row, place, by_name), "artifact", row.type, name, name, row.first, count=row.count)


def _group_id(row: Any, place: Place, by_name: bool) -> str:
    return f"collection:{_prefix(place, row.entity, row.project)}{row.name}" if by_name else f"type:{row.type}"


def _near(graph: Graph, root: str, direction: Direction, depth: int | None) -> Graph:
    if all(node.id != root for node in graph.nodes):
        raise ValueInvalid(f"There is no node {root!r} in this graph.")
    near = reach(graph.edges, root, direction, depth)
    nodes = tuple(node for node in graph.nodes if node.id in near)
    edges = tuple(edge for edge in graph.edges if edge.source in near and edge.target in near)
    return Graph(nodes, edges, False, len(nodes))
