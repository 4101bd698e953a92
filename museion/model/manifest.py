"""The manifest: what an artifact version consists of.

A manifest maps entry paths to stored content (digest, size) or to a reference (bytes that live elsewhere). Its
canonical bytes, and so its digest, depend on nothing else: not on the order of adding, not on names, not on time.
The bytes are described in docs/FORMAT.md, "Manifest".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from museion.errors import ValueInvalid
from museion.model.digest import check_digest, digest_bytes
from museion.model.paths import check_path

FORMAT = 1
MAX_ENTRIES = 1_000_000


@dataclass(frozen=True, slots=True)
class Content:
    """An entry whose bytes are in the store; `size` in bytes."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry whose bytes live elsewhere: a URI, with the checksum its provider gave (`etag:…`, `blake3:…`)."""

    uri: str
    checksum: str | None = None
    size: int | None = None
    version: str | None = None


Entry = Content | Reference


@dataclass(frozen=True, slots=True)
class Manifest:
    """Path → entry, sorted by the path's UTF-8 bytes."""

    entries: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Mapping[str, Entry]) -> Manifest:
        """A manifest of `entries`, checked and sorted; raises PathInvalid or ValueInvalid."""
        if len(entries) > MAX_ENTRIES:
            raise ValueInvalid(f"A manifest holds at most {MAX_ENTRIES:,} entries, not {len(entries):,}.")
        ordered = {check_path(p): _checked(p, entries[p]) for p in sorted(entries, key=str.encode)}
        _check_folders(ordered)
        return cls(ordered)

    @classmethod
    def from_json(cls, body: Any) -> Manifest:
        """Read what `to_json` wrote; anything else raises ValueInvalid with the place of the fault."""
        if not isinstance(body, dict) or body.get("format") != FORMAT or not isinstance(body.get("entries"), dict):
            raise ValueInvalid(f"This is not a manifest of format {FORMAT}.")
        return cls.of({path: _entry_from_json(path, raw) for path, raw in body["entries"].items()})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with format, and entries in order."""
        return {"format": FORMAT, "entries": {path: entry_to_json(e) for path, e in self.entries.items()}}

    def canonical(self) -> bytes:
        """The bytes whose digest names this manifest: compact JSON, keys sorted, UTF-8, no trailing newline."""
        return json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @property
    def digest(self) -> str:
        return digest_bytes(self.canonical())

    @property
    def size(self) -> int:
        """Bytes of all entries; references count where their size is known."""
        return sum(entry.size or 0 for entry in self.entries.values())

    @property
    def digests(self) -> set[str]:
        """Digests of the stored content."""
        return {entry.digest for entry in self.entries.values() if isinstance(entry, Content)}

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class ManifestDiff:
    """How one manifest differs from another, by path; each tuple is sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: int


def diff(before: Manifest, after: Manifest) -> ManifestDiff:
    """What has to be done to `before` to make it `after`."""
    old, new = before.entries, after.entries
    both = [p for p in new if p in old]
    changed = tuple(p for p in both if old[p] != new[p])
    added, removed = (p for p in new if p not in old), (p for p in old if p not in new)
    return ManifestDiff(tuple(added), tuple(removed), changed, len(both) - len(changed))


def _checked(path: str, entry: Entry) -> Entry:
    if entry.size is not None and (not isinstance(entry.size, int) or isinstance(entry.size, bool) or entry.size < 0):
        raise ValueInvalid(f"The size of {path!r} is {entry.size!r}.", advice="Give it in bytes.")
    if isinstance(entry, Content):
        check_digest(entry.digest)
    elif not isinstance(entry.uri, str) or not entry.uri:
        raise ValueInvalid(f"The reference {path!r} has no URI.")
    return entry


def _check_folders(paths: Iterable[str]) -> None:
    """A path cannot be both a file and a folder: the version could not be laid out on a disk."""
    known = set(paths)
    seen: set[str] = set()
    for path in known:
        parent = path.rpartition("/")[0]
        while parent and parent not in seen:
            if parent in known:
                raise ValueInvalid(f"{parent!r} is a file and, for {path!r}, a folder too.", advice="Rename one.")
            seen.add(parent)
            parent = parent.rpartition("/")[0]


def entry_to_json(entry: Entry) -> dict[str, Any]:
    """An entry as plain JSON; what an entry does not have is left out."""
    if isinstance(entry, Content):
        return {"digest": entry.digest, "size": entry.size}
    fields = {"uri": entry.uri, "checksum": entry.checksum, "size": entry.size, "version": entry.version}
    return {key: value for key, value in fields.items() if value is not None}


def _entry_from_json(path: str, raw: Any) -> Entry:
    if not isinstance(raw, dict):
        raise ValueInvalid(f"The entry {path!r} is not an object.")
    try:
        return Content(**raw) if "digest" in raw else Reference(**raw)
    except TypeError:
        raise ValueInvalid(f"The entry {path!r} has unknown or missing fields: {sorted(raw)}.") from None
