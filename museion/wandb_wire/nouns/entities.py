"""Entities: the space of a user or of a team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from sqlalchemy import func, select

from museion.actions.users import create_user
from museion.catalog import tables as t
from museion.catalog.catalog import Rows
from museion.catalog.users import Role
from museion.errors import Forbidden, NotFound, ValueInvalid
from museion.model.names import check_name
from museion.wandb_wire import ids
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import ProjectNode, context, find_project
from museion.wandb_wire.nouns.viewer import UserNode, user_named


@dataclass(frozen=True, slots=True)
class EntityNode:
    """An entity is a name: it has no row of its own. `organization` if it is looked at as one."""

    name: str
    organization: bool = False


query, mutation = QueryType(), MutationType()
entity_type = ObjectType("Entity")


def known(rows: Rows, name: str) -> bool:
    """Whether anybody or anything is in this entity."""
    tables = ((t.user, t.user.c.name), (t.member, t.member.c.entity), (t.project, t.project.c.entity))
    look = (select(func.count()).select_from(table).where(column == name) for table, column in tables)
    return any(rows.connection.execute(one).scalar_one() for one in look)


@query.field("entity")
def resolve_entity(_: Any, info: Any, name: str | None = None) -> EntityNode | None:
    asked = context(info)
    wanted = asked.named(name)
    if not asked.may("read", wanted):
        return None
    with asked.stores.catalog.reading() as rows:
        return EntityNode(wanted) if wanted == asked.entity or known(rows, wanted) else None


@query.field("organization")
def resolve_organization(_: Any, info: Any, name: str) -> dict[str, Any] | None:
    """Every entity is an organisation of its own, which holds its registries: clients look for these there."""
    found = resolve_entity(None, info, name)
    return None if found is None else organization(found)


@entity_type.field("organization")
def resolve_own_organization(entity: EntityNode, _: Any) -> dict[str, Any]:
    return organization(entity)


def organization(entity: EntityNode) -> dict[str, Any]:
    """The organisation that an entity is."""
    own = EntityNode(entity.name, organization=True)
    return {"id": ids.seal_name("Organization", entity.name), "name": entity.name, "orgEntity": own, "featureFlags": []}


@entity_type.field("id")
def resolve_id(entity: EntityNode, _: Any) -> str:
    return ids.seal_name("Entity", entity.name)


@entity_type.field("isTeam")
def resolve_is_team(entity: EntityNode, info: Any) -> bool:
    with context(info).stores.catalog.reading() as rows:
        return rows.users.key(entity.name) is None


@entity_type.field("entityType")
def resolve_type(entity: EntityNode, info: Any) -> str:
    if entity.organization:
        return "organization"
    return "team" if resolve_is_team(entity, info) else "user"


@entity_type.field("user")
def resolve_user(entity: EntityNode, info: Any) -> UserNode | None:
    with context(info).stores.catalog.reading() as rows:
        return user_named(rows, entity.name)


@entity_type.field("readOnly")
def resolve_read_only(entity: EntityNode, info: Any) -> bool:
    return not context(info).may("write", entity.name)


@entity_type.field("project")
def resolve_project(entity: EntityNode, info: Any, name: str | None = None) -> ProjectNode | None:
    return find_project(context(info), entity.name, name)


@entity_type.field("storageBytes")
def resolve_storage(entity: EntityNode, info: Any) -> int:
    with context(info).stores.catalog.reading() as rows:
        return sum(project.size for project in rows.projects.search([entity.name]))


def _always(field: str, value: Any) -> None:
    entity_type.set_field(field, lambda *_: value)


for _field, _value in {
    "available": False,
    "readOnlyAdmin": False,
    "privateOnly": False,
    "codeSavingEnabled": True,
    "defaultAccess": "PRIVATE",
    "isPaid": True,
    "xxhashDigestsEnabled": True,
}.items():
    _always(_field, _value)


@entity_type.field("members")
def resolve_members(entity: EntityNode, info: Any) -> list[dict[str, Any]]:
    m, u = t.member.c, t.user.c
    wanted = select(u.key, u.name, m.role).join_from(t.member, t.user, m.user == u.key).where(m.entity == entity.name)
    with context(info).stores.catalog.reading() as rows:
        found = [(row.key, row.name, row.role) for row in rows.connection.execute(wanted.order_by(u.name))]
        if not any(name == entity.name for _, name, _ in found) and (own := rows.users.key(entity.name)):
            found = [(own, entity.name, "admin"), *found]
    return [_member(*row) for row in found]


def _member(key: int, name: str, role: str) -> dict[str, Any]:
    return {
        "id": ids.seal("User", key),
        "name": name,
        "username": name,
        "email": "",
        "admin": role == "admin",
        "role": role,
        "pending": False,
        "accountType": "USER",
    }


@mutation.field("createTeam")
def resolve_create_team(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """A team with one admin: the caller, or whom an admin of the server names."""
    asked = context(info)
    name, admin = check_name(input["teamName"], "team"), input.get("teamAdminUserName") or asked.who.name
    if admin != asked.who.name and not asked.who.everywhere:
        raise Forbidden("Only an admin of the server makes teams for others.")
    with asked.stores.catalog.reading() as rows:
        if known(rows, name) or rows.users.key(admin) is None:
            raise ValueInvalid(f"The team {name!r} cannot be made: the name is taken, or there is no user {admin!r}.")
    create_user(asked.stores, admin, {name: "admin"})
    return {"entity": EntityNode(name)}


@mutation.field("createInvite")
def resolve_invite(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Make a user of this server a member, at once: no mail is sent."""
    asked, entity = context(info), input["entityName"]
    asked.demand("admin", entity)
    name = input.get("username") or str(input.get("email") or "").partition("@")[0]
    role: Role = "admin" if input.get("admin") else "member"
    with asked.stores.catalog.reading() as rows:
        user = user_named(rows, name)
    if user is None:
        raise NotFound(f"There is no user {name!r}.", advice="Make the account first: `museion user add`.")
    create_user(asked.stores, name, {entity: role})
    return {
        "invite": {"id": ids.seal("User", user.key), "name": name, "toUser": user, "createdAt": asked.stores.clock()}
    }


@mutation.field("deleteInvite")
def resolve_delete_invite(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Take a member out of a team."""
    asked, entity = context(info), asked_entity(info, input.get("entityName"))
    key = ids.unseal("User", input.get("id"))
    with asked.stores.catalog.transaction() as rows:
        here = (t.member.c.entity == entity, t.member.c.user == (key or 0))
        gone = rows.connection.execute(t.member.delete().where(*here))
    return {"success": bool(gone.rowcount)}


def asked_entity(info: Any, name: str | None) -> str:
    """The entity to be administered; raises Forbidden."""
    asked: Asked = context(info)
    entity = asked.named(name)
    asked.demand("admin", entity)
    return entity


@mutation.field("createServiceAccount")
def resolve_service_account(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """An account that belongs to a team alone; `museion user key` makes its key."""
    asked, entity = context(info), asked_entity(info, input["entityName"])
    name = check_name(input["description"], "service account")
    with asked.stores.catalog.reading() as rows:
        if rows.users.key(name) is not None:
            raise ValueInvalid(f"There is a user {name!r} already.")
    create_user(asked.stores, name, {entity: "member"})
    with asked.stores.catalog.reading() as rows:
        return {"user": user_named(rows, name)}


BINDABLES = (query, mutation, entity_type)
