"""What clients change of artifacts and collections: each a call of the action that our own doors call too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from museion.actions.delete_artifact import delete_collection, delete_version
from museion.actions.edit_artifact import INHERIT, Change, edit_artifact
from museion.actions.edit_collection import CollectionChange, edit_collection
from museion.actions.link_artifact import Target, link_artifact, unlink_artifact
from museion.actions.use_artifact import use_artifact
from museion.errors import ArtifactNotFound, Conflict, ValueInvalid
from museion.model.artifact import LATEST, Collection
from museion.wandb_wire.artifacts import reading
from museion.wandb_wire.artifacts.committing import actor
from museion.wandb_wire.artifacts.making import json_object, lifetime
from museion.wandb_wire.artifacts.reading import CollectionNode, Member, Seen
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import find_project

Json = Mapping[str, Any]
Place = tuple[str, str, str]


def use(asked: Asked, given: Json) -> Seen:
    """`useArtifact`: the run used it."""
    found = _committed(asked, given["artifactID"])
    entity, project = asked.named(given["entityName"]), given["projectName"]
    asked.demand("write", entity)
    version = found.stored.version if found.stored else None
    assert version is not None
    use_artifact(asked.stores, entity, project, given["runName"], version.qualified, may_read=_reads(asked))
    asked.changed = True
    return found


def _reads(asked: Asked) -> Any:
    return lambda entity, project: asked.may("read", entity)


def _committed(asked: Asked, artifact: str, permission: str = "read") -> Seen:
    found = reading.by_id(asked, artifact)
    if found is None:
        raise ArtifactNotFound(f"There is no artifact with the id {artifact[:80]!r}.")
    asked.demand(permission, found.place[0])
    if found.stored is None:
        raise Conflict("The artifact is not committed, or has been deleted.", advice="Commit it first.")
    return found


def _address(found: Seen) -> tuple[str, str, str, str]:
    """As actions take a version."""
    assert found.stored is not None
    version = found.stored.version
    return version.entity, version.project, version.name, version.version


def update(asked: Asked, given: Json) -> Seen:
    """`updateArtifact`: description, metadata, tags, aliases, time to live; what is null stays."""
    found = _committed(asked, given["artifactID"], "write")
    metadata, seconds = given.get("metadata"), given.get("ttlDurationSeconds")
    change = Change(
        description=given.get("description"),
        metadata=None if metadata is None else json_object(metadata, "metadata"),
        add_tags=[tag["tagName"] for tag in given.get("tagsToAdd") or []],
        remove_tags=[tag["tagName"] for tag in given.get("tagsToDelete") or []],
        add_aliases=[alias["alias"] for alias in given.get("aliases") or []],
        ttl=_lifetime(found, seconds),
    )
    edit_artifact(asked.stores, *_address(found), change, actor(asked))
    asked.changed = True
    return _committed(asked, given["artifactID"])


def _lifetime(found: Seen, seconds: int | None) -> int | None:
    """None: leave it. Clients send what there is along with every other change: that is no change of it."""
    if seconds is None or found.stored is None:
        return None
    wanted = lifetime(seconds)
    if wanted == found.stored.version.ttl or (not wanted and not found.stored.version.ttl and seconds != -2):
        return None
    return INHERIT if wanted is None else wanted


def change_aliases(asked: Asked, given: Json, *, add: bool) -> None:
    """`addAliases` and `deleteAliases`: each alias in the collection it names. `latest` is the server's to move."""
    found = _committed(asked, given["artifactID"])
    assert found.stored is not None
    by_place: dict[Place, list[str]] = defaultdict(list)
    for alias in given["aliases"]:
        place = asked.named(alias["entityName"]), alias["projectName"], alias["artifactCollectionName"]
        by_place[place].append(alias["alias"])
    for place, names in by_place.items():
        member = _member(asked, place, found)
        chosen = names if add else [name for name in names if name != LATEST]
        change = Change(add_aliases=chosen) if add else Change(remove_aliases=chosen)
        edit_artifact(asked.stores, *place, member.shown.version.version, change, actor(asked))
    asked.changed = True


def _member(asked: Asked, place: Place, found: Seen) -> Member:
    """The version as this collection shows it; the caller may change it there."""
    home = find_project(asked, place[0], place[1])
    collection = None if home is None else reading.find_collection(asked, home, place[2])
    assert found.stored is not None
    if collection is not None:
        asked.demand("write", place[0])
        with asked.stores.catalog.reading() as rows:
            shown = rows.artifacts.at(collection.stored.key, found.stored.key)
        if shown is not None:
            return Member(asked, collection, shown)
    raise ArtifactNotFound(f"The artifact is not in {'/'.join(place)}.")


def delete(asked: Asked, given: Json) -> Seen:
    """`deleteArtifact`; raises Conflict if it has aliases that the caller did not say to take."""
    found = _committed(asked, given["artifactID"], "write")
    take = bool(given.get("deleteAliases"))
    delete_version(asked.stores, *_address(found), delete_aliases=take, actor=actor(asked))
    asked.changed = True
    return found


# Links


def link(asked: Asked, given: Json) -> Member:
    """`linkArtifact`: into a portfolio, which is made on demand."""
    found = _to_link(asked, given)
    portfolio = reading.collection_by_id(asked, given.get("artifactPortfolioID") or "")
    if portfolio is not None and portfolio.project is not None:
        place = (portfolio.project.entity, portfolio.project.name, portfolio.stored.name)
    else:
        home, name = given.get("projectName") or "", given.get("artifactPortfolioName") or ""
        place = (asked.named(given.get("entityName")), home, name)
    if not place[1] or not place[2]:
        raise ValueInvalid("The portfolio to link into has no name.")
    asked.demand("write", place[0])
    target = Target(*place)
    names = [alias["alias"] for alias in given.get("aliases") or [] if alias["alias"] != LATEST]
    link_artifact(asked.stores, *_address(found), target, names, actor(asked))
    asked.changed = True
    return _member(asked, place, found)


def _to_link(asked: Asked, given: Json) -> Seen:
    if not given.get("clientID") or given.get("artifactID"):
        return _committed(asked, given.get("artifactID") or "")
    found = reading.by_client_id(asked, given["clientID"])
    if found is None:
        raise ArtifactNotFound("There is no artifact with this client id.")
    return _committed(asked, found.id)


def unlink(asked: Asked, given: Json) -> None:
    """`unlinkArtifact`."""
    found = _committed(asked, given["artifactID"])
    portfolio = _collection(asked, given["artifactPortfolioID"])
    home = portfolio.project
    assert home is not None
    place = (home.entity, home.name, portfolio.stored.name)
    member = _member(asked, place, found)
    unlink_artifact(asked.stores, *place, member.shown.version.version, actor(asked))
    asked.changed = True


# Collections


def _collection(asked: Asked, collection: str) -> CollectionNode:
    found = reading.collection_by_id(asked, collection)
    if found is None or found.project is None:
        raise ArtifactNotFound("There is no collection with this id.")
    asked.demand("write", found.project.entity)
    return found


def _placed(found: CollectionNode) -> Place:
    assert found.project is not None
    return found.project.entity, found.project.name, found.stored.name


def change_collection(asked: Asked, collection: str, change: CollectionChange) -> CollectionNode:
    """Rename it, describe it, or move it to another type."""
    found = _collection(asked, collection)
    edit_collection(asked.stores, *_placed(found), change)
    asked.changed = True
    return _collection(asked, collection)


def drop_collection(asked: Asked, collection: str) -> CollectionNode:
    """Delete it with all its versions, or with its links if it is a portfolio."""
    found = _collection(asked, collection)
    _ = found.described
    delete_collection(asked.stores, *_placed(found), actor(asked))
    asked.changed = True
    return found


def change_tags(asked: Asked, given: Json, *, add: bool) -> Sequence[str]:
    """Give a collection tags, or take them; returns those that were named."""
    place = asked.named(given["entityName"]), given["projectName"], given["artifactCollectionName"]
    asked.demand("write", place[0])
    names = [tag["tagName"] for tag in given["tags"]]
    change = CollectionChange(add_tags=names) if add else CollectionChange(remove_tags=names)
    found: Collection = edit_collection(asked.stores, *place, change)
    asked.changed = True
    return [tag for tag in found.tags if tag in names] if add else names
