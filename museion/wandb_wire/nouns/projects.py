"""Projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from sqlalchemy import select, update

from museion.actions.projects import delete_project
from museion.catalog import tables as t
from museion.catalog.sql import plain
from museion.errors import ValueInvalid
from museion.model.names import check_name
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.entities import EntityNode
from museion.wandb_wire.nouns.lookup import ProjectNode, context, find_project, open_project, project_row
from museion.wandb_wire.nouns.viewer import UserNode, user_named, viewer
from museion.wandb_wire.pages import connection, size

query, mutation = QueryType(), MutationType()
project_type = ObjectType("Project")


@query.field("project")
@query.field("model")
def resolve_project(_: Any, info: Any, name: str | None = None, entityName: str | None = None) -> ProjectNode | None:  # noqa: N803
    return find_project(context(info), entityName, name)


@query.field("models")
def resolve_models(
    _: Any,
    info: Any,
    entityName: str | None = None,  # noqa: N803
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    asked = context(info)
    entity = asked.named(entityName)
    return projects_of(asked, entity, after, first)


def projects_of(asked: Asked, entity: str, after: str | None, first: int | None) -> dict[str, Any]:
    """Projects of an entity in order of name; the cursor is a name."""
    if not asked.may("read", entity):
        return connection([])
    p, limit = t.project.c, size(first)
    wanted = select(p.key).where(p.entity == entity, p.name > (after or "")).order_by(p.name).limit(limit + 1)
    with asked.stores.catalog.reading() as rows:
        keys = rows.connection.execute(wanted).scalars().all()
        found = [node for key in keys[:limit] if (node := project_row(rows, key)) is not None]
    return connection(found, more=len(keys) > limit, cursor=lambda node: node.name)


@project_type.field("internalId")
def resolve_internal_id(project: ProjectNode, _: Any) -> str:
    return str(project.key)


@project_type.field("entityName")
def resolve_entity_name(project: ProjectNode, _: Any) -> str:
    return project.entity


@project_type.field("entity")
def resolve_entity(project: ProjectNode, _: Any) -> EntityNode:
    return EntityNode(project.entity)


@project_type.field("createdAt")
def resolve_created_at(project: ProjectNode, _: Any) -> float:
    return project.created_at


@project_type.field("updatedAt")
def resolve_updated_at(project: ProjectNode, _: Any) -> float:
    return project.updated_at


@project_type.field("access")
def resolve_access(project: ProjectNode, _: Any) -> str:
    return "PRIVATE"


@project_type.field("views")
def resolve_views(project: ProjectNode, _: Any) -> str:
    return "{}"


@project_type.field("isBenchmark")
def resolve_is_benchmark(project: ProjectNode, _: Any) -> bool:
    return False


@project_type.field("readOnly")
def resolve_read_only(project: ProjectNode, info: Any) -> bool:
    return not context(info).may("write", project.entity)


@project_type.field("user")
def resolve_user(project: ProjectNode, info: Any) -> UserNode:
    """The entity's user; a team's projects count as the caller's."""
    asked = context(info)
    with asked.stores.catalog.reading() as rows:
        found = user_named(rows, project.entity)
    return found or viewer(asked)


@mutation.field("upsertModel")
def resolve_upsert(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Make a project, or change the description of one."""
    asked = context(info)
    description = plain(input.get("description"), "description")
    if input.get("id"):
        found, inserted = open_project(asked, input["id"], "write"), False
    else:
        found, inserted = ensure_project(asked, asked.named(input.get("entityName")), input.get("name") or "")
    if description is not None:
        with asked.stores.catalog.transaction() as rows:
            here = t.project.c.key == found.key
            rows.connection.execute(update(t.project).where(here).values(description=description))
            found = project_row(rows, found.key) or found
    asked.changed = True
    return {"project": found, "model": found, "inserted": inserted}


def ensure_project(asked: Asked, entity: str, name: str) -> tuple[ProjectNode, bool]:
    """The project, made if it is not there, and whether it was."""
    asked.demand("write", entity)
    check_name(entity, "entity")
    check_name(name, "project")
    with asked.stores.catalog.transaction() as rows:
        known = rows.projects.key(entity, name)
        found = project_row(rows, rows.projects.ensure(entity, name, asked.stores.clock()))
    if found is None:
        raise ValueInvalid(f"The project {entity}/{name} could not be made.")
    return found, known is None


@mutation.field("deleteModel")
def resolve_delete(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    found = open_project(asked, input["id"], "admin")
    delete_project(asked.stores, found.entity, found.name)
    asked.changed = True
    return {"success": True}


def place_of(asked: Asked, internal: Any) -> ProjectNode | None:
    """The project with this internal id, as `deleteFiles` names it."""
    key = int(internal) if str(internal).isdecimal() and len(str(internal)) < 19 else None
    return None if key is None else _readable(asked, key)


def _readable(asked: Asked, key: int) -> ProjectNode | None:
    with asked.stores.catalog.reading() as rows:
        found = project_row(rows, key)
    return found if found is not None and asked.may("read", found.entity) else None


BINDABLES = (query, mutation, project_type)
