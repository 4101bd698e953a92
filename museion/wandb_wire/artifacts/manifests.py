"""W&B's manifest and ours: read what a client sends, put parts of it together, and write it for a client to read.

A W&B manifest names content by MD5 or XXH128 (base64) where ours has BLAKE3, and lets a path lead into another
artifact. Everything of it that ours has no word for is kept beside it, so that a client reads back what it wrote.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from museion.errors import ValueInvalid
from museion.model.manifest import MAX_ENTRIES, Content, Entry, Manifest, Reference
from museion.model.paths import check_path

Algorithm = Literal["MANIFEST_MD5", "MANIFEST_XXH128"]
MD5: Algorithm = "MANIFEST_MD5"
XXH128: Algorithm = "MANIFEST_XXH128"
VERSION = 1
POLICY = "wandb-storage-policy-v1"
MAX_EXTRA = 4096
_HEADER = b"wandb-artifact-manifest-v1\n"
_ALG = "XXH128"
_SHORT = 16


@dataclass(frozen=True, slots=True)
class Part:
    """An entry as W&B has it: `digest` as written, `ref` for what lives elsewhere, `size` in bytes."""

    digest: str
    size: int | None = None
    ref: str | None = None
    birth: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    skip_cache: bool = False

    @property
    def fingerprint(self) -> Fingerprint:
        """The digest of stored content as bytes; raises ValueInvalid if it is none."""
        return Fingerprint("xxh128" if self.extra.get("alg") == _ALG else "md5", raw(self.digest))


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """16 bytes that stand for content in W&B's manifests."""

    algorithm: Literal["md5", "xxh128"]
    raw: bytes

    @property
    def hex(self) -> str:
        return self.raw.hex()

    @property
    def text(self) -> str:
        """As manifests write it."""
        return base64.b64encode(self.raw).decode()


Parts = dict[str, Part]


def raw(digest: object) -> bytes:
    """The 16 bytes of a base64 digest; raises ValueInvalid for anything else."""
    try:
        found = base64.b64decode(str(digest), validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if len(found) != _SHORT:
        raise ValueInvalid(f"{str(digest)[:64]!r} is not the base64 of an MD5 or XXH128 digest.")
    return found


def read(data: bytes) -> Parts:
    """The entries of a manifest as it came; raises ValueInvalid or PathInvalid saying where it is wrong."""
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ValueInvalid(f"The manifest is not JSON: {str(error)[:200]}.") from None
    contents = body.get("contents") if isinstance(body, dict) else None
    if not isinstance(contents, dict) or body.get("version") != VERSION:
        raise ValueInvalid(f"This is not a W&B manifest of version {VERSION}.")
    if len(contents) > MAX_ENTRIES:
        raise ValueInvalid(f"A manifest holds at most {MAX_ENTRIES:,} entries, not {len(contents):,}.")
    return {check_path(path): _part(path, value) for path, value in contents.items()}


def _part(path: str, value: Any) -> Part:
    if not isinstance(value, dict):
        raise ValueInvalid(f"The entry {path!r} is not an object.")
    digest, size, ref = value.get("digest"), value.get("size"), value.get("ref")
    birth, extra = value.get("birthArtifactID"), value.get("extra") or {}
    if not isinstance(digest, str) or len(digest) > MAX_EXTRA:
        raise ValueInvalid(f"The entry {path!r} has no digest.")
    if size is not None and (type(size) is not int or not 0 <= size < 1 << 63):
        raise ValueInvalid(f"The size of {path!r} is {size!r}.", advice="Give it in bytes.")
    if ref is not None and (not isinstance(ref, str) or not ref or len(ref) > MAX_EXTRA):
        raise ValueInvalid(f"The reference {path!r} has no URI.")
    if birth is not None and (not isinstance(birth, str) or len(birth) > 256):
        raise ValueInvalid(f"The entry {path!r} names no artifact it was born in.")
    if not isinstance(extra, dict) or len(json.dumps(extra)) > MAX_EXTRA:
        raise ValueInvalid(f"The entry {path!r} has more beside it than {MAX_EXTRA} characters.")
    return Part(digest, size, ref or None, birth or None, extra, value.get("skip_cache") is True)


def write(parts: Mapping[str, Part]) -> bytes:
    """A manifest that a client can read, always the same bytes for the same entries."""
    contents = {path: _plain(parts[path]) for path in sorted(parts)}
    body = {
        "version": VERSION,
        "storagePolicy": POLICY,
        "storagePolicyConfig": {"storageLayout": "V2"},
        "contents": contents,
    }
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(part: Part) -> dict[str, Any]:
    fields = {
        "digest": part.digest,
        "size": part.size,
        "ref": part.ref,
        "birthArtifactID": part.birth,
        "extra": dict(part.extra) or None,
        "skip_cache": part.skip_cache or None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def merge(layers: Iterable[Mapping[str, Part]]) -> Parts:
    """Entries of all layers; a later one has the last word. This is how incremental and patch manifests add up."""
    whole: Parts = {}
    for layer in layers:
        whole.update(layer)
    if len(whole) > MAX_ENTRIES:
        raise ValueInvalid(f"A manifest holds at most {MAX_ENTRIES:,} entries, not {len(whole):,}.")
    return whole


def digest_of(parts: Mapping[str, Part], algorithm: Algorithm) -> str:
    """The digest of an artifact as W&B counts it, in hex: over `path:digest` lines in order of path."""
    lines = b"".join(f"{path}:{parts[path].digest}\n".encode() for path in sorted(parts))
    if algorithm == XXH128:
        import xxhash

        return str(xxhash.xxh128(_HEADER + lines).hexdigest())
    return hashlib.md5(_HEADER + lines, usedforsecurity=False).hexdigest()


Inner = Callable[[str], Content | None]
"""What `wandb-artifact://…` leads to, if it is content this project may name."""


def to_ours(parts: Mapping[str, Part], contents: Mapping[Fingerprint, Content], inner: Inner) -> Manifest:
    """Our manifest of the same files; every stored entry's content is in `contents`."""
    return Manifest.of({path: _entry(part, contents, inner) for path, part in parts.items()})


def _entry(part: Part, contents: Mapping[Fingerprint, Content], inner: Inner) -> Entry:
    if part.ref is None:
        known = contents[part.fingerprint]
        # The size that was claimed goes on, so that one that lies is found out where all claims are checked.
        return known if part.size is None else Content(known.digest, part.size)
    if part.ref.startswith("wandb-artifact://") and (found := inner(part.ref)) is not None:
        return found
    version = part.extra.get("versionID")
    return Reference(part.ref, _checksum(part), part.size, version if isinstance(version, str) else None)


def _checksum(part: Part) -> str | None:
    etag = part.extra.get("etag")
    if isinstance(etag, str) and etag:
        return f"etag:{etag}"
    if part.digest == part.ref:
        return None
    try:
        return f"{part.fingerprint.algorithm}:{part.fingerprint.hex}"
    except ValueInvalid:
        return f"etag:{part.digest}"


def from_ours(manifest: Manifest, fingerprints: Mapping[str, str], birth: str) -> Parts:
    """W&B's entries for a version of ours; `fingerprints` has the MD5 (hex) of each digest, `birth` is its id."""
    return {path: _of_ours(entry, fingerprints, birth) for path, entry in manifest.entries.items()}


def _of_ours(entry: Entry, fingerprints: Mapping[str, str], birth: str) -> Part:
    if isinstance(entry, Content):
        md5 = base64.b64encode(bytes.fromhex(fingerprints[entry.digest])).decode()
        return Part(md5, entry.size, birth=birth)
    kind, _, value = (entry.checksum or "").partition(":")
    extra = {"versionID": entry.version} if entry.version else {}
    if kind == "etag":
        return Part(value.strip('"'), entry.size, entry.uri, birth, {"etag": value, **extra})
    if kind in ("md5", "xxh128"):
        extra |= {"alg": _ALG} if kind == "xxh128" else {}
        return Part(base64.b64encode(bytes.fromhex(value)).decode(), entry.size, entry.uri, birth, extra)
    return Part(entry.checksum or entry.uri, entry.size, entry.uri, birth, extra)
