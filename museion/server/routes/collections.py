"""Collections, what may be moved in them, and versions across them: search, delete in bulk, restore."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from museion.actions.delete_artifact import delete_versions as delete_many
from museion.actions.edit_collection import CollectionChange
from museion.actions.edit_collection import edit_collection as edit
from museion.actions.edit_collection import make_collection as make
from museion.actions.list_artifacts import search_versions as search
from museion.actions.protect_aliases import protect_aliases, read_protected
from museion.actions.restore_artifact import read_trash as trash_of
from museion.actions.restore_artifact import restore_artifact as restore
from museion.catalog.artifacts import Wanted
from museion.server.context import LARGEST, Asked, Count, Place, Text
from museion.server.doors import COLLECTION, PROJECT, Door
from museion.server.schemas import (
    Aliases,
    BulkDeleted,
    CollectionIn,
    CollectionOut,
    CollectionPatch,
    RestoreIn,
    ThrownOut,
    VersionOut,
    VersionSearch,
    WantedIn,
)

Texts = Annotated[list[Text], Query(max_length=1000)]
Size = Annotated[int | None, Query(ge=0, le=LARGEST)]


def make_collection(here: Asked, entity: str, project: str, name: str, body: CollectionIn) -> CollectionOut:
    """Make an empty collection; one that is there already with the same type and kind is no news."""
    return CollectionOut.model_validate(make(here.stores, entity, project, name, body.type, body.kind))


def edit_collection(here: Asked, entity: str, project: str, name: str, body: CollectionPatch) -> CollectionOut:
    """Change name, type, description, tags or time to live."""
    change = CollectionChange(**body.model_dump())
    return CollectionOut.model_validate(edit(here.stores, entity, project, name, change))


def read_protected_aliases(here: Asked, entity: str, project: str) -> list[str]:
    """Aliases that only an admin may move or take away."""
    return read_protected(here.stores, entity, project)


def set_protected_aliases(here: Asked, entity: str, project: str, body: Aliases) -> list[str]:
    """Protect these aliases, and no others."""
    return protect_aliases(here.stores, entity, project, body.aliases)


def search_versions(
    here: Asked,
    entity: str,
    project: str,
    name: Texts = [],  # noqa: B006
    type: Text | None = None,  # noqa: A002  (the field's name in the API)
    tag: Texts = [],  # noqa: B006
    alias: Text | None = None,
    aliased: bool | None = None,
    linked: bool | None = None,
    run: Text | None = None,
    before: float | None = None,
    after: float | None = None,
    larger_than: Size = None,
    q: Text = "",
    order: Text = "-created_at",
    limit: Count = 100,
    offset: Place = 0,
) -> VersionSearch:
    """Versions across the collections of a project. `order`: created_at, updated_at, size, number or name; `-` before
    it turns it round."""
    wanted = Wanted(name, type, tag, alias, aliased, linked, run, before, after, larger_than, q)
    found = search(here.stores, entity, project, wanted, order=order, limit=limit, offset=offset)
    return VersionSearch.model_validate(found, from_attributes=True)


def delete_versions(here: Asked, entity: str, project: str, body: WantedIn) -> BulkDeleted:
    """Delete the versions that are meant; with `dry_run` only say which these are and what that would free."""
    renamed = {"names": "collections", "before": "created_before", "after": "created_after"}
    fields: dict[str, Any] = {renamed.get(k, k): v for k, v in body.model_dump().items() if k != "dry_run"}
    done = delete_many(here.stores, entity, project, Wanted(**fields), dry_run=body.dry_run, actor=here.actor)
    return BulkDeleted.model_validate(done)


def read_trash(here: Asked, entity: str, project: str, name: Text | None = None) -> list[ThrownOut]:
    """Deleted versions that can be restored, the last deleted first."""
    return [ThrownOut.model_validate(one) for one in trash_of(here.stores, entity, project, name)]


def restore_versions(here: Asked, entity: str, project: str, body: RestoreIn) -> list[VersionOut]:
    """Bring deleted versions back."""
    found = restore(here.stores, entity, project, body.name, body.version)
    return [VersionOut.model_validate(version) for version in found]


DOORS = (
    Door("PUT", COLLECTION, make_collection, "write", "artifacts"),
    Door("PATCH", COLLECTION, edit_collection, "write", "artifacts"),
    Door("GET", f"{PROJECT}/protected-aliases", read_protected_aliases, "read", "artifacts"),
    Door("PUT", f"{PROJECT}/protected-aliases", set_protected_aliases, "admin", "artifacts"),
    Door("GET", f"{PROJECT}/versions", search_versions, "read", "artifacts"),
    Door("POST", f"{PROJECT}/versions/delete", delete_versions, "write", "artifacts"),
    Door("GET", f"{PROJECT}/trash", read_trash, "read", "artifacts"),
    Door("POST", f"{PROJECT}/trash/restore", restore_versions, "write", "artifacts"),
)
