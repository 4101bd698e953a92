"""Read versions: their papers, their entries, and who made and used them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from museion.actions.resolve import find_collection, find_version
from museion.actions.stores import Stores, run_key
from museion.blobs.store import Recipe
from museion.errors import ArtifactNotFound, FileMissing
from museion.model.artifact import Collection, Version
from museion.model.manifest import FORMAT, Content, Entry, Manifest
from museion.model.run import Run


@dataclass(frozen=True, slots=True)
class Versions:
    """A collection with all its versions, the newest first."""

    collection: Collection
    versions: list[Version]
    total: int


@dataclass(frozen=True, slots=True)
class ManifestPage:
    """Entries in order of path; `total` and `size` (bytes) count all under the prefix, `next` goes on from here."""

    format: int
    entries: dict[str, Entry]
    total: int
    size: int
    next: str | None


@dataclass(frozen=True, slots=True)
class VersionRuns:
    """Who made a version, and who used it."""

    made_by: Run | None
    used_by: list[Run]


@dataclass(frozen=True, slots=True)
class RunArtifacts:
    """What a run used, and what it made."""

    inputs: list[Version]
    outputs: list[Version]


def read_artifact(stores: Stores, entity: str, project: str, name: str, pointer: str = "latest") -> Version:
    """The version that an alias, a version (`v3`) or the beginning of a digest names; raises ArtifactNotFound."""
    with stores.catalog.reading() as rows:
        return find_version(rows, entity, project, name, pointer).version


def read_version(stores: Stores, version: int) -> Version:
    """The version with this `id`, as its own collection has it; raises ArtifactNotFound."""
    with stores.catalog.reading() as rows:
        found = rows.artifacts.known(version)
    if found is None:
        raise ArtifactNotFound(f"There is no version with the id {version}.")
    return found.version


def read_by_client_id(stores: Stores, client_id: str) -> Version:
    """The version that a client called so before it was committed; raises ArtifactNotFound."""
    with stores.catalog.reading() as rows:
        found = rows.artifacts.by_client_id(client_id)
    if found is None:
        raise ArtifactNotFound("No version has this client id.")
    return found.version


def read_versions(
    stores: Stores, entity: str, project: str, name: str, *, limit: int = 1_000, offset: int = 0
) -> Versions:
    """The collection and its versions, the newest first; raises ArtifactNotFound."""
    with stores.catalog.reading() as rows:
        collection = find_collection(rows, entity, project, name)
        found = rows.artifacts.versions(collection.key, limit=limit, offset=offset)
        described = rows.collections.describe(collection.key)
    return Versions(described, [stored.version for stored in found], described.versions)


def read_manifest(stores: Stores, entity: str, project: str, name: str, pointer: str) -> Manifest:
    """All entries of a version."""
    with stores.catalog.reading() as rows:
        return rows.manifests.get(find_version(rows, entity, project, name, pointer).version.digest)


def read_canonical(stores: Stores, entity: str, project: str, name: str, pointer: str) -> bytes:
    """The canonical bytes of a version's manifest."""
    with stores.catalog.reading() as rows:
        return rows.manifests.canonical(find_version(rows, entity, project, name, pointer).version.digest)


def read_entries(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    *,
    prefix: str = "",
    cursor: str | None = None,
    limit: int = 1_000,
) -> ManifestPage:
    """A page of the entries whose path begins with `prefix`, after the path `cursor`."""
    manifest = read_manifest(stores, entity, project, name, pointer)
    under = {path: entry for path, entry in manifest.entries.items() if path.startswith(prefix)}
    after = (cursor or "").encode()
    rest = (path for path in under if path.encode() > after)
    shown = list(islice(rest, limit))
    more = next(rest, None) is not None
    size = sum(entry.size or 0 for entry in under.values())
    return ManifestPage(FORMAT, {path: under[path] for path in shown}, len(under), size, shown[-1] if more else None)


def find_entry(stores: Stores, entity: str, project: str, name: str, pointer: str, path: str) -> Entry:
    """The entry at `path`; a Content's bytes are read with `stores.blobs.open(entry.digest, start, stop)`."""
    entry = read_manifest(stores, entity, project, name, pointer).entries.get(path)
    if entry is None:
        raise FileMissing(f"{name}:{pointer} in {entity}/{project} has no file {path!r}.")
    return entry


def read_recipe(stores: Stores, entity: str, project: str, name: str, pointer: str, path: str) -> Recipe:
    """How the file at `path` is put together from chunks; raises FileMissing for a reference too."""
    entry = find_entry(stores, entity, project, name, pointer, path)
    if not isinstance(entry, Content):
        raise FileMissing(f"{path!r} is a reference: its bytes are elsewhere.", uri=entry.uri)
    return stores.blobs.recipe(entry.digest)


def read_version_runs(stores: Stores, entity: str, project: str, name: str, pointer: str) -> VersionRuns:
    """The run that made a version and the runs that used it, in the order they did."""
    with stores.catalog.reading() as rows:
        stored = find_version(rows, entity, project, name, pointer)
        makers = rows.edges.runs(stored.key, "made")
        users = [rows.runs.get(key).run for key in rows.edges.runs(stored.key, "used")]
        maker = rows.runs.get(makers[0]).run if makers else None
    return VersionRuns(maker, users)


def read_run_artifacts(stores: Stores, entity: str, project: str, run: str) -> RunArtifacts:
    """What the run used, and what it made."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
        inputs = rows.artifacts.many(rows.edges.versions(key, "used"))
        outputs = rows.artifacts.many(rows.edges.versions(key, "made"))
    return RunArtifacts([stored.version for stored in inputs], [stored.version for stored in outputs])
