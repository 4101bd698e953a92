"""Resolvers of everything one can ask about artifacts."""

from __future__ import annotations

import base64
from typing import Any

from ariadne import InterfaceType, ObjectType, QueryType, UnionType

from museion.catalog.sql import to_text
from museion.model.artifact import LATEST, Collection
from museion.wandb_wire.artifacts import listing, reading, slots
from museion.wandb_wire.artifacts.making import MANIFEST, Slot
from museion.wandb_wire.artifacts.manifests import MD5
from museion.wandb_wire.artifacts.reading import CollectionNode, Member, Seen
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.ids import seal
from museion.wandb_wire.nouns.lookup import ProjectNode, RunNode, context
from museion.wandb_wire.pages import connection, numbered

query = QueryType()
project = ObjectType("Project")
entity = ObjectType("Entity")
run = ObjectType("Run")
artifact = ObjectType("Artifact")
type_type = ObjectType("ArtifactType")
collection = InterfaceType("ArtifactCollection")
sequence = ObjectType("ArtifactSequence")
membership = ObjectType("ArtifactCollectionMembership")
creator = UnionType("ArtifactCreator")

# Roots


@query.field("artifact")
def resolve_artifact(_: Any, info: Any, id: str) -> Seen | None:  # noqa: A002
    return reading.by_id(context(info), id)


@query.field("artifactCollection")
def resolve_collection(_: Any, info: Any, id: str) -> CollectionNode | None:  # noqa: A002
    return reading.collection_by_id(context(info), id)


@query.field("clientIDMapping")
def resolve_client_id(_: Any, info: Any, clientID: str) -> dict[str, str] | None:  # noqa: N803
    found = reading.by_client_id(context(info), clientID)
    return None if found is None else {"serverID": found.id}


# Projects and runs


@project.field("artifact")
def resolve_project_artifact(home: ProjectNode, info: Any, name: str) -> Seen | None:
    found = reading.find_member(context(info), home, name)
    return None if found is None else found.seen


@project.field("artifactCollection")
def resolve_project_collection(home: ProjectNode, info: Any, name: str) -> CollectionNode | None:
    return reading.find_collection(context(info), home, name)


@project.field("artifactCollectionMembership")
def resolve_project_membership(home: ProjectNode, info: Any, name: str) -> Member | None:
    return reading.find_member(context(info), home, name)


@project.field("artifactCollections")
def resolve_project_collections(home: ProjectNode, info: Any, **page: Any) -> dict[str, Any]:
    return listing.collections(context(info), [home], **page)


@project.field("artifactTypes")
def resolve_types(home: ProjectNode, info: Any, after: str | None = None, first: int | None = None, **_: Any) -> Any:
    return numbered(listing.types(context(info), home), after, first)


@project.field("artifactType")
def resolve_type(home: ProjectNode, info: Any, name: str) -> listing.TypeNode | None:
    return next((found for found in listing.types(context(info), home) if found.name == name), None)


@project.field("allowAllArtifactTypesInRegistry")
def resolve_all_types(*_: Any) -> bool:
    return True


@entity.field("projects")
def resolve_entity_projects(
    node: Any, info: Any, filters: str | None = None, after: str | None = None, first: int | None = None, **_: Any
) -> dict[str, Any]:
    """Registries are projects whose names begin as theirs do."""
    return numbered(listing.registries(context(info), node.name, filters), after, first)


@entity.field("artifactCollections")
def resolve_entity_collections(node: Any, info: Any, **page: Any) -> dict[str, Any]:
    homes = listing.registries(context(info), node.name, page.pop("projectFilters", None))
    kinds = page.pop("collectionTypes", None)
    return listing.collections(context(info), homes, kinds=kinds, **page)


@entity.field("artifactMemberships")
def resolve_entity_memberships(node: Any, info: Any, **page: Any) -> dict[str, Any]:
    homes = listing.registries(context(info), node.name, page.pop("projectFilters", None))
    return listing.memberships(context(info), homes, **page)


@run.field("outputArtifacts")
def resolve_outputs(node: RunNode, info: Any, after: str | None = None, first: int | None = None) -> dict[str, Any]:
    return listing.of_run(context(info), node.key, "made", after, first)


@run.field("inputArtifacts")
def resolve_inputs(node: RunNode, info: Any, after: str | None = None, first: int | None = None) -> dict[str, Any]:
    return listing.of_run(context(info), node.key, "used", after, first)


# Types


@type_type.field("artifactCollection")
def resolve_type_collection(node: listing.TypeNode, info: Any, name: str) -> CollectionNode | None:
    found = reading.find_collection(context(info), node.home, name)
    return found if found is not None and found.stored.type == node.name else None


@type_type.field("artifactCollections")
def resolve_type_collections(node: listing.TypeNode, info: Any, **page: Any) -> dict[str, Any]:
    return listing.collections(context(info), [node.home], kind=node.name, **page)


# Collections


@collection.type_resolver
def kind_of(node: CollectionNode, *_: Any) -> str:
    return "ArtifactPortfolio" if node.stored.kind == "portfolio" else "ArtifactSequence"


def _described(node: CollectionNode) -> Collection | None:
    return node.described


def _papers(name: str) -> Any:
    return lambda node, _info: getattr(_described(node), name, None)


def _created(node: CollectionNode, _: Any) -> float:
    found = node.described
    return found.created_at if found is not None else node.asked.stores.clock()


def _default_type(node: CollectionNode, _: Any) -> listing.TypeNode:
    home = node.project
    assert home is not None
    return listing.TypeNode(home, node.stored.type, home.created_at)


def _tags(node: CollectionNode, _: Any) -> dict[str, Any]:
    found = node.described
    return {"edges": [{"node": tag_node(tag)} for tag in (found.tags if found else ())]}


def tag_node(name: str) -> dict[str, str]:
    """A tag; its id stands for its name."""
    return {"id": base64.b64encode(f"Tag:{name}".encode()).decode(), "name": name}


def _aliases(node: CollectionNode, _: Any, after: str | None = None, first: int | None = None) -> dict[str, Any]:
    return numbered([alias_node(node, name) for name in listing.aliases(node)], after, first)


def alias_node(node: CollectionNode, name: str) -> dict[str, Any]:
    """An alias in its collection."""
    text = f"ArtifactAlias:{node.stored.key}:{name}"
    return {"id": base64.b64encode(text.encode()).decode(), "alias": name, "artifactCollection": node}


def _artifacts(node: CollectionNode, _: Any, **page: Any) -> dict[str, Any]:
    return listing.versions(node, **page)


def _membership(node: CollectionNode, _: Any, aliasName: str) -> Member | None:  # noqa: N803
    shown = node.find(aliasName)
    return None if shown is None else Member(node.asked, node, shown)


collection.set_field("name", lambda node, _: node.stored.name)
collection.set_field("description", _papers("description"))
collection.set_field("createdAt", _created)
collection.set_field("updatedAt", _papers("updated_at"))
collection.set_field("state", lambda node, _: "DELETED" if node.gone else "READY")
collection.set_field("defaultArtifactType", _default_type)
collection.set_field("tags", _tags)
collection.set_field("aliases", _aliases)
collection.set_field("artifacts", _artifacts)
collection.set_field("artifactMembership", _membership)


@sequence.field("latestArtifact")
def resolve_latest(node: CollectionNode, _: Any) -> Seen | None:
    shown = node.find(LATEST)
    return None if shown is None else reading.seen(node.asked, [shown])[0]


@sequence.field("digestAlgorithm")
def resolve_algorithm(node: CollectionNode, _: Any) -> str:
    latest = resolve_latest(node, None)
    return MD5 if latest is None else reading.digest_shown(latest)[1]


# Memberships


@membership.field("versionIndex")
def resolve_member_index(node: Member, _: Any) -> int:
    return node.shown.version.number


@membership.field("createdAt")
def resolve_member_created(node: Member, _: Any) -> float:
    return node.shown.version.created_at


@membership.field("aliases")
def resolve_member_aliases(node: Member, _: Any) -> list[dict[str, Any]]:
    return [alias_node(node.collection, name) for name in node.shown.version.aliases]


@membership.field("artifactCollection")
def resolve_member_collection(node: Member, _: Any) -> CollectionNode:
    return node.collection


@membership.field("artifact")
def resolve_member_artifact(node: Member, _: Any) -> Seen:
    return node.seen


@membership.field("files")
def resolve_member_files(node: Member, _: Any, **page: Any) -> dict[str, Any]:
    return listing.files(node.seen, **page)


# Artifacts


def _of_version(field: str) -> Any:
    def resolve(node: Seen, _: Any) -> Any:
        return getattr(node.stored.version, field) if node.stored is not None else None

    return resolve


artifact.set_field("versionIndex", _of_version("number"))
artifact.set_field("description", _of_version("description"))
artifact.set_field("historyStep", _of_version("step"))
artifact.set_field("updatedAt", _of_version("updated_at"))
artifact.set_field("size", lambda node, _: node.stored.version.size if node.stored else 0)
artifact.set_field("fileCount", lambda node, _: node.stored.version.files if node.stored else 0)
artifact.set_field("commitHash", lambda node, _: _hash(node))
artifact.set_field("digest", lambda node, _: reading.digest_shown(node)[0])
artifact.set_field("digestAlgorithm", lambda node, _: reading.digest_shown(node)[1])
artifact.set_field("artifactSequence", lambda node, _: node.collection)


def _hash(node: Seen) -> str | None:
    return node.stored.version.digest.partition(":")[2][:20] if node.stored is not None else None


@artifact.field("artifactType")
def resolve_artifact_type(node: Seen, info: Any) -> listing.TypeNode:
    return _default_type(node.collection, info)


@artifact.field("metadata")
def resolve_metadata(node: Seen, _: Any) -> str | None:
    return to_text(dict(node.stored.version.metadata), "metadata") if node.stored is not None else None


@artifact.field("createdAt")
def resolve_created(node: Seen, _: Any) -> float:
    found = node.stored.version if node.stored is not None else node.door
    assert found is not None
    return found.created_at


@artifact.field("ttlDurationSeconds")
def resolve_ttl(node: Seen, _: Any) -> int:
    """Seconds to live; −2: for ever, however it came to that."""
    if node.stored is None:
        return -2
    own = node.stored.version.ttl
    inherited = node.collection.described.ttl if node.collection.described else None
    return (inherited if own is None else own) or -2


@artifact.field("ttlIsInherited")
def resolve_ttl_inherited(node: Seen, _: Any) -> bool:
    return node.stored is None or node.stored.version.ttl is None


@artifact.field("tags")
def resolve_tags(node: Seen, _: Any) -> list[dict[str, str]]:
    return [tag_node(tag) for tag in node.stored.version.tags] if node.stored is not None else []


@artifact.field("aliases")
def resolve_aliases(node: Seen, _: Any) -> list[dict[str, Any]]:
    if node.stored is None:
        return []
    own = [alias_node(node.collection, name) for name in node.stored.version.aliases]
    return own + [alias_node(m.collection, name) for m in listing.links(node) for name in m.shown.version.aliases]


@artifact.field("currentManifest")
def resolve_manifest(node: Seen, _: Any) -> dict[str, Any] | None:
    if node.stored is None:
        return None
    kind, key = ("a", node.door.key) if node.door is not None else ("v", node.stored.key)
    url = slots.get_manifest(node.asked, kind, key)
    shown = {"id": node.id, "name": "wandb_manifest.json", "displayName": "wandb_manifest.json", "directUrl": url}
    return {"id": seal(MANIFEST, key), "digest": None, "file": {**shown, "sizeBytes": 0}}


@artifact.field("createdBy")
def resolve_created_by(node: Seen, _: Any) -> RunNode | None:
    runs = listing.runs(node, "made")
    return runs[0] if runs else None


@artifact.field("usedBy")
def resolve_used_by(node: Seen, _: Any) -> dict[str, Any]:
    return connection(listing.runs(node, "used"))


@artifact.field("artifactMemberships")
def resolve_memberships(node: Seen, _: Any) -> dict[str, Any]:
    return connection(listing.members(node))


@artifact.field("files")
def resolve_files(node: Seen, _: Any, **page: Any) -> dict[str, Any]:
    return listing.files(node, **page)


@artifact.field("filesByManifestEntries")
def resolve_entry_files(node: Seen, _: Any, entries: Any = None, **__: Any) -> dict[str, Any]:
    return listing.files(node, names=[entry["name"] for entry in entries or []], first=len(entries or []) or 1)


@creator.type_resolver
def creator_of(node: Any, *_: Any) -> str:
    return "Run" if isinstance(node, RunNode) else "User"


def slot_file(asked: Asked, slot: Slot) -> dict[str, Any]:
    """A slot as the file that is to come."""
    urls = [{"partNumber": number, "uploadUrl": url} for number, url in slot.parts]
    multipart = {"uploadID": slot.upload, "uploadUrlParts": urls} if slot.upload else None
    return {
        "id": base64.b64encode(f"File:{slot.path}".encode()).decode(),
        "name": slot.name,
        "displayName": slot.name,
        "directUrl": slot.url or "",
        "sizeBytes": 0,
        "storagePath": slot.path,
        "uploadUrl": slot.url,
        "uploadHeaders": list(slot.headers),
        "uploadMultipartUrls": multipart,
        "artifact": Seen(asked, None, slot.artifact),
    }


BINDABLES = (
    query,
    project,
    entity,
    run,
    artifact,
    type_type,
    collection,
    sequence,
    membership,
    creator,
)
