"""What a server is told at its start."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from museion.blobs.pack import MAX_PACK
from museion.server.schemas import Limits

MIB = 1 << 20


def default_limits() -> Limits:
    """The largest of everything we take: bytes of a JSON body, a history batch and a pack; counts of the rest."""
    return Limits(body=32 * MIB, batch=16 * MIB, pack=MAX_PACK, manifest_entries=1_000_000, page=10_000)


@dataclass(frozen=True, slots=True)
class Settings:
    """`secret` signs sessions and file URLs; `local_key` is the plain key of the local user, if there is one,
    `local_user` that user's name, and `staging` the folder of the packs that user's runs stage on this machine."""

    root: Path
    secret: bytes
    host: str = "127.0.0.1"
    port: int = 8484
    hosts: tuple[str, ...] = ()
    local_key: str | None = None
    local_user: str | None = None
    staging: Path | None = None
    ui: Path | None = None
    limits: Limits = field(default_factory=default_limits)
    idle_exit: float | None = None
    session_seconds: float = 30 * 86400.0
    url_seconds: float = 6 * 3600.0

    @property
    def loopback(self) -> bool:
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine only."""
    return host in ("localhost", "::1") or host.startswith("127.")
