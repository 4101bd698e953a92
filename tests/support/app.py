"""A server's app over real stores, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.roots import new_root

from museion.sdk.transport import AppTransport

KEY = "k" * 40


class CountedTransport(AppTransport):
    """Remembers what was asked."""

    def __init__(self, app: Any, key: str) -> None:
        super().__init__(app, key)
        self.asked: list[tuple[str, str]] = []

    def request(self, method: str, path: str, **options: Any) -> Any:
        self.asked.append((method, path))
        return super().request(method, path, **options)


@contextmanager
def fresh_server(root: Path, key: str = KEY, storage: str | None = None) -> Iterator[CountedTransport]:
    """A transport to a new server under `root`, as the user `me` who may do everything."""
    from museion.actions.stores import open_stores
    from museion.actions.users import create_key, create_user
    from museion.server.app import create_app
    from museion.server.auth import EVERYWHERE
    from museion.server.settings import Settings

    stores = open_stores(new_root(root), None, storage=storage)
    create_user(stores, "me", {"me": "admin", EVERYWHERE: "admin"})
    create_key(stores, "me", secret=key)
    settings = Settings(root=root, secret=b"s" * 32, local_key=key, hosts=("app",))
    transport = CountedTransport(create_app(stores, settings), key)
    try:
        yield transport
    finally:
        transport.close()
        stores.close()
