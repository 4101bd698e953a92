"""Reports and custom charts: documents that we keep as their writer sent them."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType, QueryType

from museion.catalog.sql import plain
from museion.catalog.wandb import Report
from museion.errors import NotFound, ValueInvalid
from museion.model.names import new_run_id
from museion.wandb_wire import ids
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import ProjectNode, context, project_row
from museion.wandb_wire.nouns.plain import plain_fields
from museion.wandb_wire.nouns.projects import ensure_project
from museion.wandb_wire.nouns.viewer import UserNode, user_named
from museion.wandb_wire.pages import connection, size

MAX_SPEC = 8 << 20
TYPES = ("runs", "runs/draft", "project-view", "sweep-view", "run-view", "group-view")


@dataclass(frozen=True, slots=True)
class ReportNode:
    """A report where somebody asks for it."""

    asked: Asked
    report: Report

    @property
    def id(self) -> str:
        return ids.seal("View", self.report.key)


query, mutation = QueryType(), MutationType()
project_type, view_type = ObjectType("Project"), ObjectType("View")


@query.field("view")
def resolve_view(_: Any, info: Any, id: str) -> ReportNode | None:  # noqa: A002
    asked = context(info)
    found = _readable(asked, id)
    return None if found is None else ReportNode(asked, found)


@project_type.field("allViews")
def resolve_views(
    project: ProjectNode,
    info: Any,
    viewType: str | None = None,  # noqa: N803
    viewName: str | None = None,  # noqa: N803
    first: int | None = None,
    after: str | None = None,
) -> dict[str, Any]:
    asked, limit = context(info), size(first)
    start = int(after) if after and after.isdecimal() and len(after) < 19 else None
    with asked.stores.catalog.reading() as rows:
        found = rows.reports.page(project.key, viewType, viewName or None, start, limit + 1)
    nodes = [ReportNode(asked, report) for report in found[:limit]]
    return connection(nodes, more=len(found) > limit, cursor=lambda node: str(node.report.key))


_FIELDS = {
    "name": "name",
    "type": "type",
    "displayName": "display_name",
    "description": "description",
    "spec": "spec",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}

plain_fields(view_type, "report", _FIELDS)


@view_type.field("user")
def resolve_user(node: ReportNode, _: Any) -> UserNode | None:
    name = node.report.user
    with node.asked.stores.catalog.reading() as rows:
        return None if name is None else user_named(rows, name) or UserNode(name)


@view_type.field("project")
def resolve_project(node: ReportNode, _: Any) -> ProjectNode | None:
    with node.asked.stores.catalog.reading() as rows:
        return project_row(rows, node.report.project)


@mutation.field("upsertView")
def resolve_upsert(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Keep a report, or change one. What its spec says is the writer's and the reader's affair."""
    asked = context(info)
    fields = {
        "name": plain(input.get("name"), "name", 1_000),
        "type": input.get("type"),
        "display_name": plain(input.get("displayName"), "title", 1_000),
        "description": plain(input.get("description"), "description"),
        "spec": plain(input.get("spec"), "spec", MAX_SPEC),
    }
    if fields["type"] is not None and fields["type"] not in TYPES:
        raise ValueInvalid(f"There is no view of the type {fields['type']!r:.80}.")
    given = {name: value for name, value in fields.items() if value is not None}
    known = input.get("id")
    report = _change(asked, known, given) if known else _make(asked, input, given)
    asked.changed = True
    return {"view": ReportNode(asked, report), "inserted": not known}


def _make(asked: Asked, said: Mapping[str, Any], fields: dict[str, Any]) -> Report:
    home, _ = ensure_project(asked, asked.named(said.get("entityName")), said.get("projectName") or "uncategorized")
    row = {"name": new_run_id(secrets.choice), "type": "runs", "spec": "{}", "user": asked.who.name, **fields}
    with asked.stores.catalog.transaction() as rows:
        return rows.reports.add(home.key, row, asked.stores.clock())


def _change(asked: Asked, known: str, fields: dict[str, Any]) -> Report:
    found = _writable(asked, known)
    with asked.stores.catalog.transaction() as rows:
        rows.reports.change(found.key, **fields, updated_at=asked.stores.clock())
        return rows.reports.get(found.key) or found


def _readable(asked: Asked, global_id: str) -> Report | None:
    key = ids.unseal("View", global_id)
    with asked.stores.catalog.reading() as rows:
        found = None if key is None else rows.reports.get(key)
        place = None if found is None else project_row(rows, found.project)
    return found if place is not None and asked.may("read", place.entity) else None


def _writable(asked: Asked, global_id: str) -> Report:
    found = _readable(asked, global_id)
    if found is None:
        raise NotFound("There is no such view.")
    with asked.stores.catalog.reading() as rows:
        place = project_row(rows, found.project)
    asked.demand("write", place.entity if place else "")
    return found


@mutation.field("deleteView")
def resolve_delete(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    found = _writable(asked, input["id"])
    with asked.stores.catalog.transaction() as rows:
        rows.reports.delete(found.key)
    asked.changed = True
    return {"success": True}


@mutation.field("createCustomChart")
def resolve_chart(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Keep a chart's spec under its name in the entity."""
    asked = context(info)
    asked.demand("write", input["entity"])
    fields = {
        "entity": input["entity"],
        "name": plain(input["name"], "name", 1_000),
        "display_name": plain(input["displayName"], "title", 1_000),
        "type": plain(input["type"], "type", 100),
        "access": plain(input["access"], "access", 100),
        "spec": plain(input["spec"], "spec", MAX_SPEC),
        "user": asked.who.name,
        "updated_at": asked.stores.clock(),
    }
    with asked.stores.catalog.transaction() as rows:
        return {"chart": {"id": ids.seal("Chart", rows.reports.put_chart(fields))}}


BINDABLES = (query, mutation, project_type, view_type)
