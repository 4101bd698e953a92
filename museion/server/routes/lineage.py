"""Who made and used what: the graph, how far a version reaches, and what is out of date."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from museion.actions.read_lineage import read_lineage
from museion.actions.read_reach import read_freshness, read_reach
from museion.catalog.reach import Way
from museion.model.lineage import Detail, Direction
from museion.server.context import LARGEST, Asked, Count, Text
from museion.server.doors import PROJECT, VERSION, Door
from museion.server.schemas import FreshnessOut, GraphOut, ReachedOut


def read_graph(
    here: Asked,
    entity: str,
    project: str,
    detail: Detail = "types",
    root: Text | None = None,
    dir: Direction = "both",  # noqa: A002  (the field's name in the API)
    depth: Annotated[int | None, Query(ge=0, le=LARGEST)] = None,
    limit: Count = 3_000,
) -> GraphOut:
    """Runs and versions, and who made and used what; by types, by collections, or every one."""
    graph = read_lineage(
        here.stores,
        entity,
        project,
        detail=detail,
        root=root or None,
        direction=dir,
        depth=depth,
        limit=limit,
        may_read=here.may_read,
    )
    return GraphOut.model_validate(graph)


def read_upstream(here: Asked, entity: str, project: str, name: str, pointer: str, limit: Count = 1_000) -> ReachedOut:
    """Everything the version depends on, to any depth, counted by type."""
    return _reach(here, entity, project, name, pointer, "up", limit)


def read_downstream(
    here: Asked, entity: str, project: str, name: str, pointer: str, limit: Count = 1_000
) -> ReachedOut:
    """Everything that was made of the version, to any depth, counted by type."""
    return _reach(here, entity, project, name, pointer, "down", limit)


def _reach(here: Asked, entity: str, project: str, name: str, pointer: str, way: Way, limit: int) -> ReachedOut:
    found = read_reach(here.stores, entity, project, name, pointer, way, limit=limit, may_read=here.may_read)
    return ReachedOut.model_validate(found, from_attributes=True)


def read_stale_inputs(
    here: Asked, entity: str, project: str, name: str, pointer: str, limit: Count = 1_000
) -> FreshnessOut:
    """What the version depends on, at any depth, that has a newer version by now."""
    found = read_freshness(here.stores, entity, project, name, pointer, limit=limit, may_read=here.may_read)
    return FreshnessOut.model_validate(found, from_attributes=True)


def read_stale(here: Asked, entity: str, project: str, limit: Count = 1_000) -> FreshnessOut:
    """The newest versions of a project's collections that depend on something of which there is a newer version."""
    found = read_freshness(here.stores, entity, project, limit=limit, may_read=here.may_read)
    return FreshnessOut.model_validate(found, from_attributes=True)


DOORS = (
    Door("GET", f"{PROJECT}/graph", read_graph, "read", "graph"),
    Door("GET", f"{VERSION}/upstream", read_upstream, "read", "graph"),
    Door("GET", f"{VERSION}/downstream", read_downstream, "read", "graph"),
    Door("GET", f"{VERSION}/stale", read_stale_inputs, "read", "graph"),
    Door("GET", f"{PROJECT}/stale", read_stale, "read", "graph"),
)
