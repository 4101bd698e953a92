"""Resolvers of everything one can do with artifacts."""

from __future__ import annotations

from typing import Any

from ariadne import MutationType

from museion.actions.edit_collection import CollectionChange
from museion.catalog.wandb_artifacts import WandbArtifact, WandbManifest
from museion.wandb_wire.artifacts import committing, editing, making, reading, slots
from museion.wandb_wire.artifacts.nouns import slot_file, tag_node
from museion.wandb_wire.artifacts.reading import Seen
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.ids import seal
from museion.wandb_wire.nouns.lookup import context

mutation = MutationType()
Json = dict[str, Any]


@mutation.field("createArtifact")
def create_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    asked = context(info)
    found = committing.again(asked, input) if input.get("enableDigestDeduplication") else None
    return {"artifact": _seen(asked, found or making.begin(asked, input))}


def _seen(asked: Asked, door: WandbArtifact) -> Seen:
    return reading.by_id(asked, seal(making.ARTIFACT, door.key)) or Seen(asked, None, door)


@mutation.field("createArtifactManifest")
def create_manifest(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _manifest(context(info), *making.add_manifest(context(info), input))


@mutation.field("updateArtifactManifest")
def update_manifest(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _manifest(context(info), *making.change_manifest(context(info), input))


def _manifest(asked: Asked, artifact: WandbArtifact, manifest: WandbManifest) -> Json:
    url = slots.put_manifest(asked, artifact, manifest)
    found = seal(making.MANIFEST, manifest.key)
    headers = [f"Content-MD5:{manifest.digest}"] if manifest.digest else []
    file = {"id": found, "name": "wandb_manifest.json", "displayName": "wandb_manifest.json", "directUrl": url}
    upload = {"uploadUrl": url, "uploadHeaders": headers, "sizeBytes": 0}
    return {"artifactManifest": {"id": found, "digest": manifest.digest, "file": {**file, **upload}}}


@mutation.field("createArtifactFiles")
def create_files(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    asked = context(info)
    edges = [{"node": slot_file(asked, slot), "cursor": None} for slot in making.add_files(asked, input)]
    return {"files": {"edges": edges, "pageInfo": {"hasNextPage": False}, "totalCount": len(edges)}}


@mutation.field("completeMultipartUploadArtifact")
def complete_multipart(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return {"digest": making.complete(context(info), input)}


@mutation.field("commitArtifact")
def commit_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    asked = context(info)
    return {"artifact": _seen(asked, committing.commit(asked, input["artifactID"]))}


@mutation.field("useArtifact")
def use_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return {"artifact": editing.use(context(info), input)}


@mutation.field("updateArtifact")
def update_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return {"artifact": editing.update(context(info), input)}


@mutation.field("deleteArtifact")
def delete_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return {"artifact": editing.delete(context(info), input)}


@mutation.field("addAliases")
def add_aliases(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    editing.change_aliases(context(info), input, add=True)
    return {"success": True}


@mutation.field("deleteAliases")
def delete_aliases(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    editing.change_aliases(context(info), input, add=False)
    return {"success": True}


@mutation.field("linkArtifact")
def link_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    member = editing.link(context(info), input)
    return {"versionIndex": member.shown.version.number, "artifactMembership": member}


@mutation.field("unlinkArtifact")
def unlink_artifact(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    editing.unlink(context(info), input)
    return {"success": True}


@mutation.field("updateArtifactSequence")
def update_sequence(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _changed(context(info), input["artifactSequenceID"], input)


@mutation.field("updateArtifactPortfolio")
def update_portfolio(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _changed(context(info), input["artifactPortfolioID"], input)


def _changed(asked: Asked, collection: str, given: Json) -> Json:
    change = CollectionChange(name=given.get("name"), description=given.get("description"))
    return {"artifactCollection": editing.change_collection(asked, collection, change)}


@mutation.field("moveArtifactSequence")
def move_sequence(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    change = CollectionChange(type=input["destinationArtifactTypeName"])
    return {"artifactCollection": editing.change_collection(context(info), input["artifactSequenceID"], change)}


@mutation.field("deleteArtifactSequence")
def delete_sequence(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _deleted(context(info), input["artifactSequenceID"])


@mutation.field("deleteArtifactPortfolio")
def delete_portfolio(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return _deleted(context(info), input["artifactPortfolioID"])


def _deleted(asked: Asked, collection: str) -> Json:
    gone = editing.drop_collection(asked, collection)
    gone.gone = True
    return {"artifactCollection": gone}


@mutation.field("createArtifactCollectionTagAssignments")
def add_tags(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    return {"tags": [tag_node(name) for name in editing.change_tags(context(info), input, add=True)]}


@mutation.field("deleteArtifactCollectionTagAssignments")
def delete_tags(_: Any, info: Any, input: Json) -> Json:  # noqa: A002
    editing.change_tags(context(info), input, add=False)
    return {"success": True}


BINDABLES = (mutation,)
