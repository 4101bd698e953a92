"""Make an artifact as W&B clients do: begin it, ask where to send manifest and files, and commit."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.stores import run_key, scope
from museion.actions.uploads import open_upload
from museion.catalog.sql import plain
from museion.catalog.wandb_artifacts import ManifestType, WandbArtifact, WandbContent, WandbManifest, WandbPart
from museion.errors import ArtifactNotFound, Conflict, NotFound, TypeMismatch, ValueInvalid
from museion.model.artifact import may_expire
from museion.model.names import check_alias, check_artifact_name, check_name, check_tag
from museion.model.paths import check_path
from museion.wandb_wire.artifacts import slots
from museion.wandb_wire.artifacts.concat import Concatenated
from museion.wandb_wire.artifacts.manifests import MD5, XXH128, Fingerprint, raw
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.ids import seal, unseal

ARTIFACT = "Artifact"
MANIFEST = "ArtifactManifest"
REGIONS = ("", "default", "minio-local")
MAX_ID = 512
MAX_FILES = 10_000
MAX_PARTS = 10_000
Json = Mapping[str, Any]


# Begin


def begin(asked: Asked, given: Json) -> WandbArtifact:
    """`createArtifact`: a new artifact, or the one this client or these writers began already.

    Content that the collection has is told by the answer's state: its version has been given the aliases by then.
    """
    entity, project = asked.named(given["entityName"]), given["projectName"]
    asked.demand("write", entity)
    name = name_in(given)
    papers = papers_in(given, name)
    check_name(project, "project")
    check_name(given["artifactTypeName"], "artifact type")
    region = given.get("storageRegion") or ""
    if region not in REGIONS:
        raise ValueInvalid(f"This server has no storage region {region[:64]!r}.", advice="Leave the region out.")
    if (found := _begun(asked, entity, project, name, given)) is not None:
        return found
    _check_type(asked, entity, project, name, given["artifactTypeName"])
    asked.changed = True
    return _add(asked, entity, project, name, given, papers)


def name_in(given: Json) -> str:
    names = given.get("artifactCollectionNames") or []
    return check_artifact_name(given.get("artifactCollectionName") or (names[0] if names else None))


def papers_in(given: Json, name: str) -> dict[str, Any]:
    aliases = [check_alias(a["alias"]) for a in given.get("aliases") or [] if a["artifactCollectionName"] == name]
    tags = [check_tag(tag["tagName"]) for tag in given.get("tags") or []]
    step = given.get("historyStep")
    ttl = lifetime(given.get("ttlDurationSeconds"))
    if isinstance(ttl, int) and not may_expire(given["artifactTypeName"]):
        ttl = None
    return {
        "description": given.get("description"),
        "metadata": json_object(given.get("metadata"), "metadata"),
        "aliases": aliases,
        "tags": tags,
        "step": step,
        "ttl": ttl,
    }


def lifetime(seconds: int | None) -> int | None:
    """W&B's seconds (−1: as the collection has it, 0 or −2: for ever) as ours (None, 0)."""
    if seconds is None or seconds == -1:
        return None
    return max(0, seconds)


def json_object(text: str | None, what: str) -> dict[str, Any]:
    """JSON text that has to hold an object."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        raise ValueInvalid(f"The {what} is not JSON.") from None
    if not isinstance(found, dict | None):
        raise ValueInvalid(f"The {what} is not an object.")
    return found or {}


def _begun(asked: Asked, entity: str, project: str, name: str, given: Json) -> WandbArtifact | None:
    """What a client asks for again after it missed the answer, and what several writers share."""
    client, distributed = _short(given.get("clientID")), _short(given.get("distributedID"))
    with asked.stores.catalog.reading() as rows:
        if client is not None:
            found = rows.wandb_artifacts.by_client(client)
            if found and (found.entity, found.project, found.name) == (entity, project, name):
                return found
        home = rows.projects.key(entity, project)
        if home is not None and distributed is not None:
            return rows.wandb_artifacts.by_distributed(home, name, distributed)
    return None


def _short(text: str | None) -> str | None:
    return plain(text, "id", MAX_ID) or None


def _check_type(asked: Asked, entity: str, project: str, name: str, kind: str) -> None:
    with asked.stores.catalog.reading() as rows:
        home = rows.projects.key(entity, project)
        known = None if home is None else rows.collections.find(home, name)
    if known is not None and known.type != kind:
        raise TypeMismatch(f"The artifact {name!r} has the type {known.type!r}, not {kind!r}.")
    if known is not None and known.kind != "sequence":
        raise Conflict(f"{name!r} is a portfolio: versions are linked into it.", advice="Choose another name.")


def _add(asked: Asked, entity: str, project: str, name: str, given: Json, papers: dict[str, Any]) -> WandbArtifact:
    now = asked.stores.clock()
    with asked.stores.catalog.transaction() as rows:
        home = rows.projects.ensure(entity, project, now)
        run = run_key(rows, entity, project, given["runName"])[1] if given.get("runName") else None
    lease = open_upload(asked.stores, entity, project, seconds=slots.UPLOAD_SECONDS).upload
    fields = {
        "project": home,
        "name": name,
        "type": given["artifactTypeName"],
        "state": "PENDING",
        "digest": _short(given["digest"]) or "",
        "algorithm": given.get("digestAlgorithm") or MD5,
        "papers": papers,
        "client_id": _short(given.get("clientID")),
        "sequence_client_id": _short(given.get("sequenceClientID")),
        "distributed_id": _short(given.get("distributedID")),
        "lease": lease,
        "run": run,
        "version": None,
        "created_at": now,
        "manifest": None,
    }
    with asked.stores.catalog.transaction() as rows:
        rows.wandb_artifacts.sweep(now - 30 * 86400)
        return rows.wandb_artifacts.add(fields)


def pending(asked: Asked, artifact: str) -> WandbArtifact:
    """The artifact with this id, which the caller is filling; raises ArtifactNotFound or Conflict."""
    key = unseal(ARTIFACT, artifact)
    return pending_by_key(asked, key) if key is not None else _absent(artifact)


def pending_by_key(asked: Asked, key: int) -> WandbArtifact:
    """The same by its number."""
    with asked.stores.catalog.reading() as rows:
        found = rows.wandb_artifacts.get(key)
    if found is None or not asked.may("write", found.entity):
        return _absent(key)
    if found.state != "PENDING":
        raise Conflict(f"The artifact {found.name!r} is committed already.", advice="Begin a new one.")
    return found


def _absent(what: object) -> WandbArtifact:
    raise ArtifactNotFound(f"There is no artifact with the id {str(what)[:80]!r}.")


# Manifests


def add_manifest(asked: Asked, given: Json) -> tuple[WandbArtifact, WandbManifest]:
    """`createArtifactManifest`. There is one FULL manifest, asked for twice; of patches each writer has its own."""
    artifact = pending(asked, given["artifactID"])
    kind: ManifestType = given.get("type") or "FULL"
    digest, base = given.get("digest") or "", _short(given.get("baseArtifactID"))
    if digest:
        raw(digest)
    with asked.stores.catalog.transaction() as rows:
        known = [m for m in rows.wandb_artifacts.manifests(artifact.key) if m.type == kind != "PATCH"]
        if not known:
            return artifact, rows.wandb_artifacts.add_manifest(artifact.key, kind, base, digest)
        fields = {"digest": digest or known[0].digest, "base": base or known[0].base}
        rows.wandb_artifacts.change_manifest(known[0].key, fields)
        found = rows.wandb_artifacts.get_manifest(known[0].key)
    assert found is not None
    return artifact, found


def change_manifest(asked: Asked, given: Json) -> tuple[WandbArtifact, WandbManifest]:
    """`updateArtifactManifest`: its digest is known now."""
    key = unseal(MANIFEST, given["artifactManifestID"])
    with asked.stores.catalog.reading() as rows:
        found = None if key is None else rows.wandb_artifacts.get_manifest(key)
    if found is None:
        raise NotFound("There is no manifest with this id.")
    artifact = pending_by_key(asked, found.artifact)
    digest, base = given.get("digest") or found.digest, _short(given.get("baseArtifactID")) or found.base
    if digest:
        raw(digest)
    with asked.stores.catalog.transaction() as rows:
        rows.wandb_artifacts.change_manifest(found.key, {"digest": digest, "base": base})
    return artifact, WandbManifest(found.key, found.artifact, found.type, base, digest, None)


# Files


@dataclass(frozen=True, slots=True)
class Slot:
    """Where one file is to be sent: `url` is None if its content is here already. `parts` are for large files."""

    artifact: WandbArtifact
    name: str
    path: str
    md5: str
    url: str | None
    headers: tuple[str, ...]
    upload: str | None = None
    parts: tuple[tuple[int, str], ...] = ()


def add_files(asked: Asked, given: Json) -> list[Slot]:
    """`createArtifactFiles`: a slot for each file asked about, in the same order."""
    specs: Sequence[Json] = given["artifactFiles"]
    if len(specs) > MAX_FILES:
        raise ValueInvalid(f"At most {MAX_FILES:,} files are taken at once, not {len(specs):,}.")
    artifacts = {spec["artifactID"]: spec for spec in specs}
    known = {key: pending(asked, key) for key in artifacts}
    default = given.get("digestAlgorithm") or MD5
    wanted = [_wanted(spec, default) for spec in specs]
    here = _here(asked, known, specs, wanted)
    return [
        _slot(asked, known[spec["artifactID"]], spec, digest, (spec["artifactID"], digest) in here)
        for spec, digest in zip(specs, wanted, strict=True)
    ]


def _wanted(spec: Json, algorithm: str) -> Fingerprint:
    if algorithm == XXH128 and spec.get("digest"):
        return Fingerprint("xxh128", raw(spec["digest"]))
    return Fingerprint("md5", raw(spec["md5"]))


def _here(
    asked: Asked, known: Mapping[str, WandbArtifact], specs: Sequence[Json], wanted: Sequence[Fingerprint]
) -> set[tuple[str, Fingerprint]]:
    """Which of these contents their project has already, by its MD5; they are kept until the upload ends."""
    found: set[tuple[str, Fingerprint]] = set()
    for artifact_id, artifact in known.items():
        prints = [w for s, w in zip(specs, wanted, strict=True) if s["artifactID"] == artifact_id]
        contents = find_contents(asked, artifact, prints)
        found.update((artifact_id, print_) for print_ in contents)
    return found


def find_contents(
    asked: Asked, artifact: WandbArtifact, prints: Sequence[Fingerprint]
) -> dict[Fingerprint, WandbContent]:
    """The contents with these digests that the artifact's project has."""
    by_hex = {(p.algorithm, p.hex): p for p in prints}
    candidates: list[tuple[Fingerprint, WandbContent]] = []
    with asked.stores.catalog.reading() as rows:
        for algorithm in ("md5", "xxh128"):
            names = sorted({hexed for kind, hexed in by_hex if kind == algorithm})
            for content in rows.wandb_artifacts.named(algorithm, names):
                candidates.append((by_hex[algorithm, getattr(content, algorithm)], content))
    if not candidates or artifact.lease is None:
        return {}
    digests = sorted({content.digest for _, content in candidates})
    place = scope(artifact.entity, artifact.project)
    held = dict(zip(digests, asked.stores.blobs.have_files(artifact.lease, digests, place), strict=True))
    return {print_: content for print_, content in candidates if held[content.digest]}


def _slot(asked: Asked, artifact: WandbArtifact, spec: Json, wanted: Fingerprint, here: bool) -> Slot:
    name = check_path(spec["name"])
    path = slots.storage_path(artifact.project, seal(ARTIFACT, artifact.key), wanted.hex)
    if here:
        return Slot(artifact, name, path, wanted.text, None, ())
    parts = spec.get("uploadPartsInput")
    if parts and wanted.algorithm == "md5":
        return _large(asked, artifact, name, path, wanted, parts)
    headers = [f"Content-MD5:{wanted.text}"] if wanted.algorithm == "md5" else []
    headers += [f"Content-Type:{spec['mimetype']}"] if _plain_header(spec.get("mimetype")) else []
    return Slot(artifact, name, path, wanted.text, slots.put_file(asked, artifact, wanted), tuple(headers))


def _plain_header(text: str | None) -> bool:
    return bool(text) and len(text or "") < 200 and (text or "").isascii() and (text or "").isprintable()


def _large(
    asked: Asked, artifact: WandbArtifact, name: str, path: str, wanted: Fingerprint, parts: Sequence[Json]
) -> Slot:
    numbers = [part["partNumber"] for part in parts]
    if len(parts) > MAX_PARTS or numbers != list(range(1, len(parts) + 1)):
        raise ValueInvalid(f"The parts of {name!r} are not numbered from 1 to at most {MAX_PARTS:,}.")
    upload = secrets.token_hex(16)
    urls = tuple((p["partNumber"], _part_url(asked, artifact, upload, p)) for p in parts)
    whole = slots.put_file(asked, artifact, wanted)
    return Slot(artifact, name, path, wanted.text, whole, (), upload, urls)


def _part_url(asked: Asked, artifact: WandbArtifact, upload: str, part: Json) -> str:
    return slots.put_part(asked, artifact, upload, part["partNumber"], hexed(part["hexMD5"]))


def hexed(text: str) -> str:
    """An MD5 in hex, as it has to be."""
    try:
        found = bytes.fromhex(text)
    except ValueError:
        found = b""
    if len(found) != 16:
        raise ValueInvalid(f"{text[:64]!r} is not an MD5 in hex.")
    return found.hex()


def complete(asked: Asked, given: Json) -> str:
    """`completeMultipartUploadArtifact`: put the parts together; gives the MD5 (base64) of the whole.

    Raises Conflict for parts that are missing or are not those that came.
    """
    from museion.actions.receive_content import receive_content, same_md5

    artifact = pending(asked, given["artifactID"])
    with asked.stores.catalog.reading() as rows:
        have = rows.wandb_artifacts.parts(_short(given["uploadID"]) or "", artifact.key)
    _check_parts(have, given["completedParts"])
    source = Concatenated(asked.stores.blobs, [part.digest for part in have])
    place = artifact.entity, artifact.project
    whole = same_md5(given["storagePath"].rpartition("/")[2][:64])
    content = receive_content(asked.stores, *place, source, lease=artifact.lease, check=whole)
    return Fingerprint("md5", bytes.fromhex(content.md5)).text


def _check_parts(have: Sequence[WandbPart], claimed: Sequence[Json]) -> None:
    there = {part.number: part.md5 for part in have}
    wanted = {part["partNumber"]: part["hexMD5"].strip('"').lower() for part in claimed}
    missing = sorted(wanted.keys() - there.keys()) or sorted(there.keys() - wanted.keys())
    if missing or sorted(wanted) != list(range(1, len(wanted) + 1)):
        raise Conflict(f"The parts {missing[:20]} are missing or too many.", advice="Send them, and complete again.")
    if wrong := [number for number, md5 in wanted.items() if there[number] != md5]:
        raise Conflict(f"The parts {wrong[:20]} have other content.", advice="Send them again.")
