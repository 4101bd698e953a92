"""An artifact in the making: entries are gathered here, and their content is staged the moment it is added."""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, Literal

from museion.errors import FileMissing, MuseionError, ValueInvalid
from museion.model.manifest import Content, Entry, Manifest
from museion.model.paths import check_path
from museion.sdk import local, references
from museion.sdk.folders import folder, regular_file, unreadable, walk
from museion.sdk.settings import home

if TYPE_CHECKING:
    from museion.blobs.staging import Staging
    from museion.sdk.media.base import Media

Policy = Literal["mutable", "immutable"]

_MODES = ("w", "x", "wb", "xb")


class Hold:
    """A reason to keep staged bytes, for as long as this object lives or until it is handed over."""

    def __init__(self) -> None:
        self.name = f"draft-{secrets.token_hex(8)}"
        self._claim: list[int] = []
        self._end = weakref.finalize(self, _release, self.name, self._claim, os.getpid())

    def take(self) -> str:
        """The name to stage bytes under."""
        if not self._claim:
            self._claim.append(local.claim(self.name))
        return self.name

    def hand_over(self) -> str:
        """The bytes now stay until whoever sends them releases this name."""
        self._end.detach()
        if self._claim:
            local.unclaim(self.name, self._claim.pop())
        return self.name

    def keep_until_exit(self) -> None:
        """The bytes stay as long as the process."""
        self._end.detach()
        if self._claim:
            atexit.register(_release, self.name, self._claim, os.getpid())


def _release(name: str, claim: list[int], owner: int) -> None:
    if claim and os.getpid() == owner:  # a forked child that ends leaves it to its parent
        local.staging().release(name)
        local.unclaim(name, claim.pop())


class Draft:
    """Path → entry, in the order of adding, with the staged bytes behind them, kept under `hold`."""

    def __init__(self, entries: Mapping[str, Entry] | None = None, hold: Hold | None = None) -> None:
        self.entries: dict[str, Entry] = dict(entries or {})
        self.hold = hold or Hold()
        self._folders: set[str] = {parent for path in self.entries for parent in _parents(path)}
        self._manifest: Manifest | None = None

    @property
    def staging(self) -> Staging:
        return local.staging()

    @property
    def manifest(self) -> Manifest:
        """What it consists of so far."""
        if self._manifest is None:
            self._manifest = Manifest.of(self.entries)
        return self._manifest

    def put(self, path: str, entry: Entry, overwrite: bool = False) -> None:
        """Add an entry; ValueInvalid if another content has this path, unless it is to be overwritten."""
        self._check_free(path, entry, overwrite)
        self.entries[path] = entry
        self._note_folders(path)
        self._manifest = None

    def remove(self, path: str) -> None:
        """Take the file at `path`, or the folder with all in it, out again; FileMissing if there is neither."""
        gone = [p for p in self.entries if p == path or p.startswith(f"{path.rstrip('/')}/")]
        if not gone:
            raise FileMissing(f"The artifact has no {path!r}.", advice="Artifact.files() lists what it has.")
        for one in gone:
            del self.entries[one]
        self._folders = {parent for kept in self.entries for parent in _parents(kept)}
        self._manifest = None

    @contextmanager
    def new_file(self, name: str, mode: str, encoding: str | None) -> Iterator[IO[Any]]:
        """A file to write to; it becomes the entry `name` when the block ends well, and is forgotten if it raises."""
        check_path(name)
        if mode not in _MODES:
            raise ValueInvalid(f"A new file cannot be opened with mode {mode!r}.", advice='Use "w" or "wb".')
        scratch = Path(tempfile.mkdtemp(prefix=f"new-{os.getpid()}-", dir=_scratch_root(home() / "tmp")))
        try:
            path = scratch / name.rpartition("/")[2]
            text = None if "b" in mode else encoding or "utf-8"
            with path.open(mode, encoding=text) as file:
                yield file
            self.put(name, self.stage([path], "mutable")[0], overwrite="x" not in mode)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def add_file(self, source: str | os.PathLike[str], name: str | None, policy: Policy, overwrite: bool) -> str:
        """Stage one file; gives its path in the artifact."""
        file = regular_file(source)
        path = check_path(name or file.name)
        self._check_parents(path)
        self.put(path, self.stage([file], policy)[0], overwrite)
        return path

    def add_dir(self, source: str | os.PathLike[str], prefix: str | None, policy: Policy, merge: bool) -> None:
        """Stage every file of a folder, by the rules of `folders.py`; all of it is added, or nothing."""
        base = f"{check_path(prefix.strip('/'))}/" if prefix and prefix.strip("/") else ""
        listed = [(check_path(base + path), file) for path, file in walk(folder(source))]
        for path, _ in listed:
            self._check_parents(path)
        contents = self.stage([file for _, file in listed], policy)
        staged = {path: entry for (path, _), entry in zip(listed, contents, strict=True)}
        for path, entry in staged.items():
            self._check_free(path, entry, overwrite=merge)
        self.entries.update(staged)
        for path in staged:
            self._note_folders(path)
        self._manifest = None

    def add_bytes(self, path: str, data: bytes, overwrite: bool = False) -> Content:
        """Stage bytes in memory under `path`."""
        recipe = self.staging.add_bytes(data, holder=self.hold.take())
        entry = Content(recipe.digest, recipe.size)
        self.put(check_path(path), entry, overwrite)
        return entry

    def add_reference(self, uri: str, name: str | None, checksum: bool, max_objects: int | None) -> list[str]:
        """Record what `uri` stands for; gives the paths."""
        found = references.resolve(uri, name, checksum, max_objects)
        for path, entry in found.items():
            self.put(check_path(path), entry)
        return list(found)

    def add_media(self, media: Media, name: str, overwrite: bool) -> str:
        """Store a media object under `name`: its JSON at `name.<kind>.json`, its bytes under `media/`."""
        kept = _EntryKeeper(self)
        kind = media._type
        path = check_path(media_path(name, kind))
        if kind == "table-file":
            self.add_bytes(path, media._encode(kept, ""), overwrite)  # type: ignore[attr-defined]
            return path
        import json

        body = media._keep_as(kept, "")
        self.add_bytes(path, json.dumps(body, sort_keys=True, ensure_ascii=False).encode(), overwrite)
        return path

    def stage(self, files: Sequence[str | Path], policy: Policy) -> list[Content]:
        """Take a snapshot of each file (or, if immutable, note where it lies) and give their entries."""
        try:
            recipes = self.staging.add_files(files, policy, holder=self.hold.take())
        except OSError as error:
            if isinstance(error, MuseionError):
                raise
            raise unreadable(Path(error.filename or files[0]), error) from error
        return [Content(recipe.digest, recipe.size) for recipe in recipes]

    def _note_folders(self, path: str) -> None:
        for parent in _parents(path):
            if parent in self._folders:
                return
            self._folders.add(parent)

    def _check_free(self, path: str, entry: Entry, overwrite: bool) -> None:
        self._check_parents(path)
        known = self.entries.get(path)
        if known is not None and known != entry and not overwrite:
            raise ValueInvalid(
                f"The artifact has another {path!r} already.", advice="Use another name, or overwrite=True."
            )

    def _check_parents(self, path: str) -> None:
        if path in self._folders:
            raise ValueInvalid(f"{path!r} is a folder of the artifact already.", advice="Use another name.")
        for parent in _parents(path):
            if parent in self._folders:
                return  # a folder already, and so no file, and nor is what it lies in
            if parent in self.entries:
                raise ValueInvalid(f"{parent!r} is a file of the artifact already.", advice="Use another name.")


class _EntryKeeper:
    """Where media that are added to an artifact leave their bytes: as its entries."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def _keep_bytes(self, path: str, data: bytes) -> dict[str, Any]:
        entry = self._draft.add_bytes(path, data)
        return {"digest": entry.digest, "size": entry.size}

    def _keep_file(self, path: str, source: Any) -> dict[str, Any]:
        if isinstance(source, str | os.PathLike):
            (entry,) = self._draft.stage([regular_file(source)], "mutable")
            self._draft.put(check_path(path), entry)
            return {"digest": entry.digest, "size": entry.size}
        return self._keep_bytes(path, _read_all(source))


def media_path(name: str, kind: str) -> str:
    """Where a media object of this kind called `name` is kept: `preds` → `preds.table.json`."""
    suffix = ".table.json" if kind == "table-file" else f".{kind}.json"
    return name if name.endswith(suffix) else name + suffix


def _read_all(source: BinaryIO) -> bytes:
    return source.read()


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


@cache
def _scratch_root(root: Path) -> Path:
    """Where new files are written; what processes that are gone left there goes first."""
    import psutil

    root.mkdir(parents=True, exist_ok=True)
    for left in root.glob("new-*-*"):
        pid = left.name.split("-")[1]
        if not (pid.isdecimal() and psutil.pid_exists(int(pid))):
            shutil.rmtree(left, ignore_errors=True)
    return root
