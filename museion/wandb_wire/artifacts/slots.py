"""Signed URLs of artifacts: what each purpose grants, and the fields under its seal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.catalog.wandb_artifacts import WandbArtifact, WandbManifest
from museion.wandb_wire.artifacts.manifests import Fingerprint
from museion.wandb_wire.asked import Asked

PUT_FILE = "artifact-put"
PUT_PART = "artifact-part"
PUT_MANIFEST = "artifact-manifest-put"
GET_FILE = "artifact-get"
GET_MANIFEST = "artifact-manifest"
UPLOAD_SECONDS = 24 * 3600.0
ROOT = "wandb_artifacts"
"""How storage paths begin, and with them the path of every signed URL: clients look for it."""


def storage_path(project: str, artifact: str, digest: str) -> str:
    """Where a client is told that a file lies."""
    return f"{ROOT}/{project}/{artifact}/{digest}"


def put_file(asked: Asked, artifact: WandbArtifact, wanted: Fingerprint) -> str:
    """Leave to send the content with this digest, once or again."""
    fields = {"a": artifact.key, "k": wanted.algorithm, "h": wanted.hex}
    return asked.links.url(PUT_FILE, fields, f"{ROOT}/{artifact.key}/{wanted.hex}", UPLOAD_SECONDS)


def put_part(asked: Asked, artifact: WandbArtifact, upload: str, number: int, md5: str) -> str:
    """Leave to send one part of a large file."""
    fields = {"a": artifact.key, "u": upload, "n": number, "h": md5}
    return asked.links.url(PUT_PART, fields, f"{ROOT}/{artifact.key}/{upload}/{number}", UPLOAD_SECONDS)


def put_manifest(asked: Asked, artifact: WandbArtifact, manifest: WandbManifest) -> str:
    """Leave to send the manifest."""
    fields = {"a": artifact.key, "m": manifest.key}
    return asked.links.url(PUT_MANIFEST, fields, f"{ROOT}/{artifact.key}/wandb_manifest.json", UPLOAD_SECONDS)


def get_manifest(asked: Asked, kind: str, key: int) -> str:
    """Leave to read the manifest of an artifact of the door (`kind` "a") or of a version ("v")."""
    return asked.links.url(GET_MANIFEST, {kind: key}, f"{ROOT}/{kind}{key}/wandb_manifest.json")


def get_file(asked: Asked, digest: str, size: int, name: str) -> str:
    """Leave to read one content."""
    fields: Mapping[str, Any] = {"d": digest, "s": size}
    return asked.links.url(GET_FILE, fields, f"{ROOT}/{name.rpartition('/')[2]}")
