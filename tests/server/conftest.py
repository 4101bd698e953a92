"""The real app on real stores in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.roots import new_root
from support.server import LOCAL_KEY, ROLES, Clock, Site, TestClient

from museion.actions.stores import Stores, open_stores
from museion.actions.users import create_key, create_user
from museion.server.app import create_app
from museion.server.settings import Settings


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def stores(tmp_path: Path, clock: Clock) -> Iterator[Stores]:
    stores = open_stores(new_root(tmp_path / "root"), clock=clock)
    yield stores
    stores.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "root", b"s" * 32, local_key=LOCAL_KEY)


@pytest.fixture
def site(stores: Stores, settings: Settings, clock: Clock, tmp_path: Path) -> Site:
    site = Site(create_app(stores, settings), stores, clock, tmp_path / "root")
    for role in ROLES:
        create_user(stores, role, {"ada": role})
        site.keys[role] = create_key(stores, role)
    create_user(stores, "stranger", {"eve": "admin"})
    site.keys["stranger"] = create_key(stores, "stranger")
    create_user(stores, "local", {"*": "admin"})
    site.keys["local"] = create_key(stores, "local", secret=LOCAL_KEY)
    return site


@pytest.fixture
def member(site: Site) -> TestClient:
    return site.client("member")
