"""How a chunk is stored: as it is, or smaller. A chunk's name is the hash of its content, whatever the codec."""

from __future__ import annotations

import threading

import zstandard

from museion.blobs.chunker import Buffer
from museion.errors import PackCorrupt

RAW = 0
ZSTD = 1
GROUPED_2 = 2
GROUPED_4 = 4
_WIDTH = {ZSTD: 1, GROUPED_2: 2, GROUPED_4: 4}
KNOWN = frozenset({RAW, *_WIDTH})

LEVEL = 1
PAYS = 0.9
_SAMPLE = 32 << 10
_LEAST = 512
_tools = threading.local()


def encode(data: Buffer) -> tuple[int, Buffer]:
    """(codec, stored bytes): the smallest way that a sample promises, if it saves a tenth; else as it is."""
    codec = _promising(data)
    if codec == RAW:
        return RAW, data
    stored = squeeze(codec, data)
    return (codec, stored) if len(stored) <= len(data) * PAYS else (RAW, data)


def decode(codec: int, stored: bytes, length: int) -> bytes:
    """The content, `length` bytes of it; raises PackCorrupt for what is not that, and never makes more."""
    if codec == RAW:
        return stored
    if codec not in _WIDTH:
        raise PackCorrupt(f"A chunk uses the codec {codec}, which is not known.")
    try:
        if zstandard.frame_content_size(stored) != length:
            raise PackCorrupt("A compressed chunk says it has another length than the table.")
        data = _decompressor().decompress(stored, max_output_size=length, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise PackCorrupt(f"A compressed chunk cannot be decompressed: {error}.") from None
    return data if codec == ZSTD else _ungroup(data, _WIDTH[codec])


def _promising(data: Buffer) -> int:
    """The codec under which a stretch from the middle of `data` gets smallest."""
    if len(data) < _LEAST:
        return RAW
    middle = (len(data) // 2) & ~7
    sample = memoryview(data)[middle : middle + _SAMPLE] if len(data) > 2 * _SAMPLE else memoryview(data)
    sizes = {codec: len(squeeze(codec, sample)) for codec in _WIDTH}
    best = min(sizes, key=lambda codec: (sizes[codec], codec))
    return best if sizes[best] <= len(sample) * PAYS else RAW


def squeeze(codec: int, data: Buffer) -> bytes:
    """The stored form by a codec other than RAW."""
    grouped = data if codec == ZSTD else _group(data, _WIDTH[codec])
    return bytes(_compressor().compress(grouped))


def _group(data: Buffer, width: int) -> bytes:
    """All first bytes of the words, then all second ones …; what is left over at the end stays there."""
    view, whole = bytes(data), len(data) // width * width
    return b"".join([*(view[at:whole:width] for at in range(width)), view[whole:]])


def _ungroup(data: bytes, width: int) -> bytes:
    count = len(data) // width
    found = bytearray(data)
    for at in range(width):
        found[at : count * width : width] = data[at * count : (at + 1) * count]
    return bytes(found)


def _compressor() -> zstandard.ZstdCompressor:
    if not hasattr(_tools, "compressor"):
        _tools.compressor = zstandard.ZstdCompressor(level=LEVEL, write_content_size=True)
    found: zstandard.ZstdCompressor = _tools.compressor
    return found


def _decompressor() -> zstandard.ZstdDecompressor:
    if not hasattr(_tools, "decompressor"):
        _tools.decompressor = zstandard.ZstdDecompressor()
    found: zstandard.ZstdDecompressor = _tools.decompressor
    return found
