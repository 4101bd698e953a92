"""Artifacts: named, versioned sets of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from museion.errors import (
    ArtifactFrozen,
    ArtifactUnlogged,
    BlobCorrupt,
    FileMissing,
    UsageError,
    ValueInvalid,
)
from museion.model.manifest import Content, Entry, Manifest
from museion.model.names import check_alias, check_artifact_name, check_name, check_tag
from museion.model.paths import check_path, inside
from museion.model.values import plain_object, to_json
from museion.sdk.draft import Draft, Policy, media_path
from museion.sdk.entries import ArtifactEntry, ArtifactManifest
from museion.sdk.lifetime import Lifetime, from_seconds, to_seconds
from museion.sdk.source import Json, ServerSource, Source, version_path

if TYPE_CHECKING:
    from museion.sdk.api.runs import Run
    from museion.sdk.integrity import Signed
    from museion.sdk.media.base import Media
    from museion.sdk.reach import ArtifactDiff, Outdated, Reached

_INHERIT = -1
_MEDIA_KINDS = ("table-file", "image-file", "histogram", "html-file", "audio-file", "video-file")


# What an artifact on its way waits for, at most so many seconds; gives where to read it from.
Receipt = Callable[[float | None], Source]


class Artifact:
    """A set of files with a name and a type; once logged, a version of it.

    Content is staged at the moment it is added: what happens to the file later does not matter. After
    `run.log_artifact(artifact)` the content is frozen, while aliases, tags, description and metadata can still be
    edited, followed by `save()`.

    Args:
        name: of the collection; letters, digits, dots, underscores and dashes.
        type: what it is: "dataset", "model", …
        description: text for people.
        metadata: a JSON-able dict; numpy and torch scalars become plain numbers.
        incremental: start from the files of the newest version when it is logged.
        use_as: kept for W&B scripts.

    Raises:
        NameInvalid, ValueInvalid, TooLarge: name, type or metadata cannot be stored; the message names the place.
    """

    def __init__(
        self,
        name: str,
        type: str,  # noqa: A002 - W&B's word
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        incremental: bool = False,
        use_as: str | None = None,
    ) -> None:
        self._base = check_artifact_name(name)
        self._type = check_name(type, "artifact type")
        self.description = description
        self._metadata = plain_object(metadata, "metadata")
        self.incremental = incremental
        self.use_as = use_as
        self.aliases: list[str] = []
        self.tags: list[str] = []
        self._ttl: int | None = None
        self._draft: Draft | None = Draft()
        self._manifest: Manifest | None = None
        self._receipt: Receipt | None = None
        self._source: Source | None = None
        self._papers: Json = {}
        self._deleted = False

    @classmethod
    def _of(cls, source: Source, papers: Json) -> Artifact:
        """The artifact for a version that exists."""
        found = cls(papers["name"], papers["type"])
        found._draft = None
        found._adopt(source, papers)
        return found

    # ---- what it is -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """`mnist-raw`, and `mnist-raw:v0` once it is logged."""
        return f"{self._base}:{self._papers['version']}" if self._papers else self._base

    @property
    def collection_name(self) -> str:
        """The name without a version."""
        return self._base

    @property
    def type(self) -> str:
        return self._type

    @property
    def qualified_name(self) -> str:
        """`entity/project/name:v0`."""
        return f"{self.entity}/{self.project}/{self.name}"

    @property
    def source_qualified_name(self) -> str:
        """The version itself, where this is a registry's link to it."""
        return str(self._papers.get("source") or self.qualified_name)

    @property
    def source_name(self) -> str:
        return self.source_qualified_name.rpartition("/")[2]

    @property
    def is_link(self) -> bool:
        """Whether it is seen through a registry's link."""
        return bool(self._papers.get("source"))

    @property
    def entity(self) -> str:
        return str(self._paper("entity"))

    @property
    def project(self) -> str:
        return str(self._paper("project"))

    @property
    def version(self) -> str:
        """`v0`; raises ArtifactUnlogged before it has one."""
        return str(self._paper("version"))

    @property
    def source_version(self) -> str:
        """`v3`, as its own collection numbers it."""
        return self.source_qualified_name.rpartition(":")[2]

    @property
    def id(self) -> str | None:
        """A name for the version that never moves, or None before it has one."""
        return self.qualified_name if self._papers else None

    @property
    def created_at(self) -> float:
        """Seconds since the epoch, UTC."""
        return float(self._paper("created_at"))

    @property
    def updated_at(self) -> float:
        """Seconds since the epoch, UTC."""
        return float(self._paper("updated_at"))

    @property
    def state(self) -> str:
        """PENDING, COMMITTED or DELETED."""
        if self._deleted:
            return "DELETED"
        return "COMMITTED" if self._papers else "PENDING"

    @property
    def digest(self) -> str:
        """The digest of the manifest: equal content has the equal digest."""
        if self._papers:
            return str(self._papers["digest"])
        return self._content.digest

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return int(self._papers["size"]) if self._papers else self._content.size

    @property
    def metadata(self) -> dict[str, Any]:
        return self._metadata

    @metadata.setter
    def metadata(self, value: Mapping[str, Any] | None) -> None:
        self._metadata = plain_object(value, "metadata")

    @property
    def ttl(self) -> Lifetime:
        """How long it lives from its making: a timedelta, None for ever, `ArtifactTTL.INHERIT` as its collection says.
        What has expired is deleted, unless a registry links to it."""
        return from_seconds(self._ttl)

    @ttl.setter
    def ttl(self, value: Lifetime) -> None:
        self._ttl = to_seconds(value)

    @property
    def expires_at(self) -> float | None:
        """Seconds since the epoch, UTC; None if it does not expire."""
        found: float | None = self._papers.get("expires_at")
        return found

    @property
    def manifest(self) -> ArtifactManifest:
        """Path → entry."""
        return ArtifactManifest(self, self._content)

    def is_draft(self) -> bool:
        """Whether it has no version yet."""
        return not self._papers

    def __len__(self) -> int:
        return len(self._content)

    def __bool__(self) -> bool:
        return True

    def __contains__(self, path: object) -> bool:
        return path in self._content.entries

    def __getitem__(self, name: str) -> Media | ArtifactEntry | None:
        return self.get(name)

    def __setitem__(self, name: str, obj: Media) -> None:
        self.add(obj, name)

    def __repr__(self) -> str:
        return f"<Artifact {self.qualified_name if self._papers else self.name} ({self._type})>"

    # ---- adding -----------------------------------------------------------------------------------------------------

    def new_file(self, name: str, mode: str = "x", encoding: str | None = None) -> AbstractContextManager[IO[Any]]:
        """A file to write to in a `with` block; it is added when the block ends, and not if the block raises."""
        return self._open_draft().new_file(name, mode, encoding)

    def add_file(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        is_tmp: bool = False,
        skip_cache: bool = False,
        policy: Policy = "mutable",
        overwrite: bool = False,
    ) -> ArtifactEntry:
        """Add one file, under `name` or its own; `is_tmp` names it after its content.

        `policy="immutable"` promises that the file stays as it is until it is uploaded, and saves staging a copy.
        Raises FileMissing, Denied, PathInvalid, FileChanged, or ValueInvalid if another content has the name.
        """
        draft = self._open_draft()
        path = draft.add_file(local_path, name, policy, overwrite)
        if is_tmp:
            path = _rename_by_content(draft, path)
        return self.get_entry(path)

    def add_dir(
        self,
        local_path: str | os.PathLike[str],
        name: str | None = None,
        skip_cache: bool | None = None,
        policy: Policy | None = None,
        merge: bool = True,
    ) -> None:
        """Add every file below a folder, under the prefix `name`.

        Links to files are followed; links to folders, broken links and special files are refused by name, and then
        nothing is added. With `merge=False` a path that the artifact has with another content is refused too.
        """
        self._open_draft().add_dir(local_path, name, policy or "mutable", merge)

    def add_reference(
        self, uri: str | ArtifactEntry, name: str | None = None, checksum: bool = True, max_objects: int | None = None
    ) -> list[ArtifactEntry]:
        """Add what lives elsewhere by its URI, without its bytes: see `references.py` for what is recorded."""
        target = uri.ref_target() if isinstance(uri, ArtifactEntry) else uri
        return [self.get_entry(path) for path in self._open_draft().add_reference(target, name, checksum, max_objects)]

    def add(self, obj: Any, name: str, overwrite: bool = False) -> ArtifactEntry:
        """Add a media object (Table, Image, …); `get(name)` gives it back."""
        from museion.sdk.media import as_media

        media = as_media(obj)
        if media is None:
            raise ValueInvalid(f"A {type(obj).__name__} is no media object.", advice="Use add_file or new_file.")
        return self.get_entry(self._open_draft().add_media(media, name, overwrite))

    def remove(self, item: str | os.PathLike[str] | ArtifactEntry) -> None:
        """Take a file, or a folder with all in it, out of an artifact that is not logged yet."""
        path = item.path if isinstance(item, ArtifactEntry) else os.fspath(item)
        self._open_draft().remove(path)

    # ---- reading ----------------------------------------------------------------------------------------------------

    def files(self, names: Sequence[str] | None = None, per_page: int = 50) -> list[ArtifactEntry]:
        """Its entries in order of path; only those called `names`, if given."""
        wanted = None if names is None else set(names)
        return [entry for path, entry in self.manifest.items() if wanted is None or path in wanted]

    def get_entry(self, name: str) -> ArtifactEntry:
        """The entry at a path; raises FileMissing if there is none."""
        entry = self._content.entries.get(name)
        if entry is None:
            raise FileMissing(f"{self.name} has no file {name!r}.", advice=_advice_on(name, self._content))
        return ArtifactEntry(self, name, entry)

    get_path = get_entry

    def get(self, name: str) -> Media | ArtifactEntry | None:
        """The media object that was added as `name`, an entry of this path, or None."""
        from museion.sdk.media import from_json

        for kind in _MEDIA_KINDS:
            path = media_path(name, kind)
            if path in self._content.entries:
                return from_json(self._media_body(path, kind), self._open_path)
        return self.get_entry(name) if name in self._content.entries else None

    def download(
        self,
        root: str | os.PathLike[str] | None = None,
        allow_missing_references: bool = False,
        skip_cache: bool | None = None,
        path_prefix: str | os.PathLike[str] | None = None,
        multipart: bool | None = None,
    ) -> str:
        """Bring its files to `root` (by default `./artifacts/<name>:<version>`) and give that folder.

        Every byte is verified: BlobCorrupt names the path and the digest that do not match. Files that are there with
        the right content are left alone. `path_prefix` limits it to one folder or file.
        """
        wanted = _below(self._content, path_prefix)
        return self._bring(wanted, root, bool(skip_cache), allow_missing_references, multipart)

    def checkout(self, root: str | os.PathLike[str] | None = None) -> str:
        """As `download`, and files in `root` that are not the artifact's are removed."""
        folder = Path(self._folder(root))
        for path in _extra_files(folder, self._content):
            (folder / path).unlink()
        return self.download(folder)

    def verify(self, root: str | os.PathLike[str] | None = None) -> None:
        """Check that `root` holds exactly this version.

        Raises BlobCorrupt or FileMissing for the first file that is not as it should be, ValueInvalid for one that is
        not the artifact's.
        """
        from museion.sdk.download import is_current

        folder = Path(self._folder(root))
        if extra := _extra_files(folder, self._content):
            raise ValueInvalid(f"{folder / extra[0]} is not part of {self.name}.", advice="checkout() removes it.")
        for path, entry in self._content.entries.items():
            target = inside(folder, path)
            if isinstance(entry, Content) and not target.is_file():
                raise FileMissing(f"{target} of {self.name} is missing.", advice="download() brings it.")
            if target.is_file() and _checkable(entry) and not is_current(target, entry):
                raise BlobCorrupt(f"{target} is not what {self.name} says.", advice="download() mends it.", path=path)

    def open(self, path: str) -> BufferedReader:
        """A file of it for reading in binary, at any place, without downloading: ranges are fetched and verified."""
        return self.get_entry(path).open()

    def file(self, root: str | os.PathLike[str] | None = None) -> str:
        """Download an artifact of a single file and give the file's path; ValueInvalid if there are more."""
        if len(self) != 1:
            raise ValueInvalid(f"{self.name} has {len(self)} files, not one.", advice="Use download() or get_entry().")
        return self.get_entry(next(iter(self._content))).download(root)

    # ---- after logging ----------------------------------------------------------------------------------------------

    def wait(self, timeout: float | None = None) -> Artifact:
        """Wait until the server has it, at most `timeout` seconds; returns the artifact itself.

        Raises ArtifactUnlogged if it was not logged, ServerUnreachable if it is still on its way then, and whatever
        made the commit fail.
        """
        if self._source is None:
            if self._receipt is None:
                raise ArtifactUnlogged(f"{self.name} was not logged.", advice="Call run.log_artifact(artifact) first.")
            source = self._receipt(timeout)
            self._adopt(source, source.papers())
        return self

    def save(self) -> None:
        """Send edited aliases, tags, description and metadata."""
        if self._receipt is None and self._source is None:
            raise UsageError(f"{self.name} has no version.", advice="Log it with run.log_artifact(artifact).")
        self.wait()
        if change := self._changes():
            source = self._live()
            self._adopt(source, source.patch(change))

    def delete(self, delete_aliases: bool = False) -> None:
        """Delete this version. Raises ValueInvalid if it has aliases (other than `latest`), unless told to."""
        source = self._live()
        held = [alias for alias in self._papers["aliases"] if alias != "latest"]
        if held and not delete_aliases and not self.is_link:
            raise ValueInvalid(f"{self.name} has the aliases {', '.join(held)}.", advice="Use delete_aliases=True.")
        source.delete()
        self._deleted = True

    def logged_by(self) -> Run | None:
        """The run that made it."""
        return _run_of(self._live(), self._live().runs()["made_by"])

    def used_by(self) -> list[Run]:
        """The runs that used it."""
        source = self._live()
        found = [_run_of(source, body) for body in source.runs()["used_by"]]
        return [run for run in found if run is not None]

    def link(self, target_path: str, aliases: Sequence[str] | None = None) -> Artifact:
        """Link it into a registry: `name`, `project/name` or `entity/project/name` of a collection, made if it is not
        there. Gives it as it is shown there; `latest` there is what was linked last."""
        from museion.sdk import registry

        return registry.link(self._on_server(), target_path, aliases)

    def unlink(self) -> None:
        """Take this link out of its registry; UsageError for what is no link."""
        if not self.is_link:
            raise UsageError(f"{self.name} is no link.", advice="linked_artifacts lists its links.")
        self._live().delete()
        self._deleted = True

    @property
    def linked_artifacts(self) -> list[Artifact]:
        """It, as each registry shows it."""
        from museion.sdk import registry

        return registry.links(self._on_server())

    @property
    def source_artifact(self) -> Artifact:
        """The version itself, where this is a registry's link to it."""
        if not self.is_link:
            return self
        from museion.model.names import ArtifactRef
        from museion.sdk.artifacts import find_artifact

        ref = ArtifactRef.parse(self.source_qualified_name)
        return find_artifact(self._on_server().transport, str(ref.entity), str(ref.project), ref)

    def edits(self) -> list[Json]:
        """How its papers were edited, the last edit first: `at`, `by`, and `changes` (field → [before, after])."""
        found: list[Json] = self._on_server().ask("edits")
        return found

    def diff(self, other: Artifact | str) -> ArtifactDiff:
        """How it differs from `other`: a version, or a reference to one (`:v2` is of the same collection)."""
        from museion.sdk import reach

        text = other.qualified_name if isinstance(other, Artifact) else other
        return reach.difference(self._on_server(), text)

    def sign(self, key: str | os.PathLike[str], signer: str | None = None, password: bytes | None = None) -> list[Json]:
        """Sign its manifest with an SSH private key (Ed25519, ECDSA, RSA) and leave the signature with the server.

        `signer` is the name to sign under, by default the entity's. Gives all signatures it has. Raises ValueInvalid.
        """
        from museion.model.sshsig import sign

        armored = sign(Path(key).expanduser().read_bytes(), self._content.canonical(), password)
        return self.add_signature(armored, signer or self.entity)

    def add_signature(self, body: str, signer: str) -> list[Json]:
        """Leave a signature that `ssh-keygen -Y sign -n museion-manifest` made over the manifest file."""
        source = self._on_server()
        sent = {"signer": signer, "body": body}
        found: list[Json] = source.transport.request(
            "POST", f"{version_path(source.known())}/signatures", json=sent
        ).json()
        return found

    def signatures(self) -> list[Json]:
        """Its signatures: `signer`, `fingerprint`, `body`, `created_at` and `by` of each. The server took only those
        that fit; `verify_signatures` checks them here."""
        found: list[Json] = self._on_server().ask("signatures")
        return found

    def verify_signatures(self, allowed_signers: str | os.PathLike[str] | None = None) -> list[Signed]:
        """Check every signature against the content; raises BlobCorrupt for one that does not fit. `allowed_signers`
        is a file as git and ssh-keygen have it, of the keys to trust."""
        from museion.sdk.integrity import signed_by

        bodies = [(one["signer"], one["body"]) for one in self.signatures()]
        return signed_by(self._content, bodies, Path(allowed_signers) if allowed_signers else None)

    def upstream(self, limit: int = 1000) -> Reached:
        """Everything it depends on, to any depth."""
        from museion.sdk import reach

        return reach.reached(self._on_server(), "upstream", limit)

    def downstream(self, limit: int = 1000) -> Reached:
        """Everything that was made of it, to any depth."""
        from museion.sdk import reach

        return reach.reached(self._on_server(), "downstream", limit)

    def stale_inputs(self) -> list[Outdated]:
        """What it depends on, at any depth, that has a newer version by now."""
        from museion.sdk import reach

        return reach.outdated(self._on_server())

    def new_draft(self) -> Artifact:
        """An artifact that begins with the files and papers of this one, to be changed and logged."""
        draft = Artifact(self._base, self._type, self.description, self._metadata)
        draft._draft = Draft(self._content.entries)
        return draft

    # ---- inside -----------------------------------------------------------------------------------------------------

    @property
    def _content(self) -> Manifest:
        if self._draft is not None:
            return self._draft.manifest
        if self._manifest is None:
            self._manifest = self._live().manifest()
        return self._manifest

    def _open_draft(self) -> Draft:
        if self._draft is None:
            raise ArtifactFrozen(f"{self.name} is logged, its content cannot be changed.")
        return self._draft

    def _paper(self, field: str) -> Any:
        if not self._papers:
            raise ArtifactUnlogged(f"{self.name} has no {field} yet.")
        return self._papers[field]

    def _live(self) -> Source:
        if self._deleted:
            raise UsageError(f"{self.name} was deleted.")
        if self._source is None:
            self.wait()
        assert self._source is not None
        return self._source

    def _on_server(self) -> ServerSource:
        source = self._live()
        if not isinstance(source, ServerSource):
            raise UsageError(f"{self.name} was logged offline.", advice="Sync it first: `museion sync`.")
        return source

    def _start_from(self, base: Manifest) -> None:
        """Put the files of `base` below those that were added (incremental artifacts)."""
        draft = self._open_draft()
        self._draft = Draft({**base.entries, **draft.entries}, draft.hold)

    def _hand_over(self) -> Json:
        """The staged bytes are on the disk from now on, and stay for whoever sends them, who releases this holder
        afterwards. It is waited for once an artifact: what was added and never logged need not outlive the machine."""
        if self._draft is None:
            return {}
        self._draft.staging.sync()
        return {"holder": self._draft.hold.hand_over()}

    def _freeze(self, receipt: Receipt) -> None:
        """From now on it is logged: `receipt` tells when it has arrived."""
        self._manifest = self._content
        self._draft, self._receipt = None, receipt

    def _adopt(self, source: Source, papers: Json) -> None:
        self._source, self._papers = source, papers
        self.aliases = list(papers["aliases"])
        self.tags = list(papers["tags"])
        self.description = papers["description"]
        self._metadata = dict(papers["metadata"])
        self._ttl = papers.get("ttl")
        if self._manifest is not None and self._manifest.digest != papers["digest"]:
            self._manifest = None  # others added to it (incremental, distributed): it is read when it is asked for

    def _body(self, aliases: Sequence[str], tags: Sequence[str]) -> Json:
        """The fields of `ArtifactIn` that the artifact knows, checked."""
        return {
            "name": self._base,
            "type": self._type,
            "manifest": self._content.to_json(),
            "description": self.description,
            "metadata": to_json(plain_object(self._metadata, "metadata")),
            "aliases": [check_alias(alias) for alias in dict.fromkeys([*self.aliases, *aliases])],
            "tags": [check_tag(tag) for tag in dict.fromkeys([*self.tags, *tags])],
            **({} if self._ttl is None else {"ttl": self._ttl}),
            **({"incremental": True} if self.incremental else {}),
        }

    def _changes(self) -> Json:
        was, body = self._papers, self._body([], [])
        change: Json = {f: body[f] for f in ("description", "metadata", "tags") if body[f] != was[f]}
        added = [alias for alias in body["aliases"] if alias not in was["aliases"]]
        removed = [alias for alias in was["aliases"] if alias not in body["aliases"]]
        if self._ttl != was.get("ttl"):
            change["ttl"] = _INHERIT if self._ttl is None else self._ttl
        return {
            **change,
            **({"add_aliases": added} if added else {}),
            **({"remove_aliases": removed} if removed else {}),
        }

    def _folder(self, root: str | os.PathLike[str] | None) -> str:
        if root is not None:
            return os.path.abspath(os.path.expanduser(os.fspath(root)))
        self._live()
        return os.path.abspath(os.path.join("artifacts", self.name))

    def _bring(
        self,
        entries: Mapping[str, Entry],
        root: str | os.PathLike[str] | None,
        skip_cache: bool = False,
        allow_missing: bool = False,
        multipart: bool | None = None,
    ) -> str:
        from museion.sdk.download import How, fetch
        from museion.sdk.progress import telling

        source, folder = self._live(), self._folder(root)
        os.makedirs(folder, exist_ok=True)
        with telling(self.name, sum(entry.size or 0 for entry in entries.values())) as tell:
            fetch(source, entries, Path(folder), How(skip_cache, allow_missing, multipart, tell))
        return folder

    def _open_path(self, path: str) -> BufferedReader:
        return self.get_entry(path).open()

    def _open(self, path: str, entry: Entry) -> BufferedReader:
        if self._draft is None and self._source is not None and self._source.cached():
            from museion.sdk.filesystem import open_entry

            return open_entry(self._source, path, entry)
        if not isinstance(entry, Content):
            raise ValueInvalid(f"{path!r} is a reference to {entry.uri}.", advice="Log the artifact first.")
        from museion.sdk.offline import staged_pieces

        return BufferedReader(BytesIO(b"".join(staged_pieces(path, entry))))

    def _media_body(self, path: str, kind: str) -> Json:
        import json

        with self._open_path(path) as file:
            body: Json = json.load(file)
        return {"_type": kind, **body}


def _rename_by_content(draft: Draft, path: str) -> str:
    entry = draft.entries[path]
    assert isinstance(entry, Content)
    place, slash, base = path.rpartition("/")
    ending = base.partition(".")[2]
    named = f"{place}{slash}{entry.digest[7:27]}{'.' if ending else ''}{ending}"
    draft.remove(path)
    draft.put(named, entry)
    return named


def _below(manifest: Manifest, prefix: str | os.PathLike[str] | None) -> dict[str, Entry]:
    if prefix is None or os.fspath(prefix) in ("", "."):
        return dict(manifest.entries)
    wanted = check_path(os.fspath(prefix).rstrip("/"))
    found = {p: e for p, e in manifest.entries.items() if p == wanted or p.startswith(f"{wanted}/")}
    if not found:
        raise FileMissing(f"Nothing in the artifact begins with {wanted!r}.", advice=_advice_on(wanted, manifest))
    return found


def _extra_files(folder: Path, manifest: Manifest) -> list[str]:
    found = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return sorted(p for p in (file.relative_to(folder).as_posix() for file in found) if p not in manifest.entries)


def _checkable(entry: Entry) -> bool:
    return isinstance(entry, Content) or (entry.checksum or "").startswith("blake3:")


def _advice_on(path: str, manifest: Manifest) -> str:
    from difflib import get_close_matches

    near = get_close_matches(path, list(manifest)[:10_000], n=3)
    return f"Did you mean {', '.join(map(repr, near))}?" if near else f"It has {len(manifest)} files."


def _run_of(source: Source, body: Json | None) -> Run | None:
    from museion.sdk.api.runs import Run

    if body is None:
        return None
    if not isinstance(source, ServerSource):
        raise UsageError("Runs of an artifact that was logged offline are known once it is synced.")
    return Run(source.transport, body)
