"""Registries: collections, of any project, that show versions made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from museion.errors import UsageError
from museion.model.names import ArtifactRef, check_alias
from museion.sdk.source import Json, ServerSource, version_path

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact

MODELS = "model-registry"
"""The project a registered model goes to when its name says none."""


def link(source: ServerSource, target: str, aliases: Sequence[str] | None) -> Artifact:
    """Link a version into `[[entity/]project/]name`; gives it as it is shown there."""
    from museion.sdk.artifact import Artifact

    body = {"target": check_target(target), "aliases": [check_alias(alias) for alias in aliases or ()]}
    papers = source.transport.request("POST", f"{version_path(source.known())}/links", json=body).json()
    return Artifact._of(ServerSource(source.transport, papers), papers)


def links(source: ServerSource) -> list[Artifact]:
    """The version as each registry shows it."""
    from museion.sdk.artifact import Artifact

    found = []
    for one in source.ask("links"):
        papers = source.transport.request("GET", version_path(one)).json()
        found.append(Artifact._of(ServerSource(source.transport, papers), papers))
    return found


def link_artifact(run: Any, artifact: Artifact, target: str, aliases: Sequence[str] | None) -> Artifact | None:
    """Link an artifact that `run` logged, or uses, into a registry; one that is not logged yet is logged first.

    Offline it is linked when the run is synced, and nothing is given back. Raises NameInvalid, Forbidden.
    """
    from museion.sdk.artifacts import log_artifact

    check_target(target)
    if artifact.is_draft() and artifact._receipt is None:
        log_artifact(run, artifact)
    if run.mode in ("offline", "disabled"):
        if run.mode == "offline":
            run._record("link", _offline_body(artifact, target, aliases))
        return None
    return artifact.link(target, aliases)


def model_target(name: str) -> str:
    """Where a registered model of this name is: in the project it says, else in the model registry."""
    return check_target(name if "/" in name else f"{MODELS}/{name}")


def check_target(target: str) -> str:
    """Return `target` if it names a collection; raises NameInvalid, UsageError for one with an alias."""
    if ":" in target:
        raise UsageError(f"{target!r} has an alias in it.", advice="Give aliases=[…] beside it.")
    ArtifactRef.parse(target)
    return target


def _offline_body(artifact: Artifact, target: str, aliases: Sequence[str] | None) -> Json:
    named = {"entity": artifact.entity, "project": artifact.project, "name": artifact.collection_name}
    return {**named, "digest": artifact.digest, "target": target, "aliases": list(aliases or ())}
