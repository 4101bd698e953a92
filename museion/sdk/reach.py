"""What lies up- and downstream of a version, how versions differ, how papers were edited: as a script sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from museion.sdk.source import Json, ServerSource

if TYPE_CHECKING:
    from museion.sdk.api.runs import Run
    from museion.sdk.artifact import Artifact


@dataclass(frozen=True, slots=True)
class Reached:
    """`artifacts` and `runs` are the newest; the counts by type are of all. `truncated` if not all are listed."""

    artifacts: list[Artifact]
    runs: list[Run]
    artifacts_by_type: Mapping[str, int]
    runs_by_type: Mapping[str, int]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Outdated:
    """`artifact` depends on `input`, of which there is `newest` by now."""

    artifact: Artifact
    input: Artifact
    newest: Artifact


@dataclass(frozen=True, slots=True)
class Inside:
    """What differs inside a file: its `kind` of parts is rows, tensors or arrays."""

    kind: str
    added: list[str]
    removed: list[str]
    changed: list[str]
    same: int


@dataclass(frozen=True, slots=True)
class ArtifactDiff:
    """What has to be done to `before` to make it `after`; sizes are in bytes, each content counted once.

    `metadata` is key → [before, after], `inside` path → what differs in the file.
    """

    before: str
    after: str
    added: list[str]
    removed: list[str]
    changed: list[str]
    same: int
    shared_bytes: int
    new_bytes: int
    gone_bytes: int
    metadata: Mapping[str, list[Any]] = field(default_factory=dict)
    inside: Mapping[str, Inside] = field(default_factory=dict)
    truncated: bool = False

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return bool(self.added or self.removed or self.changed or self.metadata)


def reached(source: ServerSource, way: str, limit: int) -> Reached:
    """`way` is upstream or downstream."""
    from museion.sdk.api.runs import Run

    body = source.ask(way, limit=limit)
    return Reached(
        [artifact_of(source, papers) for papers in body["versions"]],
        [Run(source.transport, run) for run in body["runs"]],
        body["versions_by_type"],
        body["runs_by_type"],
        body["truncated"],
    )


def outdated(source: ServerSource) -> list[Outdated]:
    """What the version depends on that has a newer version."""
    names = ("version", "input", "newest")
    found = source.ask("stale")["outdated"]
    return [Outdated(*(artifact_of(source, one[name]) for name in names)) for one in found]


def difference(source: ServerSource, other: str) -> ArtifactDiff:
    """From `other` (a whole reference) to this version."""
    body: Json = source.ask("diff", other=other)
    insides = {path: Inside(**inside) for path, inside in body.pop("inside").items()}
    before, after = (_qualified(body.pop(name)) for name in ("before", "after"))
    body.pop("counts")
    return ArtifactDiff(before=before, after=after, inside=insides, **body)


def artifact_of(source: ServerSource, papers: Json) -> Artifact:
    """Another version of the same server."""
    from museion.sdk.artifact import Artifact

    return Artifact._of(ServerSource(source.transport, papers), papers)


def _qualified(papers: Json) -> str:
    return f"{papers['entity']}/{papers['project']}/{papers['name']}:{papers['version']}"
