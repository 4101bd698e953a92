"""Artifacts: commit, find, read, edit, delete."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions import delete_artifact as deleting
from museion.actions import read_artifact as reading
from museion.actions import share_draft as sharing
from museion.actions.commit_artifact import Draft
from museion.actions.commit_artifact import commit_artifact as commit
from museion.actions.edit_artifact import Change
from museion.actions.edit_artifact import edit_artifact as edit
from museion.actions.list_artifacts import list_artifacts as collections_of
from museion.errors import FileMissing
from museion.model.artifact import CollectionKind
from museion.model.manifest import Content, Entry, Manifest
from museion.server.content import type_of
from museion.server.context import Asked, Count, Cursor, Place, Text, context_of
from museion.server.doors import COLLECTION, PROJECT, VERSION, Door, described, query
from museion.server.download import Stored, serve
from museion.server.schemas import (
    ArtifactIn,
    CollectionOut,
    CollectionPage,
    CommitOut,
    Deleted,
    FileOut,
    FilePage,
    GatheredOut,
    ManifestOut,
    VersionOut,
    VersionPage,
    VersionPatch,
    VersionRuns,
)
from museion.server.signing import Signer


def commit_artifact(here: Asked, entity: str, project: str, body: ArtifactIn) -> CommitOut:
    """Commit a version. 409 blobs_missing lists the contents that were not uploaded."""
    done = commit(here.stores, entity, project, _draft(body), here.actor)
    return CommitOut.model_validate(done, from_attributes=True)


def add_to_draft(here: Asked, entity: str, project: str, draft: str, body: ArtifactIn) -> GatheredOut:
    """Add to a version in the making that several runs share; `draft` is the id they agreed upon."""
    found = sharing.add_to_draft(here.stores, entity, project, draft, _draft(body))
    return GatheredOut.model_validate(found)


def finish_draft(here: Asked, entity: str, project: str, draft: str, body: ArtifactIn) -> CommitOut:
    """Add to it for the last time, and commit everything as one version."""
    done = sharing.finish_draft(here.stores, entity, project, draft, _draft(body), here.actor)
    return CommitOut.model_validate(done, from_attributes=True)


def _draft(body: ArtifactIn) -> Draft:
    fields = {name: getattr(body, name) for name in ArtifactIn.model_fields if name != "manifest"}
    return Draft(manifest=Manifest.from_json(body.manifest), **fields)


def list_artifacts(
    here: Asked,
    entity: str,
    project: str,
    type: Text | None = None,  # noqa: A002  (the field's name in the API)
    q: Text = "",
    kind: CollectionKind | None = None,
) -> CollectionPage:
    """Collections of a project, the last changed first."""
    collections = collections_of(here.stores, entity, project, type=type, q=q, kind=kind)
    found = [CollectionOut.model_validate(c) for c in collections]
    return CollectionPage(collections=found, total=len(found))


def read_collection(
    here: Asked, entity: str, project: str, name: str, limit: Count = 1_000, offset: Place = 0
) -> VersionPage:
    """A collection with its versions, the newest first."""
    found = reading.read_versions(here.stores, entity, project, name, limit=limit, offset=offset)
    return VersionPage.model_validate(found, from_attributes=True)


def delete_collection(here: Asked, entity: str, project: str, name: str) -> Deleted:
    """Delete a collection with all its versions."""
    return Deleted.model_validate(deleting.delete_collection(here.stores, entity, project, name, here.actor))


def read_version(here: Asked, entity: str, project: str, name: str, pointer: str) -> VersionOut:
    """The version that an alias, `v3` or the beginning of a digest names."""
    return VersionOut.model_validate(reading.read_artifact(here.stores, entity, project, name, pointer))


def edit_version(here: Asked, entity: str, project: str, name: str, pointer: str, body: VersionPatch) -> VersionOut:
    """Change description, metadata, tags or aliases; the content never changes."""
    change = Change(**body.model_dump())
    return VersionOut.model_validate(edit(here.stores, entity, project, name, pointer, change, here.actor))


def delete_version(
    here: Asked, entity: str, project: str, name: str, pointer: str, delete_aliases: bool = True
) -> Deleted:
    """Delete one version; through a registry's link, only the link. It can be restored for a while."""
    done = deleting.delete_version(
        here.stores, entity, project, name, pointer, delete_aliases=delete_aliases, actor=here.actor
    )
    return Deleted.model_validate(done)


def read_manifest(
    here: Asked,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    prefix: Text = "",
    cursor: Cursor = None,
    limit: Count = 10_000,
) -> ManifestOut:
    """Entries of a version in order of path, as docs/FORMAT.md has them."""
    page = reading.read_entries(here.stores, entity, project, name, pointer, prefix=prefix, cursor=cursor, limit=limit)
    entries = Manifest(page.entries).to_json()["entries"]
    return ManifestOut(format=page.format, entries=entries, total=page.total, next=page.next)


async def read_canonical(request: Request) -> Response:
    """The canonical bytes of the manifest, whose digest is the version's: all entries in one answer."""
    p, stores = request.path_params, context_of(request).stores
    data = await run_in_threadpool(reading.read_canonical, stores, p["entity"], p["project"], p["name"], p["pointer"])
    headers = {"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"}
    return Response(data, media_type="application/json", headers=headers)


def list_entries(
    here: Asked,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    prefix: Text = "",
    cursor: Cursor = None,
    limit: Count = 1_000,
) -> FilePage:
    """Files of a version with URLs to read them; a reference has its own `uri`, and no URL of ours."""
    page = reading.read_entries(here.stores, entity, project, name, pointer, prefix=prefix, cursor=cursor, limit=limit)
    files = [_file(here.context.signer, path, entry) for path, entry in page.entries.items()]
    return FilePage(files=files, total=page.total, size=page.size, next=page.next)


def _file(signer: Signer, path: str, entry: Entry) -> FileOut:
    if isinstance(entry, Content):
        url = signer.file_url(entry.digest, path, entry.size)
        return FileOut(path=path, size=entry.size, digest=entry.digest, url=url, type=type_of(path))
    return FileOut(path=path, size=entry.size or 0, digest=None, url="", type=type_of(path), uri=entry.uri)


async def read_entry(request: Request) -> Response:
    """The bytes of an entry: Range, ETag. A reference's bytes are not here: 404 with its `uri` in the details."""
    stores = context_of(request).stores
    p = request.path_params
    entry = await run_in_threadpool(
        reading.find_entry, stores, p["entity"], p["project"], p["name"], p["pointer"], p["path"]
    )
    if not isinstance(entry, Content):
        raise FileMissing(f"{p['path']!r} is a reference: its bytes are elsewhere.", uri=entry.uri)
    # Not "for ever" even by version: a collection can be deleted and made again, and then `v0` is another content.
    return await serve(request, stores.blobs, Stored(entry.digest, p["path"], entry.size))


def read_version_runs(here: Asked, entity: str, project: str, name: str, pointer: str) -> VersionRuns:
    """The run that made a version, and the runs that used it."""
    found = reading.read_version_runs(here.stores, entity, project, name, pointer)
    return VersionRuns.model_validate(found, from_attributes=True)


DOORS = (
    Door("POST", f"{PROJECT}/artifacts", commit_artifact, "write", "artifacts", size="manifest"),
    Door("GET", f"{PROJECT}/artifacts", list_artifacts, "read", "artifacts"),
    Door("POST", f"{PROJECT}/drafts/{{draft}}", add_to_draft, "write", "artifacts", size="manifest"),
    Door("POST", f"{PROJECT}/drafts/{{draft}}/finish", finish_draft, "write", "artifacts", size="manifest"),
    Door("GET", COLLECTION, read_collection, "read", "artifacts"),
    Door("DELETE", COLLECTION, delete_collection, "write", "artifacts"),
    Door("GET", VERSION, read_version, "read", "artifacts"),
    Door("PATCH", VERSION, edit_version, "write", "artifacts"),
    Door("DELETE", VERSION, delete_version, "write", "artifacts"),
    Door("GET", f"{VERSION}/manifest", read_manifest, "read", "artifacts"),
    Door(
        "GET",
        f"{VERSION}/manifest.json",
        read_canonical,
        "read",
        "artifacts",
        bare=True,
        openapi=described(f"{VERSION}/manifest.json"),
    ),
    Door("GET", f"{VERSION}/files", list_entries, "read", "artifacts"),
    Door(
        "GET",
        f"{VERSION}/files/{{path:path}}",
        read_entry,
        "read",
        "artifacts",
        bare=True,
        openapi=described(
            f"{VERSION}/files/{{path}}", queries=[query("download", description="1: offer it for saving")]
        ),
    ),
    Door("GET", f"{VERSION}/runs", read_version_runs, "read", "artifacts"),
)
