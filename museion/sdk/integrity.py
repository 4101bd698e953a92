"""Is a folder exactly a version, without a server? And who signed it.

A manifest file is the canonical bytes of a manifest (docs/format/manifest.md): its digest is the version's. It can
travel with the data, as `<folder>.manifest.json`, and signatures over it as `<folder>.manifest.json.sig`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from museion.errors import Corrupt, FileMissing, ValueInvalid
from museion.model.manifest import Content, Entry, Manifest
from museion.model.paths import inside
from museion.model.sshsig import END, fingerprint, read_signature, verify
from museion.sdk.digests import digest_file

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact

_MAX_MANIFEST = 1 << 30
_WORKERS = 2


@dataclass(slots=True)
class Report:
    """What a folder lacks of a version, has other than it, and has beside it; sizes in bytes."""

    digest: str
    files: int = 0
    size: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Every file of the version is there and right; `unchecked` are references that nothing here can check."""
        return not (self.missing or self.changed or self.extra)


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that fits. `trusted` if its key is among those that were allowed for this signer."""

    signer: str
    fingerprint: str
    trusted: bool


def manifest_file(folder: Path) -> Path:
    """Where a manifest lies that travels with a folder."""
    return folder.with_name(f"{folder.name}.manifest.json")


def write_manifest(artifact: Artifact, folder: Path) -> Path:
    """Put the manifest, and signatures if there are any, beside the folder; gives the manifest's path."""
    target = manifest_file(folder)
    target.write_bytes(artifact._content.canonical())
    if bodies := [one["body"] for one in artifact.signatures()]:
        target.with_name(f"{target.name}.sig").write_text("".join(bodies))
    return target


def read_manifest_file(path: Path) -> Manifest:
    """The manifest in a file; raises FileMissing, Corrupt if it is not written as manifests are."""
    try:
        if path.stat().st_size > _MAX_MANIFEST:
            raise Corrupt(f"{path} is too large for a manifest.")
        data = path.read_bytes()
        manifest = Manifest.from_json(json.loads(data))
    except FileNotFoundError:
        raise FileMissing(
            f"There is no manifest {path}.", advice="`museion artifact get --manifest` writes one."
        ) from None
    except (ValueError, RecursionError) as error:
        raise Corrupt(f"{path} is no manifest: {error}") from None
    if manifest.canonical() != data:
        raise Corrupt(f"{path} is not written as manifests are, so that its digest says nothing.")
    return manifest


def verify_folder(folder: Path, manifest: Manifest, *, ignore: Iterable[Path] = ()) -> Report:
    """Compare every byte of `folder` with the manifest; files of `ignore` do not count as extra."""
    report = Report(manifest.digest, len(manifest), manifest.size)
    with ThreadPoolExecutor(_WORKERS, "museion-verify") as pool:
        entries = manifest.entries.items()
        for path, state in pool.map(lambda item: (item[0], _state(folder, *item)), entries):
            if state != "same":
                getattr(report, state).append(path)
    skipped = {os.path.realpath(path) for path in ignore}
    report.extra = sorted(p for p in _files(folder) if p not in manifest.entries and _real(folder, p) not in skipped)
    return report


def signed_by(manifest: Manifest, bodies: Iterable[tuple[str, str]], allowed: Path | None = None) -> list[Signed]:
    """Check signatures, given as (signer, armored body); raises BlobCorrupt for one that does not fit.

    `allowed` is a file as ssh-keygen's ALLOWED SIGNERS has it: a key is trusted for the names it is listed under.
    """
    known = _allowed(allowed) if allowed else {}
    found: list[Signed] = []
    for signer, body in bodies:
        signature = read_signature(body, signer or "-")
        verify(signature, manifest.canonical())
        names = known.get(signature.fingerprint, set())
        name = signer or next(iter(sorted(names)), "-")
        found.append(Signed(name, signature.fingerprint, name in names))
    return found


def signature_bodies(path: Path) -> list[tuple[str, str]]:
    """The signatures in a file, one after the other; their signers are not written there."""
    parts = path.read_text(errors="replace").split(END)
    return [("", part.strip() + f"\n{END}\n") for part in parts if part.strip()]


def _state(folder: Path, path: str, entry: Entry) -> str:
    target = inside(folder, path)
    if target.is_symlink() or not target.is_file():
        return "missing" if isinstance(entry, Content) else "unchecked"
    wanted = entry.digest if isinstance(entry, Content) else entry.checksum or ""
    if not wanted.startswith("blake3:"):
        return "unchecked"
    same = target.stat().st_size == entry.size and digest_file(target) == wanted
    return "same" if same else "changed"


def _files(folder: Path) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        for name in names:
            yield Path(where, name).relative_to(folder).as_posix()


def _real(folder: Path, path: str) -> str:
    return os.path.realpath(folder / path)


def _allowed(path: Path) -> dict[str, set[str]]:
    """fingerprint → names, of lines like `ada@lab,*@lab ssh-ed25519 AAAA…`; patterns are not understood."""
    import base64
    import binascii

    found: dict[str, set[str]] = {}
    for line in path.read_text().splitlines():
        words = line.split("#")[0].split()
        places = [place for place, word in enumerate(words) if word.startswith(("ssh-", "ecdsa-"))]
        if not places or places[0] + 1 >= len(words) or not places[0]:
            continue
        try:
            key = base64.b64decode(words[places[0] + 1], validate=True)
        except binascii.Error:
            raise ValueInvalid(f"{path} has a damaged key in it: {line[:80]!r}.") from None
        found.setdefault(fingerprint(key), set()).update(words[0].split(","))
    return found
