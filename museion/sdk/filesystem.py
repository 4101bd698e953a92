"""`museion://entity/project/name:alias/path`: versions as an fsspec filesystem, so that pandas, pyarrow, torch and zarr
read them without downloading.

Ranges are fetched chunk by chunk as the server stores them, and each is checked against the chunk's digest before a
byte of it is handed on. What the local cache holds is read from there.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from fsspec.spec import AbstractFileSystem

from museion.errors import BlobCorrupt, FileMissing, NameInvalid
from museion.model.manifest import Content, Entry, Manifest
from museion.model.names import ArtifactRef
from museion.sdk import references
from museion.sdk.download import corrupt, verified
from museion.sdk.source import Source

_CHUNKS_HELD = 32
_WHOLE = 1 << 20
"""Files up to this size are read at once."""


class MuseionFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Read-only. `transport` is the way to a server, for tests and for programs that have one already."""

    protocol = "museion"
    root_marker = ""
    cachable = False

    def __init__(self, transport: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self._transport = transport
        self._known: dict[str, Any] = {}

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        text = str(path)
        return text.removeprefix("museion://").strip("/")

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        """What lies in a folder of a version."""
        artifact, inside = self._split(path)
        entries = self._manifest(artifact).entries
        if inside in entries:
            found = [self._info(artifact, inside, entries[inside])]
        else:
            found = list(self._children(artifact, inside, entries))
            if not found and inside:
                raise FileMissing(f"{self._base(artifact)} has no {inside!r}.")
        return found if detail else [one["name"] for one in found]

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        """Size and type of a path; `digest` and, for references, `uri`."""
        artifact, inside = self._split(path)
        entries = self._manifest(artifact).entries
        if inside in entries:
            return self._info(artifact, inside, entries[inside])
        if not inside or any(name.startswith(f"{inside}/") for name in entries):
            return {"name": self._name(artifact, inside), "size": 0, "type": "directory"}
        raise FileMissing(f"{self._base(artifact)} has no {inside!r}.")

    def _open(self, path: str, mode: str = "rb", **options: Any) -> io.BufferedReader:
        if mode != "rb":
            raise OSError(30, "Versions are read-only: log an artifact to write one.", str(path))
        artifact, inside = self._split(path)
        entry = self._manifest(artifact).entries.get(inside)
        if entry is None:
            raise FileMissing(f"{self._base(artifact)} has no file {inside!r}.")
        return open_entry(artifact._live(), inside, entry)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        """Bytes of a file; negative places count from its end."""
        with self._open(path) as file:
            size = file.seek(0, io.SEEK_END)
            begin, stop, _ = slice(start, end).indices(size)
            file.seek(begin)
            return bytes(file.read(max(0, stop - begin)))

    def created(self, path: str) -> Any:
        """When the version was made."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self._split(path)[0].created_at, UTC)

    def ukey(self, path: str) -> str:
        """The digest: it changes exactly when the content does."""
        info = self.info(path)
        return str(info.get("digest") or info["name"])

    def _split(self, path: str) -> tuple[Any, str]:
        parts = self._strip_protocol(path).split("/", 3)
        if len(parts) < 3 or not all(parts[:3]):
            raise NameInvalid(f"{path!r} names no version.", advice="Write museion://entity/project/name:alias/path.")
        base = "/".join(parts[:3])
        if base not in self._known:
            self._known[base] = self._find(base)
        return self._known[base], parts[3].strip("/") if len(parts) > 3 else ""

    def _find(self, base: str) -> Any:
        from museion.sdk.api import Api

        ArtifactRef.parse(base)
        return Api(transport=self._transport).artifact(base)

    def _manifest(self, artifact: Any) -> Manifest:
        found: Manifest = artifact._content
        return found

    def _children(self, artifact: Any, inside: str, entries: Any) -> Iterator[dict[str, Any]]:
        prefix = f"{inside}/" if inside else ""
        folders: dict[str, None] = {}
        for path, entry in entries.items():
            if not path.startswith(prefix):
                continue
            first, slash, _ = path[len(prefix) :].partition("/")
            if slash:
                folders[prefix + first] = None
            else:
                yield self._info(artifact, path, entry)
        for folder in folders:
            yield {"name": self._name(artifact, folder), "size": 0, "type": "directory"}

    def _info(self, artifact: Any, path: str, entry: Entry) -> dict[str, Any]:
        about = {"name": self._name(artifact, path), "size": entry.size, "type": "file"}
        return about | ({"digest": entry.digest} if isinstance(entry, Content) else {"uri": entry.uri})

    def _base(self, artifact: Any) -> str:
        return next(base for base, known in self._known.items() if known is artifact)

    def _name(self, artifact: Any, inside: str) -> str:
        return f"{self._base(artifact)}/{inside}" if inside else self._base(artifact)


def open_entry(source: Source, path: str, entry: Entry) -> io.BufferedReader:
    """An entry for reading at any place, verified; nothing is written to this machine's disk."""
    from museion.sdk.local import file_cache

    if not isinstance(entry, Content):
        return io.BufferedReader(io.BytesIO(b"".join(references.pieces(path, entry))))
    if held := file_cache().get(entry.digest):
        return held.open("rb")
    if entry.size <= _WHOLE or not (steps := source.recipe(path, entry)):
        whole = b"".join(verified(path, entry, source.pieces(path, entry)))
        return io.BufferedReader(io.BytesIO(whole))
    return io.BufferedReader(RangedFile(source, path, entry, steps), 64 << 10)


class RangedFile(io.RawIOBase):
    """A large file read where somebody looks: by chunks, each fetched when it is needed and checked.

    The chunks' digests come from the server; that they are those of this very file is checked only by whoever reads
    it to its end in order. Lengths must add up to the size that the manifest gives.
    """

    def __init__(self, source: Source, path: str, content: Content, steps: list[tuple[bytes, int]]) -> None:
        if sum(length for _, length in steps) != content.size or any(length < 1 for _, length in steps):
            raise corrupt(path, content)
        self._source, self._path, self._content, self._steps = source, path, content, steps
        self._starts = [0, *accumulate(length for _, length in steps)]
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise OSError(22, "A place before the beginning of the file.")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        """As much as the chunk at this place gives; large reads fetch the chunks they need in one request."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._content.size or not view:
            return 0
        number = bisect_right(self._starts, self._at) - 1
        chunk = self._chunk(number, len(view))
        within = self._at - self._starts[number]
        data = chunk[within : within + len(view)]
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _chunk(self, number: int, wanted: int) -> bytes:
        if number not in self._held:
            last = bisect_right(self._starts, min(self._at + wanted, self._content.size) - 1) - 1
            self._fetch(number, min(max(last, number), number + _CHUNKS_HELD - 1))
        self._held.move_to_end(number)
        return self._held[number]

    def _fetch(self, first: int, last: int) -> None:
        from blake3 import blake3

        start, stop = self._starts[first], self._starts[last + 1]
        data = b"".join(_bounded(self._source.read(self._path, self._content, start, stop), stop - start))
        for number in range(first, last + 1):
            name, length = self._steps[number]
            at = self._starts[number] - start
            chunk = data[at : at + length]
            if len(chunk) != length or blake3(chunk).digest() != name:
                raise BlobCorrupt(f"Bytes of {self._path!r} are not what they should be.", path=self._path)
            self._held[number] = chunk
        while len(self._held) > _CHUNKS_HELD:
            self._held.popitem(last=False)


def _bounded(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    """Never more than what was asked for, and a piece."""
    for piece in pieces:
        yield piece
        size -= len(piece)
        if size < 0:
            return
