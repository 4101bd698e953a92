"""The graph between runs and artifacts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from museion.actions import read_lineage as actions
from museion.model.lineage import Detail, Direction
from museion.server.context import Asked
from museion.server.doors import PROJECT, Door
from museion.server.schemas import EdgeOut, GraphOut, NodeOut


def read_graph(
    here: Asked,
    entity: str,
    project: str,
    detail: Detail = "types",
    root: Annotated[str | None, Query(max_length=512)] = None,
    direction: Annotated[Direction, Query(alias="dir")] = "both",
    depth: Annotated[int | None, Query(ge=0, le=10_000)] = None,
    limit: Annotated[int, Query(ge=1, le=actions.MAX_NODES)] = actions.MAX_NODES,
) -> GraphOut:
    """Nodes and edges of a project, or of what lies up- or downstream of `root` (a node's id)."""
    found = actions.read_lineage(
        here.stores,
        entity,
        project,
        detail=detail,
        root=root,
        direction=direction,
        depth=depth,
        limit=limit,
        may_read=here.caller.may_read,
    )
    nodes = [NodeOut.model_validate(node) for node in found.nodes]
    edges = [EdgeOut.model_validate(edge) for edge in found.edges]
    return GraphOut(nodes=nodes, edges=edges, truncated=found.truncated, total=found.total)


DOORS = [Door("GET", PROJECT + "/graph", read_graph, "read", "lineage")]
