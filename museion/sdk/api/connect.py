"""The way to the server that this machine's settings name."""

from __future__ import annotations

from dataclasses import replace

from museion.sdk import localserver, settings
from museion.sdk.transport import TIMEOUT, HttpTransport


def connect(url: str | None = None, key: str | None = None, timeout: float | None = None) -> HttpTransport:
    """A transport to `url`, else to the configured server, else to this user's local server, started if need be."""
    found = settings.from_environment()
    if url and url.rstrip("/") != (found.base_url or "").rstrip("/"):
        found = replace(found, base_url=url, api_key=settings.key_of(found.home, url))
    if found.base_url:
        return HttpTransport(found.base_url, key or found.api_key, timeout=timeout or TIMEOUT)
    server = localserver.find_or_start(found.home)
    return HttpTransport(server.url, key or server.key, timeout=timeout or TIMEOUT)
