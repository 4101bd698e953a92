"""Projects, artifact types and collections as a reader sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from museion.sdk.artifact import Artifact
from museion.sdk.lifetime import to_seconds
from museion.sdk.source import ServerSource
from museion.sdk.transport import Transport, project_path


@dataclass(frozen=True, slots=True)
class Project:
    """One project. Times are UTC seconds since the epoch, `size` is in bytes."""

    entity: str
    name: str
    description: str | None
    created_at: float
    updated_at: float
    runs: int
    running: int
    artifacts: int
    size: int

    @property
    def path(self) -> list[str]:
        return [self.entity, self.name]


class ArtifactCollection:
    """All versions under one name."""

    def __init__(self, transport: Transport, body: dict[str, Any]) -> None:
        self._transport = transport
        self._body = body
        self.entity: str = body["entity"]
        self.project: str = body["project"]
        self.name: str = body["name"]
        self.type: str = body["type"]
        self.description: str | None = body["description"]
        self.size: int = body["size"]
        self._path = project_path(self.entity, self.project, "artifacts", self.name)

    def artifacts(self, tags: Sequence[str] | None = None) -> list[Artifact]:
        """Its versions, the newest first; only those with all `tags`, if given."""
        wanted = {tags} if isinstance(tags, str) else set(tags or ())
        found = self._transport.request("GET", self._path).json()["versions"]
        return [
            Artifact._of(ServerSource(self._transport, papers), papers)
            for papers in found
            if wanted <= set(papers["tags"])
        ]

    versions = artifacts

    @property
    def aliases(self) -> list[str]:
        """Every alias of its versions."""
        return [alias for artifact in self.artifacts() for alias in artifact.aliases]

    @property
    def tags(self) -> list[str]:
        """Of the collection itself; set them to change them."""
        return list(self._body["tags"])

    @tags.setter
    def tags(self, value: Sequence[str]) -> None:
        self._change(tags=list(value))

    @property
    def is_sequence(self) -> bool:
        """Whether it holds versions of its own; a registry's collection links to versions made elsewhere."""
        return bool(self._body["kind"] == "sequence")

    @property
    def ttl(self) -> timedelta | None:
        """How long its versions live that say nothing else; None: for ever."""
        seconds = self._body["ttl"]
        return timedelta(seconds=seconds) if seconds else None

    def set_ttl(self, ttl: timedelta | None) -> None:
        """Set how long its versions live that say nothing else."""
        self._change(ttl=to_seconds(ttl))

    def save(self) -> None:
        """Send the edited name, type and description; raises Conflict if another collection has the name."""
        known = {field: self._body[field] for field in ("name", "type", "description")}
        wanted = {"name": self.name, "type": self.type, "description": self.description or ""}
        self._change(**{field: value for field, value in wanted.items() if value != (known[field] or "")})

    def _change(self, **fields: Any) -> None:
        self._body = self._transport.request("PATCH", self._path, json=fields).json()
        self.name, self.type, self.description = (self._body[f] for f in ("name", "type", "description"))
        self._path = project_path(self.entity, self.project, "artifacts", self.name)

    def delete(self) -> int:
        """Delete the collection with all its versions (of a registry's, only the links); gives the bytes it frees."""
        return int(self._transport.request("DELETE", self._path).json()["freed"])

    def __len__(self) -> int:
        return int(self._body["versions"])

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<ArtifactCollection {self.entity}/{self.project}/{self.name} ({self.type})>"


class ArtifactType:
    """All collections of one type in a project."""

    def __init__(self, transport: Transport, entity: str, project: str, name: str) -> None:
        self._transport = transport
        self.entity, self.project, self.name = entity, project, name

    def collections(self) -> list[ArtifactCollection]:
        return list_collections(self._transport, self.entity, self.project, self.name)

    def collection(self, name: str) -> ArtifactCollection:
        """The collection called `name`; raises ArtifactNotFound."""
        return find_collection(self._transport, self.entity, self.project, name)

    def __repr__(self) -> str:
        return f"<ArtifactType {self.entity}/{self.project}/{self.name}>"


def list_collections(transport: Transport, entity: str, project: str, kind: str | None) -> list[ArtifactCollection]:
    """The collections of a project, or only those of one type."""
    page = transport.request("GET", project_path(entity, project, "artifacts"), query={"type": kind}).json()
    return [ArtifactCollection(transport, body) for body in page["collections"]]


def find_collection(transport: Transport, entity: str, project: str, name: str) -> ArtifactCollection:
    """One collection by name; raises ArtifactNotFound."""
    body = transport.request("GET", project_path(entity, project, "artifacts", name)).json()["collection"]
    return ArtifactCollection(transport, body)
