"""Digests of local files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

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


def digest_pieces(pieces: Iterable[bytes]) -> str:
    """BLAKE3 of the pieces put together."""
    from blake3 import blake3

    hasher = blake3()
    for piece in pieces:
        hasher.update(piece)
    return from_raw(hasher.digest())
