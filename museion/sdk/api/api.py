"""`museion.Api()`: the door for scripts that read."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from museion.errors import ArtifactNotFound, ProjectNotFound, TypeMismatch, UsageError, ValueInvalid
from museion.model.names import ArtifactRef
from museion.sdk.api.connect import connect
from museion.sdk.api.runs import Run, Runs, list_runs
from museion.sdk.transport import Transport, project_path, run_path

if TYPE_CHECKING:
    from museion.sdk.api.collections import ArtifactCollection, ArtifactType, Project
    from museion.sdk.artifact import Artifact


class Api:
    """Read projects, runs and artifacts of a server.

    Args:
        overrides: `{"entity": …, "project": …, "base_url": …}`, what is meant where a path leaves it out.
        api_key: in place of the one that is configured.
        timeout: seconds a request may take.
        transport: the way to the server, for tests and for programs that have one already.

    Paths are written `entity/project/run`, `project/run` or, with both overridden, `run`.
    """

    def __init__(
        self,
        overrides: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        api_key: str | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.settings = dict(overrides or {})
        self._transport = transport or connect(self.settings.get("base_url"), api_key, timeout)
        self._viewer: dict[str, Any] | None = None

    @property
    def viewer(self) -> dict[str, Any]:
        """Who the key belongs to: name, entity, role."""
        if self._viewer is None:
            self._viewer = self._transport.request("GET", "/api/v1/viewer").json()
        return self._viewer

    @property
    def default_entity(self) -> str:
        """What is meant where a path names no entity."""
        chosen = self.settings.get("entity") or os.environ.get("MUSEION_ENTITY")
        return str(chosen or self.viewer["entity"])

    entity = default_entity

    def projects(self, entity: str | None = None, per_page: int = 200) -> list[Project]:
        """The projects of an entity."""
        from museion.sdk.api.collections import Project

        query = {"entity": entity or self.default_entity}
        return [Project(**body) for body in self._transport.request("GET", "/api/v1/projects", query=query).json()]

    def project(self, name: str, entity: str | None = None) -> Project:
        """One project; raises ProjectNotFound."""
        from museion.sdk.api.collections import Project

        home, place = self._project(name if entity is None else f"{entity}/{name}")
        return Project(**self._transport.request("GET", project_path(home, place)).json())

    def runs(
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | str | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = True,
        lazy: bool = True,
    ) -> Runs:
        """The runs of a project, fetched a page at a time while they are looked at; `len` and indexes work.

        Filters are dicts as W&B has them (equality of any field, `config.x`, `summary_metrics.x`, `tags`, and the
        operators `$and $or $nor $not $in $nin $all $gt $gte $lt $lte $eq $ne $exists $regex`), or a text of our own
        language: `"config.lr < 0.1 and tags has best"`. Raises QueryInvalid.
        """
        return list_runs(self._transport, *self._project(path), filters, order, per_page)

    def run(self, path: str) -> Run:
        """One run, by `entity/project/run`, `project/run`, its id, or the address of its page; raises RunNotFound."""
        parts = _parts(path)
        home, place = self._project("/".join(parts[:-1]) or None)
        return Run(self._transport, self._transport.request("GET", run_path(home, place, parts[-1])).json())

    def from_path(self, path: str) -> Any:
        """What a path leads to: a project (`project`, `entity/project`), a run (`entity/project/run`), or a version
        (with a `:`)."""
        if ":" in path.split("://")[-1].rsplit("/", 1)[-1]:
            return self.artifact(path)
        parts = _parts(path)
        return self.run(path) if len(parts) == 3 else self.project("/".join(parts))

    def sweep(self, path: str) -> Any:
        """There are none here: raises UsageError, with what to do instead."""
        raise UsageError(
            f"There is no sweep {path!r}: searches are run by W&B's clients, and read with theirs.",
            advice="Give the runs of a search one group, and read them with runs(filters={'group': …}).",
        )

    def flush(self) -> None:
        """Forget what was remembered of the server."""
        self._viewer = None

    def artifact(self, name: str, type: str | None = None) -> Artifact:  # noqa: A002 - W&B's word
        """One version, `entity/project/name:alias`; raises ArtifactNotFound, TypeMismatch."""
        from museion.sdk.artifacts import find_artifact

        ref = ArtifactRef.parse(name)
        home, place = self._project("/".join(p for p in (ref.entity, ref.project) if p) or None)
        found = find_artifact(self._transport, home, place, ref)
        if type is not None and found.type != type:
            raise TypeMismatch(f"{name} has the type {found.type!r}, not {type!r}.")
        return found

    def artifact_exists(self, name: str, type: str | None = None) -> bool:  # noqa: A002
        """Whether there is such a version."""
        try:
            self.artifact(name, type)
        except (ArtifactNotFound, ProjectNotFound, TypeMismatch):
            return False
        return True

    def artifact_types(self, project: str | None = None) -> list[ArtifactType]:
        """The types of artifacts in a project."""
        from museion.sdk.api.collections import ArtifactType, list_collections

        home, place = self._project(project)
        names = sorted({one.type for one in list_collections(self._transport, home, place, None)})
        return [ArtifactType(self._transport, home, place, name) for name in names]

    def artifact_type(self, type_name: str, project: str | None = None) -> ArtifactType:
        """One type."""
        from museion.sdk.api.collections import ArtifactType

        return ArtifactType(self._transport, *self._project(project), type_name)

    def artifact_collections(
        self, project_name: str | None = None, type_name: str | None = None, per_page: int = 50
    ) -> list[ArtifactCollection]:
        """The collections of a project, or only those of one type."""
        from museion.sdk.api.collections import list_collections

        return list_collections(self._transport, *self._project(project_name), type_name)

    def artifact_collection(self, type_name: str, name: str) -> ArtifactCollection:
        """One collection; raises ArtifactNotFound, TypeMismatch."""
        from museion.sdk.api.collections import find_collection

        ref = ArtifactRef.parse(name)
        home, place = self._project("/".join(p for p in (ref.entity, ref.project) if p) or None)
        found = find_collection(self._transport, home, place, ref.name)
        if found.type != type_name:
            raise TypeMismatch(f"{name} has the type {found.type!r}, not {type_name!r}.")
        return found

    def artifact_versions(self, type_name: str, name: str, per_page: int = 50) -> list[Artifact]:
        """The versions of a collection, the newest first."""
        return self.artifacts(type_name, name, per_page)

    def artifacts(
        self, type_name: str, name: str, per_page: int = 50, tags: Sequence[str] | None = None
    ) -> list[Artifact]:
        """The versions of a collection, the newest first; only those with all `tags`, if given."""
        return self.artifact_collection(type_name, name).artifacts(tags)

    def _project(self, path: str | None) -> tuple[str, str]:
        parts = _parts(path) if path else []
        if len(parts) > 2:
            raise ValueInvalid(f"{path!r} has too many parts.", advice="Write entity/project.")
        place = parts[-1] if parts else self.settings.get("project") or os.environ.get("MUSEION_PROJECT")
        if not place:
            raise ValueInvalid("No project is named.", advice='Write "project" or "entity/project".')
        return parts[0] if len(parts) == 2 else self.default_entity, str(place)


def _parts(path: str) -> list[str]:
    """`entity/project/run` in pieces; `/runs/` in the middle, as in the address of a page, is left out."""
    text = path if isinstance(path, str) else ""
    if "://" in text:
        text = urlsplit(text).path
    parts = [unquote(part) for part in text.strip("/").split("/")]
    if not all(parts):
        raise ValueInvalid(f"{path!r} is not a path.", advice="Write entity/project/run.")
    return [*parts[:2], *parts[3:4]] if len(parts) >= 4 and parts[2] == "runs" else parts
