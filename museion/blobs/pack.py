"""The pack: an immutable file of many chunks that says itself what it holds (docs/FORMAT.md, "Pack").

    header | chunks, back to back | table | BLAKE3 of the table | trailer

A pack is named by the BLAKE3 of its table, in hex. Everything here treats a pack as bytes from a stranger.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from blake3 import blake3

from museion.blobs.chunker import MAX_CHUNK, Buffer
from museion.blobs.codec import KNOWN, RAW, decode, encode
from museion.errors import PackCorrupt

MAX_PACK = 64 << 20
TARGET_PACK = 32 << 20
MAX_COUNT = 65_536
VERSION = 1
SQUEEZED = 2
"""The version of packs whose chunks may be compressed; readers of version 1 refuse them as a whole."""
MAGIC = b"\x89MUSPCK\n"

_HEADER = struct.Struct("<8sHHI")
_ENTRY = struct.Struct("<32sQIIBBH")
_TRAILER = struct.Struct("<QIHH8s")
_HASH = 32
HEADER_SIZE = _HEADER.size
_TAIL = _HASH + _TRAILER.size

Pread = Callable[[int, int], Buffer]


class Entry(NamedTuple):
    """A chunk in a pack: `stored` bytes at `offset` are `length` bytes of content by `codec` (0: as they are)."""

    hash: bytes
    offset: int
    stored: int
    length: int
    codec: int


@dataclass(frozen=True, slots=True)
class Footer:
    """What a pack says it holds; `size` is that of the whole pack file in bytes."""

    id: str
    size: int
    entries: tuple[Entry, ...]


class PackWriter:
    """Lays chunks out in a pack and writes it through `write`, front to back.

    `add` writes a chunk; `place` only notes one, for callers that write many of them in one call. With `squeeze`,
    chunks are compressed where that pays.
    """

    def __init__(self, write: Callable[[Buffer], object], limit: int = TARGET_PACK, *, squeeze: bool = False) -> None:
        self._write = write
        self._squeeze = squeeze
        self._version = SQUEEZED if squeeze else VERSION
        self._limit = min(limit, MAX_PACK)
        self._table = bytearray()
        self._offset = HEADER_SIZE
        self.count = 0
        write(_HEADER.pack(MAGIC, self._version, 0, 0))

    def fits(self, length: int) -> bool:
        """Whether a chunk of `length` bytes still has room; the first always has."""
        size = self._offset + length + len(self._table) + _ENTRY.size + _TAIL
        return self.count == 0 or (size <= self._limit and self.count < MAX_COUNT)

    def place(self, key: bytes, length: int, stored: int | None = None, codec: int = RAW) -> int:
        """Note a chunk of `stored` bytes in the pack; returns its offset, at which the caller then writes it."""
        offset, size = self._offset, length if stored is None else stored
        self._table += _ENTRY.pack(key, offset, size, length, codec, 0, 0)
        self._offset += size
        self.count += 1
        return offset

    def add(self, key: bytes, data: Buffer) -> int:
        """Write a chunk; returns its offset."""
        codec, stored = encode(data) if self._squeeze else (RAW, data)
        offset = self.place(key, len(data), len(stored), codec)
        self._write(stored)
        return offset

    def add_stored(self, key: bytes, stored: Buffer, length: int, codec: int) -> int:
        """Write a chunk as another pack has it; returns its offset."""
        offset = self.place(key, length, len(stored), codec)
        self._write(stored)
        return offset

    def close(self) -> str:
        """Write table and trailer; returns the pack's id."""
        digest = blake3(self._table)
        trailer = _TRAILER.pack(self._offset, self.count, self._version, 0, MAGIC)
        self._write(bytes(self._table) + digest.digest() + trailer)
        return digest.hexdigest()


def overhead(count: int) -> int:
    """Bytes of a pack of `count` chunks that are not chunks."""
    return HEADER_SIZE + count * _ENTRY.size + _TAIL


def build_pack(chunks: Iterable[tuple[bytes, Buffer]], *, squeeze: bool = False) -> bytes:
    """One pack of (raw hash, content), in memory; with `squeeze`, compressed where that pays."""
    parts: list[Buffer] = []
    writer = PackWriter(parts.append, MAX_PACK, squeeze=squeeze)
    for key, data in chunks:
        writer.add(key, data)
    writer.close()
    return b"".join(parts)


def pread_of(data: Buffer) -> Pread:
    """Read pieces of a pack that is in memory."""
    view = memoryview(data)
    return lambda offset, length: view[offset : offset + length]


def read_footer(read: Pread, size: int) -> Footer:
    """What the pack of `size` bytes behind `read(offset, length)` holds; or PackCorrupt.

    The chunks themselves are not read: that is `verify_pack`.
    """
    if not HEADER_SIZE + _TAIL <= size <= MAX_PACK:
        raise PackCorrupt(f"A pack has between {HEADER_SIZE + _TAIL} and {MAX_PACK:,} bytes, this one has {size:,}.")
    version = _check_header(_exactly(read, 0, HEADER_SIZE))
    tail = _exactly(read, size - _TAIL, _TAIL)
    start, count = _check_trailer(tail[_HASH:], size, version)
    table = _exactly(read, start, count * _ENTRY.size)
    digest = blake3(table)
    if digest.digest() != tail[:_HASH]:
        raise PackCorrupt("The pack's table does not match its hash.")
    entries = tuple(Entry(*fields[:5]) for fields in _ENTRY.iter_unpack(table) if _reserved_is_zero(fields))
    _check_entries(entries, start, version)
    return Footer(digest.hexdigest(), size, entries)


def verify_pack(read: Pread, footer: Footer) -> None:
    """Hash every chunk; raises PackCorrupt naming the first that is not what the table says."""
    for entry in footer.entries:
        if found := wrong_content(read, footer, entry):
            raise found


def wrong_content(read: Pread, footer: Footer, entry: Entry) -> PackCorrupt | None:
    """What is wrong with a chunk; None if it is what the table says."""
    stored = read(entry.offset, entry.stored)
    if len(stored) != entry.stored:
        return PackCorrupt(f"The pack ends before byte {entry.offset + entry.stored}: it was cut short.")
    try:
        content = stored if entry.codec == RAW else decode(entry.codec, bytes(stored), entry.length)
    except PackCorrupt as error:
        return PackCorrupt(f"{error} It is {entry.hash.hex()} of the pack {footer.id}.", pack=footer.id)
    if (found := blake3(content).digest()) == entry.hash:
        return None
    return PackCorrupt(
        f"The chunk {entry.hash.hex()} at {entry.offset} of the pack {footer.id} has other content: "
        f"it hashes to {found.hex()}.",
        pack=footer.id,
        chunk=entry.hash.hex(),
    )


def _exactly(read: Pread, offset: int, length: int) -> bytes:
    data = bytes(read(offset, length))
    if len(data) != length:
        raise PackCorrupt(f"The pack ends before byte {offset + length}: it was cut short.")
    return data


def _check_header(data: bytes) -> int:
    magic, version, *reserved = _HEADER.unpack(data)
    if magic != MAGIC:
        raise PackCorrupt("This is not a pack: it does not begin like one.")
    if version not in (VERSION, SQUEEZED) or any(reserved):
        raise PackCorrupt(f"The pack has the format {version}; this Museion reads {VERSION} and {SQUEEZED}.")
    return int(version)


def _check_trailer(data: bytes, size: int, expected: int) -> tuple[int, int]:
    start, count, version, reserved, magic = _TRAILER.unpack(data)
    if magic != MAGIC or version != expected or reserved:
        raise PackCorrupt("The pack does not end like one: it was cut short, or something follows it.")
    if not 0 < count <= MAX_COUNT:
        raise PackCorrupt(f"The pack says it holds {count:,} chunks; between 1 and {MAX_COUNT:,} are possible.")
    if start < HEADER_SIZE or start + count * _ENTRY.size + _TAIL != size:
        raise PackCorrupt(f"The pack says its table of {count:,} chunks begins at {start}; that cannot be.")
    return start, count


def _reserved_is_zero(fields: tuple[bytes, int, int, int, int, int, int]) -> bool:
    if fields[5] or fields[6]:
        raise PackCorrupt("The pack's table uses fields this Museion does not know.")
    return True


def _check_entries(entries: tuple[Entry, ...], end: int, version: int) -> None:
    """Chunks lie back to back, each once, so that no byte of a pack is unaccounted for."""
    at = HEADER_SIZE
    for entry in entries:
        if entry.codec not in ({RAW} if version == VERSION else KNOWN):
            raise PackCorrupt(f"The chunk {entry.hash.hex()} uses the codec {entry.codec}, which is not known.")
        if (entry.stored != entry.length) if entry.codec == RAW else not 0 < entry.stored < entry.length:
            raise PackCorrupt(f"The chunk {entry.hash.hex()} says it takes {entry.stored:,} bytes.")
        if not 0 < entry.length <= MAX_CHUNK:
            raise PackCorrupt(f"The chunk {entry.hash.hex()} says it has {entry.length:,} bytes.")
        if entry.offset != at:
            raise PackCorrupt(f"The chunk {entry.hash.hex()} says it begins at {entry.offset}, not at {at}.")
        at += entry.stored
    if at != end:
        raise PackCorrupt(f"The chunks end at {at}, the table begins at {end}.")
    if len({entry.hash for entry in entries}) != len(entries):
        raise PackCorrupt("The pack names one chunk twice.")
