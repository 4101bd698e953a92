"""Collections and their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LATEST = "latest"


@dataclass(frozen=True, slots=True)
class Version:
    """A committed manifest with its papers. Times are UTC seconds since the epoch, `size` is in bytes."""

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

    @property
    def version(self) -> str:
        return f"v{self.number}"

    @property
    def qualified(self) -> str:
        """`entity/project/name:v3`"""
        return f"{self.entity}/{self.project}/{self.name}:{self.version}"


@dataclass(frozen=True, slots=True)
class Collection:
    """All versions under one name and type."""

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
