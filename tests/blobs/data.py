"""Content for the tests: the same bytes on every machine."""

from __future__ import annotations

from pathlib import Path

from blake3 import blake3

from museion.blobs.chunker import chunks
from museion.blobs.pack import build_pack
from museion.blobs.recipe import Recipe, recipe_of
from museion.model.digest import digest_bytes


def noise(name: str, size: int) -> bytes:
    """`size` bytes that look random."""
    return blake3(name.encode()).digest(length=size)


def pieces(data: bytes) -> list[tuple[bytes, bytes]]:
    """(hash, content) of each chunk of `data`, in order."""
    cut = [data[at : at + length] for at, length in chunks(data)]
    return [(blake3(piece).digest(), piece) for piece in cut]


def recipe(data: bytes) -> Recipe:
    return recipe_of(digest_bytes(data), [(key, len(piece)) for key, piece in pieces(data)])


def pack(*contents: bytes) -> bytes:
    """One pack with the chunks of all contents, each once."""
    return build_pack({key: piece for data in contents for key, piece in pieces(data)}.items())


def damage(path: Path, at: int) -> None:
    """Turn over the byte at `at`."""
    path.chmod(0o600)
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0xFF]))
