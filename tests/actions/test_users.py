"""Users and keys."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from museion.actions.users import authenticate, create_key, create_user, revoke_key
from museion.catalog import tables as t
from museion.errors import NameInvalid, NotFound, Unauthenticated, ValueInvalid


def test_a_key_opens_for_its_user_until_it_is_revoked(lab: Any) -> None:
    create_user(lab.stores, "ada", {"ada": "admin"})
    create_user(lab.stores, "ada", {"team": "viewer"})
    key = create_key(lab.stores, "ada")
    user = authenticate(lab.stores, key)
    assert (user.name, user.roles) == ("ada", {"ada": "admin", "team": "viewer"})
    revoke_key(lab.stores, key)
    with pytest.raises(Unauthenticated):
        authenticate(lab.stores, key)


def test_a_key_of_our_own_may_be_given_again(lab: Any) -> None:
    create_user(lab.stores, "ada", {})
    for _ in range(2):
        assert create_key(lab.stores, "ada", secret="k" * 43) == "k" * 43
    assert authenticate(lab.stores, "k" * 43).name == "ada"


@pytest.mark.parametrize("key", ["", "mus_", "\0", "\ud800", "x" * 10_000])
def test_a_wrong_key_opens_nothing(lab: Any, key: str) -> None:
    create_user(lab.stores, "ada", {})
    create_key(lab.stores, "ada")
    with pytest.raises(Unauthenticated):
        authenticate(lab.stores, key)


def test_the_database_does_not_know_the_key(lab: Any) -> None:
    create_user(lab.stores, "ada", {})
    key = create_key(lab.stores, "ada")
    with lab.stores.catalog.reading() as rows:
        stored = rows.connection.execute(select(t.api_key)).one()
    assert key not in str(stored)
    assert key.encode() not in stored.hash
    assert len(stored.hash) == 32


def test_two_keys_are_never_alike(lab: Any) -> None:
    create_user(lab.stores, "ada", {})
    assert len({create_key(lab.stores, "ada") for _ in range(20)}) == 20


def test_what_cannot_be_is_refused(lab: Any) -> None:
    with pytest.raises(NameInvalid):
        create_user(lab.stores, "a/b", {})
    with pytest.raises(ValueInvalid):
        create_user(lab.stores, "ada", {"ada": "owner"})
    with pytest.raises(NotFound):
        create_key(lab.stores, "nobody")
    create_user(lab.stores, "ada", {})
    with pytest.raises(ValueInvalid):
        create_key(lab.stores, "ada", secret="short")
