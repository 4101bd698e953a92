"""One path of an artifact, and all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museion.model.manifest import Content, Entry, Manifest

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact


class ArtifactEntry:
    """A file or a reference in an artifact. `size` is in bytes, None for a reference nobody asked about."""

    __slots__ = ("_artifact", "_entry", "path")

    def __init__(self, artifact: Artifact, path: str, entry: Entry) -> None:
        self._artifact = artifact
        self._entry = entry
        self.path = path

    @property
    def name(self) -> str:
        """W&B's older word for `path`."""
        return self.path

    @property
    def digest(self) -> str | None:
        """`blake3:<hex>` of the content; for a reference, the checksum it was recorded with."""
        return self._entry.digest if isinstance(self._entry, Content) else self._entry.checksum

    @property
    def size(self) -> int | None:
        return self._entry.size

    @property
    def ref(self) -> str | None:
        """The URI of a reference; None for stored content."""
        return None if isinstance(self._entry, Content) else self._entry.uri

    def ref_target(self) -> str:
        """The URI of a reference; ValueError for stored content."""
        if self.ref is None:
            raise ValueError(f"{self.path!r} is stored content, not a reference.")
        return self.ref

    def ref_url(self) -> str:
        """The same as `ref_target`."""
        return self.ref_target()

    def download(self, root: str | os.PathLike[str] | None = None, skip_cache: bool | None = None) -> str:
        """Bring this one file to `root/path`, by default below the artifact's own folder; gives its path."""
        folder = self._artifact._bring({self.path: self._entry}, root, bool(skip_cache))
        return str(Path(folder) / self.path)

    def open(self) -> BufferedReader:
        """The content, opened for reading in binary at any place: of a large file only what is read is fetched."""
        return self._artifact._open(self.path, self._entry)

    def __repr__(self) -> str:
        return f"ArtifactEntry({self.path!r}, size={self.size}, digest={self.digest!r}, ref={self.ref!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ArtifactEntry):
            return NotImplemented
        return (self.path, self._entry) == (other.path, other._entry)

    def __hash__(self) -> int:
        return hash((self.path, self._entry))


class ArtifactManifest(Mapping[str, ArtifactEntry]):
    """All entries of an artifact, by path, in order."""

    def __init__(self, artifact: Artifact, manifest: Manifest) -> None:
        self._artifact = artifact
        self._manifest = manifest

    @property
    def entries(self) -> dict[str, ArtifactEntry]:
        return dict(self.items())

    @property
    def digest(self) -> str:
        return self._manifest.digest

    @property
    def size(self) -> int:
        return self._manifest.size

    def get_entry_by_path(self, path: str) -> ArtifactEntry | None:
        return self.get(path)

    def to_json(self) -> dict[str, Any]:
        """As docs/FORMAT.md has it."""
        return self._manifest.to_json()

    def __getitem__(self, path: str) -> ArtifactEntry:
        return ArtifactEntry(self._artifact, path, self._manifest.entries[path])

    def __iter__(self) -> Iterator[str]:
        return iter(self._manifest)

    def __len__(self) -> int:
        return len(self._manifest)
