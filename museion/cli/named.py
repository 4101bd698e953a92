"""The version that a person names on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from museion.cli.connect import connect, split_project
from museion.model.names import ArtifactRef

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact


def named(name: str, project: str | None) -> Artifact:
    """`name:alias`, `project/name:v3` or `entity/project/name:alias`; raises ArtifactNotFound, NameInvalid."""
    from museion.sdk.api import Api

    transport = connect()
    ref = ArtifactRef.parse(name)
    entity, inside = (ref.entity, ref.project) if ref.entity else split_project(transport, ref.project or project)
    return Api(transport=transport).artifact(f"{entity}/{inside}/{ref.name}:{ref.pointer}")


def home_of(ref: ArtifactRef, project: str | None) -> str | None:
    """The project a reference is in, as a person writes it: its own, else the one that was given beside it."""
    return "/".join(part for part in (ref.entity, ref.project) if part) or project
