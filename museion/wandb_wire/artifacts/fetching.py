"""What is fetched over plain HTTP: manifests by signed URL, and files by the digest that W&B's manifests give them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from museion.actions.stores import Stores
from museion.catalog.catalog import Rows
from museion.catalog.wandb_artifacts import WandbContent
from museion.errors import ArtifactNotFound, FileMissing
from museion.wandb_wire.artifacts import reading
from museion.wandb_wire.artifacts.reading import manifest_of
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import find_project

HEX = 32


def granted_manifest(stores: Stores, fields: Mapping[str, Any]) -> bytes:
    """The manifest that a signed URL grants; raises ArtifactNotFound if its version is gone."""
    with stores.catalog.reading() as rows:
        door = rows.wandb_artifacts.get(fields["a"]) if "a" in fields else None
        version = door.version if door is not None else fields.get("v")
        stored = rows.artifacts.known(version) if version is not None else None
    if stored is None:
        raise ArtifactNotFound("The artifact of this manifest is not there any more.")
    return manifest_of(stores, stored, door)


def find_content(
    asked: Asked, entity: str, project: str, collection: str, births: Sequence[str], digest: str
) -> WandbContent:
    """The content with this MD5 or XXH128 (hex) in the version it was born in, or in any of the collection.

    Raises FileMissing, also for what the caller may not read.
    """
    home = find_project(asked, entity, project)
    found = None if home is None else reading.find_collection(asked, home, collection)
    if found is None or len(digest) != HEX:
        raise FileMissing("There is no such file in this collection.")
    born = [artifact for birth in births if (artifact := reading.by_id(asked, birth)) is not None]
    with asked.stores.catalog.reading() as rows:
        first = [b.stored.version.digest for b in born if b.stored is not None and b.place == (entity, project)]
        candidates = {c.digest: c for kind in ("md5", "xxh128") for c in rows.wandb_artifacts.named(kind, [digest])}
        content = _named(rows, _manifests(rows, first, found.stored.key), candidates)
    if content is None:
        raise FileMissing("There is no such file in this collection.")
    return content


def _manifests(rows: Rows, first: Iterable[str], collection: int) -> Iterator[str]:
    yield from first
    for stored in rows.artifacts.versions(collection):
        yield stored.version.digest


def _named(rows: Rows, manifests: Iterable[str], candidates: Mapping[str, WandbContent]) -> WandbContent | None:
    if not candidates:
        return None
    for manifest in manifests:
        for digest in rows.manifests.get(manifest).digests & candidates.keys():
            return candidates[digest]
    return None
