"""The transport that settings ask for: a server by its URL, or the one of this user on this machine."""

from __future__ import annotations

from pathlib import Path

from museion.errors import ServerUnreachable
from museion.sdk.localserver import LocalServer, find_or_start
from museion.sdk.settings import Settings
from museion.sdk.transport import Ask, HttpTransport, Reply

LOCAL = "local"


class LocalTransport(HttpTransport):
    """Speaks to the local server; starts it where it does not run, also again in the middle."""

    def __init__(self, home: Path) -> None:
        self._home = home
        server = find_or_start(home)
        super().__init__(server.url, server.key)

    def _answer(self, ask: Ask) -> Reply:
        try:
            return super()._answer(ask)
        except ServerUnreachable:
            if not ask.again or not self._follow(find_or_start(self._home)):
                raise
        return super()._answer(ask)

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
