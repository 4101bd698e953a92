"""What W&B clients see of artifacts: a version as an `Artifact`, a collection, and a version's place in a collection.

What the caller may not read is not there.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import zstandard

from museion.actions.receive_content import fingerprints
from museion.actions.stores import Stores
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.collections import StoredCollection
from museion.catalog.wandb_artifacts import WandbArtifact
from museion.model.artifact import LATEST, Collection
from museion.wandb_wire.artifacts.manifests import MD5, from_ours, write
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.ids import seal, unseal
from museion.wandb_wire.nouns.lookup import ProjectNode, project_row

DOOR = "Artifact"
OWN = "ArtifactVersion"
COLLECTION = "ArtifactCollection"
MAX_TEXT = 4 << 30


@dataclass
class Seen:
    """An artifact: `door` if a W&B client made it, `stored` once it is a version (of its own collection)."""

    asked: Asked
    stored: StoredVersion | None
    door: WandbArtifact | None = None

    @property
    def id(self) -> str:
        if self.door is not None:
            return seal(DOOR, self.door.key)
        assert self.stored is not None
        return seal(OWN, self.stored.key)

    @property
    def place(self) -> tuple[str, str]:
        """Entity and project."""
        found = self.stored.version if self.stored is not None else self.door
        assert found is not None
        return found.entity, found.project

    @property
    def state(self) -> str:
        if self.stored is not None:
            return "COMMITTED"
        return "PENDING" if self.door is not None and self.door.state == "PENDING" else "DELETED"

    @cached_property
    def collection(self) -> CollectionNode:
        """The sequence it is in, or will be in."""
        with self.asked.stores.catalog.reading() as rows:
            home = rows.projects.key(*self.place)
            name = self.stored.version.name if self.stored is not None else self.door.name if self.door else ""
            found = None if home is None else rows.collections.find(home, name)
        if found is not None:
            return CollectionNode(self.asked, found)
        return CollectionNode(self.asked, StoredCollection(0, home or 0, name, self.door.type if self.door else ""))


@dataclass
class CollectionNode:
    """A sequence or a portfolio; its key is 0 before its first version is committed."""

    asked: Asked
    stored: StoredCollection
    gone: bool = False

    @property
    def id(self) -> str:
        return seal(COLLECTION, self.stored.key)

    @cached_property
    def described(self) -> Collection | None:
        if not self.stored.key:
            return None
        with self.asked.stores.catalog.reading() as rows:
            return rows.collections.describe(self.stored.key)

    @cached_property
    def project(self) -> ProjectNode | None:
        with self.asked.stores.catalog.reading() as rows:
            return project_row(rows, self.stored.project)

    def find(self, pointer: str) -> StoredVersion | None:
        """The version that an alias, `v3` or a digest names here."""
        if not self.stored.key or "\0" in pointer:
            return None
        with self.asked.stores.catalog.reading() as rows:
            return rows.artifacts.find(self.stored.key, pointer) or _by_wandb_digest(rows, self.stored, pointer)


def _by_wandb_digest(rows: Rows, collection: StoredCollection, digest: str) -> StoredVersion | None:
    """W&B takes an artifact's digest for a pointer too."""
    if len(digest) != 32:
        return None
    found = rows.wandb_artifacts.by_digest(collection.key, digest)
    return None if found is None or found.version is None else rows.artifacts.at(collection.key, found.version)


@dataclass
class Member:
    """A version as a collection shows it."""

    asked: Asked
    collection: CollectionNode
    shown: StoredVersion

    @property
    def id(self) -> str:
        name = f"ArtifactMembership:{self.collection.stored.key}:{self.shown.key}"
        return base64.b64encode(name.encode()).decode()

    @cached_property
    def seen(self) -> Seen:
        return seen(self.asked, [self.shown])[0]


def seen(asked: Asked, versions: Sequence[StoredVersion]) -> list[Seen]:
    """These versions as artifacts, each as its own collection has it."""
    with asked.stores.catalog.reading() as rows:
        return _seen(asked, rows, versions)


def _seen(asked: Asked, rows: Rows, versions: Iterable[StoredVersion]) -> list[Seen]:
    known = list(versions)
    doors = rows.wandb_artifacts.of_versions([stored.key for stored in known])
    own = [rows.artifacts.get(stored.key) if stored.linked else stored for stored in known]
    return [Seen(asked, stored, doors.get(stored.key)) for stored in own]


def door_key(artifact: str) -> int | None:
    """The number in the id of an artifact that a W&B client made."""
    return unseal(DOOR, artifact)


def by_id(asked: Asked, artifact: str) -> Seen | None:
    """The artifact with this id, if the caller may read it."""
    door, own = unseal(DOOR, artifact), unseal(OWN, artifact)
    with asked.stores.catalog.reading() as rows:
        if door is not None:
            found = _by_door(asked, rows, door)
        elif own is not None:
            stored = rows.artifacts.known(own)
            found = None if stored is None else _seen(asked, rows, [stored])[0]
        else:
            return None
    return found if found is not None and asked.may("read", found.place[0]) else None


def _by_door(asked: Asked, rows: Rows, key: int) -> Seen | None:
    door = rows.wandb_artifacts.get(key)
    if door is None:
        return None
    return Seen(asked, rows.artifacts.known(door.version) if door.version is not None else None, door)


def by_raw_id(asked: Asked, raw: bytes) -> Seen | None:
    """The same by the id's bytes, as `wandb-artifact://` writes them in hex."""
    return by_id(asked, base64.b64encode(raw).decode())


def by_client_id(asked: Asked, client_id: str) -> Seen | None:
    """The artifact that its client called so."""
    if "\0" in client_id:
        return None
    with asked.stores.catalog.reading() as rows:
        door = rows.wandb_artifacts.by_client(client_id[:512])
        found = None if door is None else _by_door(asked, rows, door.key)
        if found is None and (stored := rows.artifacts.by_client_id(client_id[:512])) is not None:
            found = _seen(asked, rows, [stored])[0]
    return found if found is not None and asked.may("read", found.place[0]) else None


def collection_by_id(asked: Asked, collection: str) -> CollectionNode | None:
    """The collection with this id, if the caller may read it."""
    key = unseal(COLLECTION, collection)
    if not key:
        return None
    with asked.stores.catalog.reading() as rows:
        stored = rows.collections.get(key)
        home = None if stored is None else project_row(rows, stored.project)
    may = home is not None and asked.may("read", home.entity)
    return CollectionNode(asked, stored) if stored is not None and may else None


def find_collection(asked: Asked, home: ProjectNode, name: str) -> CollectionNode | None:
    """The collection of this name in a project that was found."""
    if "\0" in name:
        return None
    with asked.stores.catalog.reading() as rows:
        stored = rows.collections.find(home.key, name)
    return None if stored is None else CollectionNode(asked, stored)


def find_member(asked: Asked, home: ProjectNode, name: str) -> Member | None:
    """What `collection:alias` names in a project; without an alias, the latest."""
    collection_name, _, pointer = name.partition(":")
    collection = find_collection(asked, home, collection_name)
    shown = None if collection is None else collection.find(pointer or LATEST)
    return None if collection is None or shown is None else Member(asked, collection, shown)


def manifest_bytes(asked: Asked, found: Seen) -> bytes:
    """The manifest of a committed artifact as a W&B client reads it."""
    assert found.stored is not None
    return manifest_of(asked.stores, found.stored, found.door)


def manifest_of(stores: Stores, stored: StoredVersion, door: WandbArtifact | None) -> bytes:
    """The one a W&B client wrote, or one made of ours."""
    with stores.catalog.reading() as rows:
        kept = rows.wandb_artifacts.manifest(door.key) if door is not None else None
        if kept is not None:
            return zstandard.ZstdDecompressor().decompress(kept, max_output_size=MAX_TEXT)
        ours = rows.manifests.get(stored.version.digest)
    known = fingerprints(stores, ours.digests)
    birth = seal(DOOR, door.key) if door is not None else seal(OWN, stored.key)
    return write(from_ours(ours, {digest: content.md5 for digest, content in known.items()}, birth))


def digest_shown(found: Seen) -> tuple[str, str]:
    """Digest and algorithm: W&B's own, or the beginning of ours where no W&B client made it."""
    if found.door is not None:
        return found.door.digest, found.door.algorithm
    assert found.stored is not None
    return found.stored.version.digest.partition(":")[2][:32], MD5
