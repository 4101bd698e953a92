"""The way to the server that a reading script means."""

from __future__ import annotations

from dataclasses import replace

from museion.sdk import settings
from museion.sdk.connect import connect as connect_to
from museion.sdk.transport import HttpTransport


def connect(url: str | None = None, key: str | None = None, timeout: float | None = None) -> HttpTransport:
    """A transport to `url`, else to the configured server, else to this user's local one, started if need be."""
    found = settings.from_environment()
    if url and url.rstrip("/") != (found.base_url or "").rstrip("/"):
        found = replace(found, base_url=url, api_key=settings.key_of(found.home, url))
    transport = connect_to(replace(found, api_key=key) if key else found)
    if timeout:
        transport.timeout = timeout
    return transport
