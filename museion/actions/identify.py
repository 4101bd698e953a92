"""Know a caller by the hash of the API key: sessions remember the hash, never the key itself."""

from __future__ import annotations

import hashlib

from sqlalchemy import select

from museion.actions.stores import Stores
from museion.catalog import tables as t
from museion.catalog.users import User
from museion.errors import Unauthenticated


def key_hash(secret: str) -> bytes:
    """The hash under which the catalog knows an API key (see `museion.catalog.users.ApiKeys`)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def identify(stores: Stores, digest: bytes) -> User:
    """Whose key has this hash; raises Unauthenticated, also for a key revoked since."""
    with stores.catalog.reading() as rows:
        owner = rows.connection.execute(select(t.api_key.c.user).where(t.api_key.c.hash == digest)).scalar()
        if owner is None:
            raise Unauthenticated("The API key is not one this server knows.")
        return rows.users.get(owner)


def has_accounts(stores: Stores, besides: str) -> bool:
    """Whether there is any user with a key besides this one."""
    wanted = select(t.api_key.c.user).join(t.user, t.user.c.key == t.api_key.c.user).where(t.user.c.name != besides)
    with stores.catalog.reading() as rows:
        return rows.connection.execute(wanted.limit(1)).scalar() is not None
