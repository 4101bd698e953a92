"""Edit a collection: its name, type, description, tags, and how long its versions live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.commit_artifact import check_ttl
from museion.actions.resolve import find_collection
from museion.actions.stores import Stores
from museion.catalog.catalog import Rows
from museion.catalog.collections import StoredCollection
from museion.catalog.sql import plain
from museion.errors import Conflict, ValueInvalid
from museion.model.artifact import Collection, CollectionKind
from museion.model.names import check_artifact_name, check_name, check_tag


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """What to change; None leaves a field alone. `ttl` is in seconds; 0: versions live for ever."""

    name: str | None = None
    type: str | None = None
    description: str | None = None
    tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    ttl: int | None = None


def edit_collection(stores: Stores, entity: str, project: str, name: str, change: CollectionChange) -> Collection:
    """The collection as it is now; raises ArtifactNotFound, Conflict if another has the new name already."""
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        found = find_collection(rows, entity, project, name, lock=True)
        fields = _fields(rows, found, change)
        rows.collections.change(found.key, fields, now)
        rows.changes.record(found.project, "collection", name, now)
        if "name" in fields:
            rows.changes.record(found.project, "collection", fields["name"], now)
        return rows.collections.describe(found.key)


def make_collection(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    type: str,  # noqa: A002  (the field's name in the API)
    kind: CollectionKind = "sequence",
) -> Collection:
    """The collection, made empty if it is not there; raises Conflict if it is there with another type or kind."""
    check_artifact_name(name)
    check_name(type, "artifact type")
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home = rows.projects.ensure(entity, project, now)
        found = rows.collections.ensure(home, name, type, now, kind)
        if (found.type, found.kind) != (type, kind):
            raise Conflict(f"{name!r} is there already, a {found.kind} of the type {found.type!r}.")
        rows.changes.record(home, "collection", name, now)
        return rows.collections.describe(found.key)


def _fields(rows: Rows, found: StoredCollection, change: CollectionChange) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if change.name is not None and change.name != found.name:
        if rows.collections.find(found.project, check_artifact_name(change.name)):
            raise Conflict(f"There is an artifact {change.name!r} already.", advice="Choose another name.")
        fields["name"] = change.name
    if change.type is not None:
        fields["type"] = check_name(change.type, "artifact type")
    if change.description is not None:
        fields["description"] = plain(change.description, "description") or None
    if change.tags is not None or change.add_tags or change.remove_tags:
        fields["tags"] = _tags(rows, found, change)
    if change.ttl is not None:
        if found.kind != "sequence":
            raise ValueInvalid(f"{found.name!r} is a registry's collection: what it links to does not expire.")
        check_ttl(change.ttl, fields.get("type", found.type))
        fields["ttl"] = change.ttl or None
    return fields


def _tags(rows: Rows, found: StoredCollection, change: CollectionChange) -> list[str]:
    was = rows.collections.describe(found.key).tags if change.tags is None else change.tags
    kept = [tag for tag in was if tag not in change.remove_tags]
    return [check_tag(tag) for tag in dict.fromkeys([*kept, *change.add_tags])]
