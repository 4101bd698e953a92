"""What surrounds a version: its links, its edits, its signatures, how it differs from others."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from museion.actions import sign_artifact as signing
from museion.actions.diff_artifacts import diff_artifacts as diff
from museion.actions.edit_artifact import read_edits as edits_of
from museion.actions.link_artifact import Target
from museion.actions.link_artifact import link_artifact as link
from museion.actions.link_artifact import read_links as links_of
from museion.actions.read_artifact import read_recipe as recipe_of
from museion.server.context import Asked, Count, Place
from museion.server.doors import VERSION, Door
from museion.server.schemas import DiffOut, EditOut, LinkIn, LinkOut, RecipeOut, SignatureIn, SignatureOut, VersionOut


def link_version(here: Asked, entity: str, project: str, name: str, pointer: str, body: LinkIn) -> VersionOut:
    """Link the version into a registry's collection; gives it as it is shown there. DELETE of that unlinks it."""
    target = Target.parse(body.target, entity, project)
    return VersionOut.model_validate(
        link(here.stores, entity, project, name, pointer, target, body.aliases, here.actor)
    )


def read_links(here: Asked, entity: str, project: str, name: str, pointer: str) -> list[LinkOut]:
    """Where the version is linked."""
    found = links_of(here.stores, entity, project, name, pointer, here.may_read)
    return [LinkOut.model_validate(one) for one in found]


def read_edits(
    here: Asked, entity: str, project: str, name: str, pointer: str, limit: Count = 100, offset: Place = 0
) -> list[EditOut]:
    """How the version's papers were edited, by whom and when; the last edit first."""
    found = edits_of(here.stores, entity, project, name, pointer, limit=limit, offset=offset)
    return [EditOut.model_validate(one) for one in found]


def diff_versions(
    here: Asked,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    other: Annotated[
        str, Query(max_length=1024, description="Compare with this: `:v2`, `name:v2`, `project/name:best`")
    ],
) -> DiffOut:
    """How the version differs from another."""
    found = diff(here.stores, entity, project, name, pointer, other, here.may_read)
    return DiffOut.model_validate(found, from_attributes=True)


def read_recipe(
    here: Asked, entity: str, project: str, name: str, pointer: str, path: Annotated[str, Query(max_length=4096)]
) -> RecipeOut:
    """The chunks of a file: who has some of them need not fetch these."""
    return RecipeOut.model_validate(recipe_of(here.stores, entity, project, name, pointer, path))


def read_signatures(here: Asked, entity: str, project: str, name: str, pointer: str) -> list[SignatureOut]:
    """Signatures over the version's manifest."""
    found = signing.read_signatures(here.stores, entity, project, name, pointer)
    return [SignatureOut.model_validate(one) for one in found]


def sign_version(
    here: Asked, entity: str, project: str, name: str, pointer: str, body: SignatureIn
) -> list[SignatureOut]:
    """Add a signature, which must fit; one of the same key is replaced."""
    found = signing.sign_artifact(here.stores, entity, project, name, pointer, body.signer, body.body, here.actor)
    return [SignatureOut.model_validate(one) for one in found]


def remove_signature(
    here: Asked, entity: str, project: str, name: str, pointer: str, fingerprint: Annotated[str, Query(max_length=200)]
) -> None:
    """Take the signature of a key away."""
    signing.remove_signature(here.stores, entity, project, name, pointer, fingerprint)


DOORS = (
    Door("GET", f"{VERSION}/links", read_links, "read", "artifacts"),
    Door("POST", f"{VERSION}/links", link_version, "write", "artifacts"),
    Door("GET", f"{VERSION}/edits", read_edits, "read", "artifacts"),
    Door("GET", f"{VERSION}/diff", diff_versions, "read", "artifacts"),
    Door("GET", f"{VERSION}/recipe", read_recipe, "read", "artifacts"),
    Door("GET", f"{VERSION}/signatures", read_signatures, "read", "artifacts"),
    Door("POST", f"{VERSION}/signatures", sign_version, "write", "artifacts"),
    Door("DELETE", f"{VERSION}/signatures", remove_signature, "write", "artifacts", status=204),
)
