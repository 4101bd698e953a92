"""People, what they may do where, and their API keys."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from sqlalchemy import Connection, delete, select

from museion.catalog import tables as t
from museion.catalog.sql import upsert

Role = Literal["viewer", "member", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most allowed."""


@dataclass(frozen=True, slots=True)
class User:
    """A person or a machine with its role in each entity it belongs to."""

    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)


class Users:
    """The tables `user` and `member`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def ensure(self, name: str, now: float) -> int:
        """The key of the user of this name, who is made if not there."""
        self._sql.execute(upsert(self._sql, t.user).values(name=name, created_at=now).on_conflict_do_nothing())
        return int(self._sql.execute(select(t.user.c.key).where(t.user.c.name == name)).scalar_one())

    def key(self, name: str) -> int | None:
        return self._sql.execute(select(t.user.c.key).where(t.user.c.name == name)).scalar()

    def give(self, user: int, entity: str, role: Role) -> None:
        """Make `role` the user's one role in `entity`."""
        put = upsert(self._sql, t.member).values(user=user, entity=entity, role=role)
        self._sql.execute(put.on_conflict_do_update(index_elements=["user", "entity"], set_={"role": role}))

    def get(self, key: int) -> User:
        name = self._sql.execute(select(t.user.c.name).where(t.user.c.key == key)).scalar_one()
        m = t.member.c
        roles = self._sql.execute(select(m.entity, m.role).where(m.user == key).order_by(m.entity))
        return User(name, dict(roles.all()))


class ApiKeys:
    """The table `api_key`.

    Only the SHA-256 of a key is stored. A slow password hash (argon2) is for secrets people choose, which can be
    guessed; a key is 256 random bits, so nobody can search for it, and every request has to check one quickly.
    The lookup by hash is by index: what its timing could tell is about the hash, which says nothing about the key.
    """

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, user: int, secret: str, now: float) -> None:
        """Let `secret` stand for `user`; adding it again is no news."""
        row = {"user": user, "hash": _hash(secret), "hint": secret[:4] + "…" + secret[-2:], "created_at": now}
        self._sql.execute(upsert(self._sql, t.api_key).values(row).on_conflict_do_nothing())

    def owner(self, secret: str) -> int | None:
        """The key of the user whom `secret` stands for."""
        return self._sql.execute(select(t.api_key.c.user).where(t.api_key.c.hash == _hash(secret))).scalar()

    def revoke(self, secret: str) -> None:
        self._sql.execute(delete(t.api_key).where(t.api_key.c.hash == _hash(secret)))


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
