"""Artifacts as W&B clients make them: from the first request to the commit, and under the digests they know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Select, delete, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, pieces, to_text, upsert

State = Literal["PENDING", "COMMITTED"]
ManifestType = Literal["FULL", "INCREMENTAL", "PATCH"]
_LEFT_OUT = ("manifest", "sequence_client_id", "project")


@dataclass(frozen=True, slots=True)
class WandbArtifact:
    """An artifact of the door. `version` is the key of the version it became; `papers` what it is to have then."""

    key: int
    entity: str
    project: str
    name: str
    type: str
    state: State
    digest: str
    algorithm: str
    papers: Mapping[str, Any]
    client_id: str | None
    distributed_id: str | None
    lease: str | None
    run: int | None
    version: int | None
    created_at: float


@dataclass(frozen=True, slots=True)
class WandbManifest:
    """A manifest on its way in; `base` is the id of the artifact it builds upon, `digest` the MD5 (base64) to come."""

    key: int
    artifact: int
    type: ManifestType
    base: str | None
    digest: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class WandbContent:
    """One content under all its names; `size` in bytes."""

    digest: str
    md5: str
    xxh128: str
    size: int


@dataclass(frozen=True, slots=True)
class WandbPart:
    """A piece of a large file, itself stored as content."""

    number: int
    digest: str
    md5: str
    size: int


class WandbArtifacts:
    """The tables `wandb_artifact`, `wandb_manifest`, `wandb_part` and `wandb_content`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    # Artifacts

    def add(self, fields: Mapping[str, Any]) -> WandbArtifact:
        """Begin one; `fields` are the columns but key and manifest."""
        row = {**fields, "papers": to_text(dict(fields["papers"]), "artifact")}
        key = self._sql.execute(insert(t.wandb_artifact).values(row).returning(t.wandb_artifact.c.key)).scalar_one()
        found = self.get(key)
        assert found is not None
        return found

    def get(self, key: int) -> WandbArtifact | None:
        return self._first(t.wandb_artifact.c.key == key)

    def by_client(self, client_id: str) -> WandbArtifact | None:
        """The one a client began under an id of its own; the newest, should two have chosen the same."""
        return self._first(t.wandb_artifact.c.client_id == client_id)

    def by_distributed(self, project: int, name: str, distributed_id: str) -> WandbArtifact | None:
        """The one that several writers fill together, while nobody has committed it."""
        a = t.wandb_artifact.c
        here = (a.project == project, a.name == name, a.distributed_id == distributed_id)
        return self._first(*here, a.state == "PENDING")

    def by_digest(self, collection: int, digest: str) -> WandbArtifact | None:
        """A committed one with this digest whose version is in this collection."""
        own = select(t.version.c.key).where(t.version.c.collection == collection)
        return self._first(t.wandb_artifact.c.digest == digest, t.wandb_artifact.c.version.in_(own))

    def of_versions(self, versions: Iterable[int]) -> dict[int, WandbArtifact]:
        """version → the first artifact that became it."""
        found: dict[int, WandbArtifact] = {}
        for piece in pieces(versions):
            wanted = _artifacts().where(t.wandb_artifact.c.version.in_(piece))
            for row in self._sql.execute(wanted.order_by(t.wandb_artifact.c.key)):
                artifact = _artifact(row)
                if artifact.version is not None:
                    found.setdefault(artifact.version, artifact)
        return found

    def commit(self, key: int, version: int, digest: str, manifest: bytes) -> None:
        """It became `version`; `manifest` (compressed) is what its client is to read back."""
        became = {"state": "COMMITTED", "version": version, "digest": digest, "manifest": manifest, "lease": None}
        self._sql.execute(update(t.wandb_artifact).where(t.wandb_artifact.c.key == key).values(**became))
        self._sql.execute(delete(t.wandb_manifest).where(t.wandb_manifest.c.artifact == key))
        self._sql.execute(delete(t.wandb_part).where(t.wandb_part.c.artifact == key))

    def manifest(self, key: int) -> bytes | None:
        """What `commit` kept."""
        return self._sql.execute(select(t.wandb_artifact.c.manifest).where(t.wandb_artifact.c.key == key)).scalar()

    def sweep(self, before: float) -> None:
        """Forget what was begun before `before` and never committed."""
        a = t.wandb_artifact.c
        self._sql.execute(delete(t.wandb_artifact).where(a.state == "PENDING", a.created_at < before))

    def _first(self, *where: ColumnElement[bool]) -> WandbArtifact | None:
        row = self._sql.execute(_artifacts().where(*where).order_by(t.wandb_artifact.c.key.desc())).first()
        return None if row is None else _artifact(row)

    # Manifests on their way in

    def add_manifest(self, artifact: int, kind: ManifestType, base: str | None, digest: str) -> WandbManifest:
        row = {"artifact": artifact, "type": kind, "base": base, "digest": digest}
        key = self._sql.execute(insert(t.wandb_manifest).values(row).returning(t.wandb_manifest.c.key)).scalar_one()
        return WandbManifest(key, artifact, kind, base, digest, None)

    def get_manifest(self, key: int) -> WandbManifest | None:
        row = self._sql.execute(select(t.wandb_manifest).where(t.wandb_manifest.c.key == key)).first()
        return None if row is None else WandbManifest(*row)

    def manifests(self, artifact: int) -> list[WandbManifest]:
        """Those of an artifact, in the order they were begun."""
        wanted = select(t.wandb_manifest).where(t.wandb_manifest.c.artifact == artifact)
        return [WandbManifest(*row) for row in self._sql.execute(wanted.order_by(t.wandb_manifest.c.key))]

    def change_manifest(self, key: int, fields: Mapping[str, Any]) -> None:
        self._sql.execute(update(t.wandb_manifest).where(t.wandb_manifest.c.key == key).values(**fields))

    # Parts of large files

    def put_part(self, upload: str, artifact: int, part: WandbPart) -> None:
        """Remember a part; sent again, the last one counts."""
        row = {"upload": upload, "artifact": artifact, **{name: getattr(part, name) for name in WandbPart.__slots__}}
        put = upsert(self._sql, t.wandb_part).values(row)
        fresh = {name: put.excluded[name] for name in ("digest", "md5", "size")}
        self._sql.execute(put.on_conflict_do_update(index_elements=["upload", "number"], set_=fresh))

    def parts(self, upload: str, artifact: int) -> list[WandbPart]:
        """The parts of one file, in order."""
        p = t.wandb_part.c
        wanted = select(p.number, p.digest, p.md5, p.size).where(p.upload == upload, p.artifact == artifact)
        return [WandbPart(*row) for row in self._sql.execute(wanted.order_by(p.number))]

    # Contents under their other names

    def know(self, contents: Iterable[WandbContent]) -> None:
        rows = [{name: getattr(content, name) for name in WandbContent.__slots__} for content in contents]
        for piece in pieces(rows, 1_000):
            self._sql.execute(upsert(self._sql, t.wandb_content).on_conflict_do_nothing(), piece)

    def named(self, algorithm: Literal["md5", "xxh128"], names: Sequence[str]) -> list[WandbContent]:
        """All contents with one of these digests (hex); two may share one, if someone made them so."""
        column = t.wandb_content.c[algorithm]
        found: list[WandbContent] = []
        for piece in pieces(names):
            found.extend(WandbContent(*row) for row in self._sql.execute(_contents().where(column.in_(piece))))
        return found

    def contents(self, digests: Iterable[str]) -> dict[str, WandbContent]:
        """Those of our digests whose other names are known."""
        found: dict[str, WandbContent] = {}
        for piece in pieces(digests):
            for row in self._sql.execute(_contents().where(t.wandb_content.c.digest.in_(piece))):
                found[row.digest] = WandbContent(*row)
        return found


def _artifacts() -> Select[Any]:
    own = [c for c in t.wandb_artifact.c if c.name not in _LEFT_OUT]
    place = (t.project.c.entity, t.project.c.name.label("project"))
    return select(*own, *place).join_from(t.wandb_artifact, t.project)


def _contents() -> Select[Any]:
    c = t.wandb_content.c
    return select(c.digest, c.md5, c.xxh128, c.size)


def _artifact(row: Any) -> WandbArtifact:
    return WandbArtifact(**{**row._mapping, "papers": from_text(row.papers)})
