"""Digests of local files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from museion.model.digest import from_raw

_PIECE = 1 << 20
_MAPPED = 64 << 20


def digest_file(path: Path) -> str:
    """BLAKE3 of the file's content, as `blake3:<hex>`; memory stays small for any size."""
    from blake3 import blake3

    if path.stat().st_size >= _MAPPED:
        return from_raw(blake3(max_threads=blake3.AUTO).update_mmap(path).digest())
    with path.open("rb") as file:
        return digest_pieces(iter(lambda: file.read(_PIECE), b""))


def has_checksum(path: Path, checksum: str) -> bool:
    """Whether the file's content is what `checksum` says: BLAKE3, or MD5 or XXH128, as W&B's clients write them."""
    kind, _, value = checksum.partition(":")
    if kind not in ("md5", "xxh128"):
        return digest_file(path) == checksum
    hasher = _hasher(kind)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            hasher.update(piece)
    return bool(hasher.hexdigest() == value)


def _hasher(kind: str) -> Any:
    if kind == "md5":
        return hashlib.md5(usedforsecurity=False)
    import xxhash

    return xxhash.xxh128()


def digest_pieces(pieces: Iterable[bytes]) -> str:
    """BLAKE3 of the pieces put together."""
    from blake3 import blake3

    hasher = blake3()
    for piece in pieces:
        hasher.update(piece)
    return from_raw(hasher.digest())
