"""What comes in by a signed URL: files, parts of files, manifests. The token is checked; what it grants is `fields`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import zstandard

from museion.actions.receive_content import Check, Readable, receive_content, same_md5
from museion.actions.stores import Stores
from museion.catalog.wandb_artifacts import WandbArtifact, WandbContent, WandbPart
from museion.errors import ArtifactNotFound, BlobCorrupt, Conflict, NotFound
from museion.wandb_wire.artifacts.manifests import raw, read

Fields = Mapping[str, Any]


def take_file(stores: Stores, fields: Fields, source: Readable) -> str:
    """A whole file; returns its MD5 in hex. Raises BlobCorrupt if it is not the content that was announced."""
    artifact = _pending(stores, fields["a"])
    return _receive(stores, artifact, source, _same(fields["k"], fields["h"])).md5


def take_part(stores: Stores, fields: Fields, source: Readable) -> str:
    """One part of a large file; returns its MD5 in hex."""
    artifact = _pending(stores, fields["a"])
    content = _receive(stores, artifact, source, same_md5(fields["h"]))
    part = WandbPart(fields["n"], content.digest, content.md5, content.size)
    with stores.catalog.transaction() as rows:
        rows.wandb_artifacts.put_part(fields["u"], artifact.key, part)
    return content.md5


def take_manifest(stores: Stores, fields: Fields, data: bytes) -> str:
    """A manifest, which has to be one; returns its MD5 in hex. Sent again, the last one counts."""
    artifact = _pending(stores, fields["a"])
    digest = hashlib.md5(data, usedforsecurity=False).digest()
    with stores.catalog.reading() as rows:
        manifest = rows.wandb_artifacts.get_manifest(fields["m"])
    if manifest is None or manifest.artifact != artifact.key:
        raise NotFound("There is no manifest to be sent here.")
    if manifest.digest and raw(manifest.digest) != digest:
        raise BlobCorrupt("The manifest does not have the MD5 that was announced.", advice="Send it again.")
    read(data)
    packed = zstandard.ZstdCompressor(level=3).compress(data)
    with stores.catalog.transaction() as rows:
        rows.wandb_artifacts.change_manifest(manifest.key, {"data": packed})
    return digest.hex()


def _pending(stores: Stores, key: int) -> WandbArtifact:
    with stores.catalog.reading() as rows:
        found = rows.wandb_artifacts.get(key)
    if found is None:
        raise ArtifactNotFound("The artifact that this was to be part of is not there any more.")
    if found.state != "PENDING":
        raise Conflict("The artifact is committed already: nothing can be added.", advice="Begin a new one.")
    return found


def _receive(stores: Stores, artifact: WandbArtifact, source: Readable, check: Check) -> WandbContent:
    place = artifact.entity, artifact.project
    return receive_content(stores, *place, source, lease=artifact.lease, check=check)


def _same(algorithm: str, expected: str) -> Check:
    if algorithm == "md5":
        return same_md5(expected)

    def check(content: WandbContent) -> None:
        if content.xxh128 != expected:
            raise BlobCorrupt(f"The bytes have the XXH128 {content.xxh128}, not {expected}.", advice="Send them again.")

    return check
