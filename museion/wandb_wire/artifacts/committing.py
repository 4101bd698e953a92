"""Commit what a W&B client has sent: its manifests put together and told in our terms, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import zstandard

from museion.actions.actor import Actor
from museion.actions.commit_artifact import Draft, check_draft, check_sizes, record
from museion.actions.present import present
from museion.actions.stores import scope
from museion.catalog.catalog import Rows
from museion.catalog.wandb_artifacts import WandbArtifact, WandbContent
from museion.errors import BlobsMissing, Conflict, ValueInvalid
from museion.model.manifest import Content, Manifest
from museion.wandb_wire.artifacts import making, reading
from museion.wandb_wire.artifacts.manifests import Fingerprint, Parts, digest_of, merge, read, to_ours, write
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.ids import seal

_INNER = "wandb-artifact://"


def actor(asked: Asked) -> Actor:
    """The caller, as actions know them."""
    return Actor(asked.who.name, asked.who.may)


def again(asked: Asked, given: making.Json) -> WandbArtifact | None:
    """The committed artifact with the digest that a client is about to send, if its collection has it: its version is
    given the aliases and tags, and the run its edge, as if all of it had been sent again."""
    entity, project = asked.named(given["entityName"]), given["projectName"]
    asked.demand("write", entity)
    name = making.name_in(given)
    with asked.stores.catalog.reading() as rows:
        home = rows.projects.key(entity, project)
        collection = None if home is None else rows.collections.find(home, name)
        if collection is None or collection.type != given["artifactTypeName"]:
            return None
        found = rows.wandb_artifacts.by_digest(collection.key, given["digest"])
        if found is None or found.version is None:
            return None
        version, found = found.version, replace(found, name=name, type=collection.type)  # renamed since, perhaps
        stored = rows.artifacts.get(version)
        manifest = rows.manifests.get(stored.version.digest)
    draft = _draft(found, manifest, making.papers_in(given, name), given.get("runName") or None)
    _record(asked, found, draft, None)
    asked.changed = True
    return found


def commit(asked: Asked, artifact_id: str) -> WandbArtifact:
    """`commitArtifact`; again is no news. After BlobsMissing, ValueInvalid or Conflict there is nothing to be seen."""
    key = reading.door_key(artifact_id)
    known = None if key is None else _known(asked, key)
    if known is not None and known.state == "COMMITTED":
        return known
    artifact = making.pending(asked, artifact_id)
    parts = _born(gather(asked, artifact), seal(making.ARTIFACT, artifact.key))
    manifest = _ours(asked, artifact, parts)
    with asked.stores.catalog.reading() as rows:
        run = rows.runs.get(artifact.run).run.id if artifact.run is not None else None
    asked.changed = True
    return _record(asked, artifact, _draft(artifact, manifest, artifact.papers, run), parts)


def _known(asked: Asked, key: int) -> WandbArtifact | None:
    with asked.stores.catalog.reading() as rows:
        found = rows.wandb_artifacts.get(key)
    return found if found is not None and asked.may("write", found.entity) else None


def _draft(artifact: WandbArtifact, manifest: Manifest, papers: Mapping[str, object], run: str | None) -> Draft:
    fields = {name: papers[name] for name in ("description", "metadata", "aliases", "tags", "step", "ttl")}
    own = {"name": artifact.name, "type": artifact.type, "manifest": manifest, "run": run, "upload": artifact.lease}
    return Draft(**own, client_id=artifact.client_id, **fields)  # type: ignore[arg-type]


def _record(asked: Asked, artifact: WandbArtifact, draft: Draft, parts: Parts | None) -> WandbArtifact:
    """Version, aliases, edge and what the client reads back, all at once; `parts` is None if that is there already."""
    check_draft(draft)
    stores, now = asked.stores, asked.stores.clock()
    place = artifact.entity, artifact.project
    with present(stores, *place, draft.upload, draft.manifest.digests):
        check_sizes(stores, draft.manifest)
        with stores.catalog.transaction() as rows:
            home = rows.projects.ensure(*place, now)
            run = rows.runs.key(home, draft.run) if draft.run is not None else None
            made = record(rows, home, artifact.entity, draft, run, actor(asked), now)
            if parts is not None:
                _keep(rows, artifact, made.artifact.id, parts)
            found = rows.wandb_artifacts.get(artifact.key)
    if parts is not None and artifact.lease is not None:
        stores.blobs.release(artifact.lease)
    assert found is not None
    return found


def _keep(rows: Rows, artifact: WandbArtifact, version: int, parts: Parts) -> None:
    packed = zstandard.ZstdCompressor(level=3).compress(write(parts))
    digest = digest_of(parts, "MANIFEST_XXH128" if artifact.algorithm == "MANIFEST_XXH128" else "MANIFEST_MD5")
    rows.wandb_artifacts.commit(artifact.key, version, digest, packed)


def unpacked(data: bytes) -> bytes:
    """A kept manifest as it was."""
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=reading.MAX_TEXT)


# Putting manifests together


def gather(asked: Asked, artifact: WandbArtifact) -> Parts:
    """All entries: of the full manifest, of the base and what was added to it, or of every writer's patch."""
    with asked.stores.catalog.reading() as rows:
        came = [m for m in rows.wandb_artifacts.manifests(artifact.key) if m.data is not None]
    if not came:
        raise Conflict("The manifest has not come yet.", advice="Send it, and commit again.")
    full = [m for m in came if m.type == "FULL"]
    chosen = full[-1:] or came
    base = next((m.base for m in chosen if m.type == "INCREMENTAL" and m.base), None)
    layers = [_base(asked, artifact, base)] if base else []
    layers += [read(unpacked(m.data)) for m in chosen if m.data is not None]
    return merge(layers)


def _base(asked: Asked, artifact: WandbArtifact, base: str) -> Parts:
    found = reading.by_id(asked, base)
    if found is None or found.stored is None:
        raise ValueInvalid(f"The artifact to build upon ({base[:80]!r}) is not there.")
    if (found.stored.version.entity, found.stored.version.project) != (artifact.entity, artifact.project):
        raise ValueInvalid("The artifact to build upon is in another project.")
    return read(reading.manifest_bytes(asked, found))


def _born(parts: Parts, artifact: str) -> Parts:
    """Entries without a birth place were born here."""
    return {path: part if part.birth else replace(part, birth=artifact) for path, part in parts.items()}


# Told in our terms


def _ours(asked: Asked, artifact: WandbArtifact, parts: Parts) -> Manifest:
    stored = [(path, part.fingerprint) for path, part in parts.items() if part.ref is None]
    contents = making.find_contents(asked, artifact, list({wanted for _, wanted in stored}))
    contents |= _from_births(asked, artifact, parts, contents)
    missing = [path for path, wanted in stored if wanted not in contents]
    if missing:
        raise BlobsMissing(f"{len(missing):,} files were not sent, {missing[0]!r} among them.", paths=missing[:100])
    inner = _Inner(asked, artifact)
    ours = {wanted: Content(known.digest, known.size) for wanted, known in contents.items()}
    return to_ours(parts, ours, inner.find)


def _from_births(
    asked: Asked, artifact: WandbArtifact, parts: Parts, known: Mapping[Fingerprint, WandbContent]
) -> dict[Fingerprint, WandbContent]:
    """Files that came by our own door and were never read by W&B's: their digests are known through their version."""
    births = {p.birth for p in parts.values() if p.ref is None and p.birth and p.fingerprint not in known}
    for birth in sorted(births):
        found = reading.by_id(asked, birth)
        if found is not None and found.stored is not None and found.door is None:
            reading.manifest_bytes(asked, found)
    wanted = [p.fingerprint for p in parts.values() if p.ref is None and p.fingerprint not in known]
    return making.find_contents(asked, artifact, wanted) if births else {}


class _Inner:
    """Finds what `wandb-artifact://<hex of an id>/<path>` leads to, as far as this project may name it."""

    def __init__(self, asked: Asked, artifact: WandbArtifact) -> None:
        self._asked = asked
        self._artifact = artifact
        self._manifests: dict[str, Manifest | None] = {}

    def find(self, uri: str) -> Content | None:
        hexed, _, path = uri.removeprefix(_INNER).partition("/")
        if hexed not in self._manifests:
            self._manifests[hexed] = self._manifest(hexed)
        manifest = self._manifests[hexed]
        entry = None if manifest is None else manifest.entries.get(path)
        return entry if isinstance(entry, Content) and self._held(entry.digest) else None

    def _manifest(self, hexed: str) -> Manifest | None:
        try:
            found = reading.by_raw_id(self._asked, bytes.fromhex(hexed))
        except ValueError:
            return None
        if found is None or found.stored is None:
            return None
        with self._asked.stores.catalog.reading() as rows:
            return rows.manifests.get(found.stored.version.digest)

    def _held(self, digest: str) -> bool:
        lease, place = self._artifact.lease, scope(self._artifact.entity, self._artifact.project)
        return lease is not None and self._asked.stores.blobs.have_files(lease, [digest], place)[0]
