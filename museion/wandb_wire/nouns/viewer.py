"""Users, their teams and keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ariadne import MutationType, ObjectType, QueryType
from sqlalchemy import select

from museion.actions.users import create_key, create_user
from museion.catalog import tables as t
from museion.catalog.catalog import Rows
from museion.errors import Forbidden, ValueInvalid
from museion.model.names import check_name
from museion.wandb_wire import ids
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import context
from museion.wandb_wire.pages import connection

EVERYWHERE = "*"
MAX_USERS = 200


@dataclass(frozen=True, slots=True)
class UserNode:
    """A user; of one who is gone, the name alone."""

    name: str
    key: int = 0
    roles: Mapping[str, Any] = field(default_factory=dict)

    @property
    def entity(self) -> str:
        if self.name in self.roles or EVERYWHERE in self.roles or not self.roles:
            return self.name
        return min(self.roles)

    @property
    def teams(self) -> list[str]:
        """The entities the user belongs to, the own one first."""
        return list(dict.fromkeys([self.entity, *sorted(set(self.roles) - {EVERYWHERE})]))


def user_named(rows: Rows, name: str) -> UserNode | None:
    """The user of this name."""
    key = rows.users.key(name)
    return None if key is None else UserNode(name, key, rows.users.get(key).roles)


def viewer(asked: Asked) -> UserNode:
    """Who asks."""
    with asked.stores.catalog.reading() as rows:
        return user_named(rows, asked.who.name) or UserNode(asked.who.name, 0, asked.who.roles)


query, mutation = QueryType(), MutationType()
user_type = ObjectType("User")


@query.field("viewer")
def resolve_viewer(_: Any, info: Any) -> UserNode:
    return viewer(context(info))


@query.field("user")
def resolve_user(_: Any, info: Any, userName: str | None = None) -> UserNode | None:  # noqa: N803
    found = _visible(context(info), userName)
    return found[0] if userName and found and found[0].name == userName else None


@query.field("users")
def resolve_users(_: Any, info: Any, query: str | None = None) -> dict[str, Any]:
    return connection(_visible(context(info), query))


def _visible(asked: Asked, name: str | None) -> list[UserNode]:
    """Users with whom the caller shares an entity; exact matches first. We know no e-mail addresses: a query that is
    one means the name before the @."""
    wanted = (name or "").partition("@")[0]
    mine = set(asked.entities() or ())
    with asked.stores.catalog.reading() as rows:
        names = rows.connection.execute(select(t.user.c.name).order_by(t.user.c.name)).scalars().all()
        chosen = [n for n in names if wanted.casefold() in n.casefold()][:MAX_USERS]
        found = [node for n in chosen if (node := user_named(rows, n)) is not None]
    if asked.entities() is not None:
        found = [node for node in found if mine & set(node.teams) or node.name == asked.who.name]
    return sorted(found, key=lambda node: (node.name != wanted, node.name))


@user_type.field("id")
def resolve_id(user: UserNode, _: Any) -> str:
    return ids.seal("User", user.key)


@user_type.field("username")
def resolve_username(user: UserNode, _: Any) -> str:
    return user.name


@user_type.field("email")
def resolve_email(user: UserNode, _: Any) -> str:
    """We keep no addresses; the client wants text."""
    return ""


@user_type.field("admin")
def resolve_admin(user: UserNode, _: Any) -> bool:
    return user.roles.get(EVERYWHERE) == "admin"


@user_type.field("flags")
def resolve_flags(user: UserNode, _: Any) -> str:
    return json.dumps({"code_saving_enabled": True})


@user_type.field("teams")
def resolve_teams(user: UserNode, info: Any) -> dict[str, Any]:
    from museion.wandb_wire.nouns.entities import EntityNode

    shown = user.teams if user.name == context(info).who.name else user.teams[:1]
    return connection([EntityNode(name) for name in shown])


@user_type.field("organizations")
def resolve_organizations(user: UserNode, _: Any) -> list[Any]:
    """Teams are not gathered into organisations here."""
    return []


@user_type.field("apiKeys")
def resolve_api_keys(user: UserNode, info: Any) -> dict[str, Any]:
    """The caller's own keys, by the hint we keep: of a key itself we know only its hash."""
    asked = context(info)
    if user.name != asked.who.name or not user.key:
        return connection([])
    k = t.api_key.c
    with asked.stores.catalog.reading() as rows:
        found = rows.connection.execute(select(k.key, k.hint).where(k.user == user.key).order_by(k.key)).all()
    return connection([{"id": ids.seal("ApiKey", key), "name": hint, "description": None} for key, hint in found])


@mutation.field("generateApiKey")
def resolve_generate_key(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """A fresh key of the caller's; this answer is the only one that shows it."""
    asked = context(info)
    secret = create_key(asked.stores, asked.who.name)
    with asked.stores.catalog.reading() as rows:
        newest = select(t.api_key.c.key).order_by(t.api_key.c.key.desc()).limit(1)
        key = int(rows.connection.execute(newest).scalar_one())
    return {"apiKey": {"id": ids.seal("ApiKey", key), "name": secret, "description": input.get("description")}}


@mutation.field("deleteApiKey")
def resolve_delete_key(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Revoke one of the caller's own keys."""
    asked, key = context(info), ids.unseal("ApiKey", input["id"])
    me = viewer(asked)
    with asked.stores.catalog.transaction() as rows:
        k = t.api_key.c
        gone = rows.connection.execute(t.api_key.delete().where(k.key == (key or 0), k.user == me.key))
    return {"success": bool(gone.rowcount)}


@mutation.field("createUser")
def resolve_create_user(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """An account under the name before the @ of the address; only an admin of the whole server makes one."""
    asked = context(info)
    if not asked.who.everywhere:
        raise Forbidden("Only an admin of the server makes accounts.")
    name = check_name(str(input["email"]).partition("@")[0], "user name")
    roles: dict[str, Any] = {name: "admin", **({EVERYWHERE: "admin"} if input.get("admin") else {})}
    with asked.stores.catalog.reading() as rows:
        if rows.users.key(name) is not None:
            raise ValueInvalid(f"There is a user {name!r} already.")
    create_user(asked.stores, name, roles)
    with asked.stores.catalog.reading() as rows:
        return {"user": user_named(rows, name)}


BINDABLES = (query, mutation, user_type)
