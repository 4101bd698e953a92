"""Versions known on this machine without a server, so that a whole pipeline runs offline.

Under `$MUSEION_HOME/offline/<entity>/<project>/` there is one JSON file a collection, with its versions' papers, and
under `offline/manifests/` one file a manifest. Numbers are provisional: the server gives its own when the journals are
synced. What a run used is pinned by digest in its journal, so the same content is found there whatever its number.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from museion.errors import ArtifactNotFound, BlobNotFound, TypeMismatch, UsageError
from museion.model.artifact import LATEST
from museion.model.manifest import Content, Manifest
from museion.model.names import ArtifactRef, check_artifact_name, check_name, is_digest_prefix
from museion.sdk import local
from museion.sdk.source import Json, read_manifest

_PIECE = 1 << 20


class OfflineCatalog:
    """The versions under one root folder. Safe with several processes; each change appears at once or not at all."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.time) -> None:
        self.root = root
        self._clock = clock

    def commit(self, entity: str, project: str, body: Json) -> Json:
        """Make a version out of the fields of `ArtifactIn`, or find the one with this content; gives its papers.

        The given aliases and `latest` move to it. Raises TypeMismatch if the collection has another type.
        """
        manifest = Manifest.from_json(body["manifest"])
        self._keep_manifest(manifest)
        with self._collection(entity, project, body["name"]) as found:
            if found.setdefault("type", body["type"]) != body["type"]:
                raise TypeMismatch(f"The artifact {body['name']!r} has the type {found['type']!r}.")
            versions = found.setdefault("versions", [])
            papers = next((p for p in versions if p["digest"] == manifest.digest), None)
            if papers is None:
                papers = self._papers(entity, project, body, manifest, len(versions))
                versions.append(papers)
            _point(versions, papers, [*body["aliases"], LATEST])
            return dict(papers)

    def find(self, entity: str, project: str, ref: ArtifactRef) -> Json:
        """The papers of the version `ref` names; ArtifactNotFound lists what there is."""
        home, place = ref.entity or entity, ref.project or project
        versions = self._read(self._file(home, place, ref.name)).get("versions", [])
        if not versions:
            raise ArtifactNotFound(
                f"No artifact {ref.name!r} of {home}/{place} is known on this machine.",
                advice="Offline, only what was logged offline here can be used; go online once, or log it first.",
            )
        for papers in versions:
            if ref.pointer in (papers["version"], *papers["aliases"]) or _is_prefix(ref.pointer, papers["digest"]):
                return dict(papers)
        raise ArtifactNotFound(
            f"{home}/{place}/{ref.name} has no version or alias {ref.pointer!r} on this machine.",
            advice=f"It has {', '.join(pointers(versions))}.",
        )

    def patch(self, papers: Json, change: Json) -> Json:
        """Edit a version's papers, by the fields of `VersionPatch`."""
        with self._collection(papers["entity"], papers["project"], papers["name"]) as found:
            mine: Json = found["versions"][papers["number"]]
            mine.update({k: change[k] for k in ("description", "metadata", "tags") if change.get(k) is not None})
            gone = set(change.get("remove_aliases", ()))
            mine["aliases"] = [alias for alias in mine["aliases"] if alias not in gone]
            _point(found["versions"], mine, change.get("add_aliases", ()))
            mine["updated_at"] = self._clock()
            return dict(mine)

    def manifest(self, digest: str) -> Manifest:
        """The manifest with this digest."""
        return read_manifest(self._manifest_file(digest).read_bytes(), digest)

    def _papers(self, entity: str, project: str, body: Json, manifest: Manifest, number: int) -> Json:
        now = self._clock()
        return {
            "entity": entity,
            "project": project,
            "name": body["name"],
            "type": body["type"],
            "version": f"v{number}",
            "number": number,
            "digest": manifest.digest,
            "size": manifest.size,
            "files": len(manifest),
            "created_at": now,
            "updated_at": now,
            "description": body["description"],
            "metadata": body["metadata"],
            "aliases": [],
            "tags": body["tags"],
            "made_by": body.get("run"),
            "step": body.get("step"),
        }

    def _file(self, entity: str, project: str, name: str) -> Path:
        folder = self.root / check_name(entity, "entity") / check_name(project, "project")
        return folder / f"{check_artifact_name(name)}.json"

    def _manifest_file(self, digest: str) -> Path:
        return self.root / ".manifests" / f"{digest[7:]}.json"

    def _keep_manifest(self, manifest: Manifest) -> None:
        target = self._manifest_file(manifest.digest)
        if not target.exists():
            _replace(target, manifest.canonical())

    @contextmanager
    def _collection(self, entity: str, project: str, name: str) -> Iterator[Json]:
        """A collection's file, locked, and written back when the block ends well."""
        file = self._file(entity, project, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        with (file.parent / ".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            body = self._read(file)
            yield body
            _replace(file, json.dumps(body, ensure_ascii=False).encode())

    @staticmethod
    def _read(file: Path) -> Json:
        try:
            found: Json = json.loads(file.read_bytes())
        except FileNotFoundError:
            return {}
        return found


class OfflineSource:
    """A version of the offline catalog, read from what is staged on this machine."""

    def __init__(self, catalog: OfflineCatalog, papers: Json) -> None:
        self._catalog = catalog
        self._papers = papers

    def papers(self) -> Json:
        return self._papers

    def manifest(self) -> Manifest:
        return self._catalog.manifest(self._papers["digest"])

    def pieces(self, path: str, content: Content) -> Iterator[bytes]:
        return staged_pieces(path, content)

    def read(self, path: str, content: Content, start: int, stop: int) -> Iterator[bytes]:
        at = 0
        for piece in staged_pieces(path, content):
            if at < stop and at + len(piece) > start:
                yield piece[max(start - at, 0) : stop - at]
            at += len(piece)

    def bundle(self, contents: Mapping[str, Content]) -> Iterator[tuple[str, bytes]]:
        return ((path, b"".join(staged_pieces(path, content))) for path, content in contents.items())

    def recipe(self, path: str, content: Content) -> list[tuple[bytes, int]]:
        return []

    def identity(self) -> str:
        return "/".join(("offline", *(str(self._papers[k]) for k in ("entity", "project", "name"))))

    def patch(self, change: Json) -> Json:
        self._papers = self._catalog.patch(self._papers, change)
        return self._papers

    def delete(self) -> None:
        raise UsageError("A version that was logged offline cannot be deleted.", advice="Sync it, then delete it.")

    def runs(self) -> Json:
        raise UsageError("Runs of an artifact that was logged offline are known once it is synced.")

    def cached(self) -> bool:
        return False


def staged_pieces(path: str, content: Content) -> Iterator[bytes]:
    """The bytes of `content` from the staging of this machine, or from its cache."""
    if held := local.file_cache().get(content.digest):
        with held.open("rb") as file:
            yield from iter(lambda: file.read(_PIECE), b"")
        return
    try:
        yield from local.staging().open(content.digest)
    except (BlobNotFound, KeyError):
        raise BlobNotFound(
            f"The content of {path!r} ({content.digest}) is not on this machine any more.",
            advice="It was sent to the server: use it online.",
        ) from None


def pointers(versions: list[Any]) -> list[str]:
    """Every version and alias of a collection, for a message."""
    return [name for papers in versions for name in (papers["version"], *papers["aliases"])]


def _point(versions: list[Json], papers: Json, aliases: Any) -> None:
    for alias in dict.fromkeys(aliases):
        for other in versions:
            if other is not papers and alias in other["aliases"]:
                other["aliases"].remove(alias)
        if alias not in papers["aliases"]:
            papers["aliases"].append(alias)


def _is_prefix(pointer: str, digest: str) -> bool:
    return is_digest_prefix(pointer) and digest.startswith(f"blake3:{pointer}")


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    temp = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    with temp.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temp, target)
