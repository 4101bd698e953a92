"""Users and their keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping

from museion.actions.stores import Stores
from museion.catalog.users import ROLES, Role, User
from museion.errors import NotFound, Unauthenticated, ValueInvalid
from museion.model.names import check_name

KEY_BYTES = 32
MIN_KEY = 32
"""Characters a key brought from outside must have: it has to be one nobody can guess."""


def create_user(stores: Stores, name: str, roles: Mapping[str, Role]) -> User:
    """The user of this name, made if not there, with these roles (entity → role) given; others stay."""
    check_name(name, "user name")
    for entity, role in roles.items():
        check_name(entity, "entity")
        if role not in ROLES:
            raise ValueInvalid(f"There is no role {role!r}.", advice=f"Use one of {', '.join(ROLES)}.")
    with stores.catalog.transaction() as rows:
        key = rows.users.ensure(name, stores.clock())
        for entity, role in roles.items():
            rows.users.give(key, entity, role)
        return rows.users.get(key)


def create_key(
    stores: Stores, user: str, *, secret: str | None = None, choose: Callable[[int], str] = secrets.token_hex
) -> str:
    """A fresh API key for the user, or the `secret` given; this is the only time it can be seen. Raises NotFound."""
    if secret is not None and len(secret) < MIN_KEY:
        raise ValueInvalid(f"An API key has at least {MIN_KEY} characters.")
    key = secret or f"mus_{choose(KEY_BYTES)}"
    with stores.catalog.transaction() as rows:
        owner = rows.users.key(user)
        if owner is None:
            raise NotFound(f"There is no user {user!r}.", advice="Make the account first: `museion user add`.")
        rows.api_keys.add(owner, key, stores.clock())
    return key


def revoke_key(stores: Stores, secret: str) -> None:
    """Let the key open nothing any more."""
    with stores.catalog.transaction() as rows:
        rows.api_keys.revoke(secret)


def authenticate(stores: Stores, secret: str) -> User:
    """Whose key this is; raises Unauthenticated."""
    with stores.catalog.reading() as rows:
        owner = rows.api_keys.owner(secret)
        if owner is None:
            raise Unauthenticated("The API key is not one this server knows.")
        return rows.users.get(owner)
