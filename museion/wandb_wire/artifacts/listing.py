"""Lists: types, collections, versions, memberships, files, and runs around a version."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.receive_content import fingerprints
from museion.catalog.artifacts import StoredVersion
from museion.catalog.collections import StoredCollection
from museion.catalog.edges import EdgeRole
from museion.errors import ValueInvalid
from museion.model.artifact import Collection
from museion.model.manifest import Content, Entry
from museion.wandb_wire.artifacts import filters as mongo
from museion.wandb_wire.artifacts import reading, slots
from museion.wandb_wire.artifacts.reading import CollectionNode, Member, Seen
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import ProjectNode, RunNode, find_project, run_by_key
from museion.wandb_wire.pages import connection, numbered, size

MAX_FILES = 5_000
REGISTRY = "wandb-registry-"


@dataclass(frozen=True)
class TypeNode:
    """An artifact type in a project; it is there as long as a collection has it."""

    home: ProjectNode
    name: str
    created_at: float
    description: None = None

    @property
    def id(self) -> str:
        return base64.b64encode(f"ArtifactType:{self.home.key}:{self.name}".encode()).decode()

    @property
    def createdAt(self) -> float:  # noqa: N802  (the field's name in the schema)
        return self.created_at


def types(asked: Asked, home: ProjectNode) -> list[TypeNode]:
    """The types that collections of the project have, in order of name."""
    first: dict[str, float] = {}
    for found in _search(asked, home):
        first[found.type] = min(found.created_at, first.get(found.type, found.created_at))
    return [TypeNode(home, name, first[name]) for name in sorted(first)]


def _search(asked: Asked, home: ProjectNode, kind: str | None = None) -> list[Collection]:
    with asked.stores.catalog.reading() as rows:
        return rows.collections.search(home.key, kind)


def collections(
    asked: Asked,
    homes: Sequence[ProjectNode],
    *,
    kind: str | None = None,
    kinds: Sequence[str] | None = None,
    filters: str | None = None,
    order: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Collections of these projects; `kinds` are SEQUENCE and PORTFOLIO."""
    wanted, test = {word.lower() for word in kinds or ()}, mongo.parse(filters)
    found = [
        (home, one)
        for home in homes
        for one in _search(asked, home, kind)
        if (not wanted or one.kind in wanted) and test(_collection_fields(one))
    ]
    field, falling = mongo.order_key(order, "name")
    found.sort(key=lambda pair: _sortable(_collection_fields(pair[1]).get(field)), reverse=falling)
    nodes = [_node(asked, home, one) for home, one in found]
    return numbered(nodes, after, first, totalCount=len(nodes))


def _node(asked: Asked, home: ProjectNode, one: Collection) -> CollectionNode:
    node = CollectionNode(asked, StoredCollection(one.id, home.key, one.name, one.type, one.kind))
    node.described, node.project = one, home
    return node


def _collection_fields(one: Collection) -> dict[str, Any]:
    times = {"created_at": one.created_at, "updated_at": one.updated_at}
    return {"name": one.name, "type": one.type, "tag": list(one.tags), "tags": list(one.tags), "id": one.id, **times}


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def versions(
    node: CollectionNode,
    *,
    order: str | None = None,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """The versions of a collection, the newest first unless told otherwise; edges say which version each is here."""
    if not node.stored.key:
        return connection([], totalCount=0)
    test = mongo.parse(filters)
    with node.asked.stores.catalog.reading() as rows:
        found = rows.artifacts.versions(node.stored.key)
    found = [stored for stored in found if test(_version_fields(stored))]
    field, falling = mongo.order_key(order, "-version_index")
    if found and field not in _version_fields(found[0]):
        raise ValueInvalid(f"Versions cannot be ordered by {field[:40]!r}.")
    found.sort(key=lambda stored: _sortable(_version_fields(stored)[field]), reverse=falling)
    page = numbered(found, after, first, totalCount=len(found))
    shown = [edge["node"] for edge in page["edges"]]
    for edge, stored, artifact in zip(page["edges"], shown, reading.seen(node.asked, shown), strict=True):
        if not stored.linked:
            artifact.collection = node
        edge |= {"version": stored.version.version, "node": artifact}
    return page


def _version_fields(stored: StoredVersion) -> dict[str, Any]:
    v = stored.version
    return {
        "state": "COMMITTED",
        "version_index": v.number,
        "version": v.number,
        "created_at": v.created_at,
        "updated_at": v.updated_at,
        "size": v.size,
        "digest": v.digest,
        "alias": list(v.aliases),
        "aliases": list(v.aliases),
        "tag": list(v.tags),
        "tags": list(v.tags),
        "description": v.description,
    }


def registries(asked: Asked, entity: str, text: str | None) -> list[ProjectNode]:
    """The registries of an entity: its projects whose names begin as registries' do."""
    if not asked.may("read", entity):
        return []
    test = mongo.parse(text)
    with asked.stores.catalog.reading() as rows:
        names = [p.name for p in rows.projects.search([entity], REGISTRY) if p.name.startswith(REGISTRY)]
    return [home for name in sorted(names) if test({"name": name}) and (home := find_project(asked, entity, name))]


def memberships(
    asked: Asked,
    homes: Sequence[ProjectNode],
    *,
    collectionFilters: str | None = None,  # noqa: N803  (the argument's name in the schema)
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    """Everything that collections of these projects show."""
    kept, test = mongo.parse(collectionFilters), mongo.parse(filters)
    found = []
    for home in homes:
        for one in _search(asked, home):
            if kept(_collection_fields(one)):
                node = _node(asked, home, one)
                found += [Member(asked, node, s) for s in _versions(node) if test(_version_fields(s))]
    field, falling = mongo.order_key(order, "-created_at")
    found.sort(key=lambda member: _sortable(_version_fields(member.shown).get(field)), reverse=falling)
    return numbered(found, after, first, totalCount=len(found))


def _versions(node: CollectionNode) -> list[StoredVersion]:
    with node.asked.stores.catalog.reading() as rows:
        return rows.artifacts.versions(node.stored.key)


def aliases(node: CollectionNode) -> list[str]:
    """Every alias of a collection, in order."""
    return sorted({name for stored in _versions(node) for name in stored.version.aliases}) if node.stored.key else []


def members(node: Seen) -> list[Member]:
    """Where a version is to be seen: its own collection, and those it is linked into."""
    if node.stored is None:
        return []
    return [Member(node.asked, node.collection, node.stored), *links(node)]


def links(node: Seen) -> list[Member]:
    """Where a version is linked, as far as the caller may look."""
    if node.stored is None:
        return []
    with node.asked.stores.catalog.reading() as rows:
        places = rows.links.of(node.stored.key)
    found = []
    for place in places:
        home = find_project(node.asked, place.entity, place.project)
        collection = None if home is None else reading.find_collection(node.asked, home, place.name)
        shown = None if collection is None else collection.find(place.version)
        if collection is not None and shown is not None:
            found.append(Member(node.asked, collection, shown))
    return found


def runs(node: Seen, role: EdgeRole) -> list[RunNode]:
    """The runs that made or used a version, as far as the caller may see them."""
    if node.stored is None:
        return []
    with node.asked.stores.catalog.reading() as rows:
        keys = rows.edges.runs(node.stored.key, role)
    return [found for key in keys if (found := run_by_key(node.asked, key)) is not None]


def of_run(asked: Asked, run: int, role: EdgeRole, after: str | None, first: int | None) -> dict[str, Any]:
    """The artifacts a run made or used, as far as the caller may see them."""
    with asked.stores.catalog.reading() as rows:
        found = rows.artifacts.many(rows.edges.versions(run, role))
    found = [stored for stored in found if asked.may("read", stored.version.entity)]
    return numbered(reading.seen(asked, found), after, first, totalCount=len(found))


# Files


def files(
    node: Seen, *, names: Sequence[str] | None = None, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    """Entries of a version in order of path, with a URL for each."""
    if node.stored is None:
        return connection([], totalCount=0)
    with node.asked.stores.catalog.reading() as rows:
        entries = rows.manifests.get(node.stored.version.digest).entries
    paths = [path for path in names if path in entries] if names else list(entries)
    start = int(after) + 1 if after and after.isdecimal() and len(after) < 16 else 0
    shown = paths[start : start + size(first, most=MAX_FILES)]
    prints = _Prints(node.asked, [e.digest for p in shown if isinstance(e := entries[p], Content)])
    nodes = [_file(node, path, entries[path], prints) for path in shown]
    places = {id(one): str(start + number) for number, one in enumerate(nodes)}
    more = start + len(shown) < len(paths)
    return connection(nodes, more=more, cursor=lambda one: places[id(one)], totalCount=len(paths))


class _Prints:
    """MD5 of the files of a page, found when the first is asked for."""

    def __init__(self, asked: Asked, digests: list[str]) -> None:
        self._asked = asked
        self._digests = digests
        self._known: dict[str, str] | None = None

    def md5(self, digest: str) -> str:
        if self._known is None:
            found = fingerprints(self._asked.stores, set(self._digests))
            self._known = {key: base64.b64encode(bytes.fromhex(content.md5)).decode() for key, content in found.items()}
        return self._known[digest]


def _file(node: Seen, path: str, entry: Entry, prints: _Prints) -> dict[str, Any]:
    shown = {
        "id": base64.b64encode(f"File:{node.id}:{path}".encode()).decode(),
        "name": path,
        "displayName": path,
        "sizeBytes": entry.size or 0,
        "mimetype": None,
        "updatedAt": node.stored.version.created_at if node.stored else None,
        "artifact": node,
        "uploadUrl": None,
    }
    if not isinstance(entry, Content):
        return shown | {"url": entry.uri, "directUrl": entry.uri, "digest": entry.checksum, "md5": None}

    def md5(_: Any) -> str:
        return prints.md5(entry.digest)

    def storage(_: Any) -> str:
        return slots.storage_path(node.place[1], node.id, base64.b64decode(prints.md5(entry.digest)).hex())

    url = slots.get_file(node.asked, entry.digest, entry.size, path)
    return shown | {"url": url, "directUrl": url, "digest": md5, "md5": md5, "storagePath": storage}
