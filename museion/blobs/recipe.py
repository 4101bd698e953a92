"""How a file is put together from chunks."""

from __future__ import annotations

import re
import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from museion.blobs.chunker import MAX_CHUNK
from museion.errors import ValueInvalid
from museion.model.digest import check_digest, digest_bytes

MAX_CHUNKS = 1 << 22
_STEP = struct.Struct("<32sI")
_HASH = re.compile(r"[0-9a-f]{64}")
EMPTY = digest_bytes(b"")


@dataclass(frozen=True, slots=True)
class Recipe:
    """`digest` (blake3:…) of the whole, its `size` in bytes, and (hash in hex, length in bytes) of each chunk in order.

    An empty file has no chunks; the digest of a file of one chunk is that chunk's hash.
    """

    digest: str
    size: int
    chunks: tuple[tuple[str, int], ...]

    def hashes(self) -> list[bytes]:
        """The chunks' hashes, 32 raw bytes each, in order and with repeats."""
        return [bytes.fromhex(key) for key, _ in self.chunks]

    def to_bytes(self) -> bytes:
        """The stored form: 32 bytes hash and u32 length (little-endian) for each chunk."""
        return b"".join([_STEP.pack(bytes.fromhex(key), length) for key, length in self.chunks])

    @classmethod
    def from_bytes(cls, digest: str, size: int, data: bytes) -> Recipe:
        """What `to_bytes` wrote."""
        return cls(digest, size, tuple((key.hex(), length) for key, length in steps(data)))


def steps(data: bytes) -> Iterator[tuple[bytes, int]]:
    """(hash, length) of each chunk of a stored recipe."""
    yield from _STEP.iter_unpack(data)


def distinct(data: bytes) -> Collection[bytes]:
    """The hashes in a stored recipe, each once. Most recipes are of one chunk: these are quick."""
    return (data[:32],) if len(data) == _STEP.size else {key for key, _ in steps(data)}


def recipe_of(digest: str, cuts: Iterable[tuple[bytes, int]]) -> Recipe:
    """The recipe of content that was cut into (raw hash, length)."""
    pairs = tuple([(key.hex(), length) for key, length in cuts])
    return Recipe(digest, sum([length for _, length in pairs]), pairs)


def check_recipe(recipe: Recipe) -> Recipe:
    """Return a recipe from outside if it can be true, else raise ValueInvalid."""
    check_digest(recipe.digest)
    if len(recipe.chunks) > MAX_CHUNKS:
        raise ValueInvalid(
            f"The recipe of {recipe.digest} has {len(recipe.chunks):,} chunks, more than {MAX_CHUNKS:,}."
        )
    for key, length in recipe.chunks:
        if not isinstance(key, str) or not _HASH.fullmatch(key):
            raise ValueInvalid(f"The recipe of {recipe.digest} names {key!r}, which is not a chunk's hash in hex.")
        if type(length) is not int or not 0 < length <= MAX_CHUNK:
            raise ValueInvalid(f"The recipe of {recipe.digest} has a chunk of {length!r} bytes.")
    total = sum(length for _, length in recipe.chunks)
    if recipe.size != total:
        raise ValueInvalid(f"The recipe of {recipe.digest} says {recipe.size:,} bytes, its chunks have {total:,}.")
    return recipe
