"""The transport that settings ask for: a server by its URL, or the one of this user on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from museion.errors import ServerUnreachable
from museion.sdk.localserver import LocalServer, find_or_start
from museion.sdk.settings import Settings
from museion.sdk.transport import Body, HttpTransport, Query, Reply

LOCAL = "local"


class LocalTransport(HttpTransport):
    """Speaks to the local server; starts it where it does not run, also again in the middle."""

    def __init__(self, home: Path) -> None:
        self._home = home
        server = find_or_start(home)
        super().__init__(server.url, server.key)

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        timeout: float | None = None,
    ) -> Reply:
        def ask() -> Reply:
            return super(LocalTransport, self).request(
                method, path, query=query, json=json, body=body, headers=headers, stream=stream, timeout=timeout
            )

        try:
            return ask()
        except ServerUnreachable:
            if body is not None and not isinstance(body, (bytes, bytearray, memoryview)):
                raise
            if not self._follow(find_or_start(self._home)):
                raise
        return ask()

    def _follow(self, server: LocalServer) -> bool:
        """Turn to a server that was started anew; False if it is the one that did not answer."""
        changed = (server.url, server.key, server.pid) != (self.name, self.key, getattr(self, "_pid", None))
        self.name, self.key, self._pid = server.url, server.key, server.pid
        self.close()
        return changed


def connect(settings: Settings) -> HttpTransport:
    """A transport to the server that `settings` name; returns at once, whether or not the server answers."""
    if settings.base_url:
        return HttpTransport(settings.base_url, settings.api_key)
    return LocalTransport(settings.home)


def target(settings: Settings) -> str:
    """The word under which acknowledgements of this server are kept: its URL, or `local`."""
    return settings.base_url or LOCAL
