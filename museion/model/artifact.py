"""Collections and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

LATEST = "latest"

NEVER = 0
"""The `ttl` of a version that does not expire, whatever its collection says."""

CollectionKind = Literal["sequence", "portfolio"]
"""A sequence holds versions; a portfolio links to versions of sequences, of any project: a place in a registry."""


@dataclass(frozen=True, slots=True)
class Version:
    """A committed manifest with its papers. Times are UTC seconds since the epoch, `size` is in bytes.

    `id` is the server's own number of the version and never moves. `ttl` is in seconds from `created_at`: None as the
    collection has it, 0 for ever; `expires_at` is what comes of it. Seen through a link, entity, project, name, number
    and aliases are the portfolio's, and `source` is the version itself (`entity/project/name:v3`).
    """

    entity: str
    project: str
    name: str
    type: str
    number: int
    digest: str
    size: int
    files: int
    created_at: float
    updated_at: float
    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    made_by: str | None = None
    step: int | None = None
    id: int = 0
    ttl: int | None = None
    expires_at: float | None = None
    client_id: str | None = None
    source: str | None = None

    @property
    def version(self) -> str:
        return f"v{self.number}"

    @property
    def qualified(self) -> str:
        """`entity/project/name:v3`"""
        return f"{self.entity}/{self.project}/{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Collection:
    """All versions under one name and type. `ttl` (seconds) holds for versions that have none of their own."""

    entity: str
    project: str
    name: str
    type: str
    versions: int
    size: int
    created_at: float
    updated_at: float
    description: str | None = None
    latest: str | None = None
    id: int = 0
    kind: CollectionKind = "sequence"
    tags: tuple[str, ...] = ()
    ttl: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A place of a version in a portfolio: `entity/project/name:v0` there. `by` is who linked it."""

    entity: str
    project: str
    name: str
    number: int
    aliases: tuple[str, ...]
    created_at: float
    by: str | None = None

    @property
    def version(self) -> str:
        return f"v{self.number}"


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of a version's papers: field → [before, after]. `at` is UTC seconds since the epoch."""

    at: float
    by: str | None
    changes: Mapping[str, Any]


def may_expire(kind: str) -> bool:
    """Whether versions of this artifact type can have a time to live: not those that were made automatically."""
    return kind not in ("run_table", "code", "job") and not kind.startswith("wandb-")
