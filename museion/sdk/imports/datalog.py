"""The file a W&B client writes while offline: records in a log of 32 KiB blocks, as LevelDB has it.

`:W&B` `E1 BE` `00`, then chunks of `crc32 u32 · length u16 · type u8 · data` that never cross a block; type 1 is a
whole record, 2, 3 and 4 are the first, a middle and the last part of one. The CRC begins with that of the type's byte.
What does not match is stepped over to the next block, and counted: a torn tail costs the record it tore, nothing else.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from museion.errors import Corrupt, TooLarge

HEADER = b":W&B\xe1\xbe\x00"
BLOCK = 32 * 1024
MAX_RECORD = 256 << 20
_CHUNK = struct.Struct("<IHB")
_GAP, _WHOLE, _FIRST, _MIDDLE, _LAST = 0, 1, 2, 3, 4
_SEEDS = {kind: crc32(bytes([kind])) for kind in (_WHOLE, _FIRST, _MIDDLE, _LAST)}


@dataclass(slots=True)
class Datalog:
    """The records of a file; `skipped` bytes were no record."""

    path: Path
    skipped: int = 0

    def records(self) -> Iterator[bytes]:
        """Each record's bytes, in order. Raises Corrupt if the file is not such a log at all."""
        with self.path.open("rb") as file:
            if file.read(len(HEADER)) != HEADER:
                raise Corrupt(f"{self.path} does not begin as a W&B run file does.")
            file.seek(0)
            yield from self._assembled(file)

    def _assembled(self, file: BinaryIO) -> Iterator[bytes]:
        waiting: list[bytes] | None = None
        size = 0
        for kind, data in self._chunks(file):
            if kind in (_WHOLE, _FIRST, _GAP):
                self.skipped += sum(map(len, waiting or ()))
                waiting, size = ([data], len(data)) if kind == _FIRST else (None, 0)
                if kind == _WHOLE:
                    yield data
            elif waiting is None:
                self.skipped += len(data)
            else:
                waiting.append(data)
                size += len(data)
                if size > MAX_RECORD:
                    raise TooLarge(f"{self.path} has a record of more than {MAX_RECORD:,} bytes.")
                if kind == _LAST:
                    yield b"".join(waiting)
                    waiting = None
        self.skipped += sum(map(len, waiting or ()))

    def _chunks(self, file: BinaryIO) -> Iterator[tuple[int, bytes]]:
        at = len(HEADER)
        while block := file.read(BLOCK):
            while at + _CHUNK.size <= len(block):
                crc, length, kind = _CHUNK.unpack_from(block, at)
                data = block[at + _CHUNK.size : at + _CHUNK.size + length]
                if kind not in _SEEDS or len(data) < length or crc32(data, _SEEDS[kind]) != crc:
                    if any(block[at:]):
                        self.skipped += len(block) - at
                        yield _GAP, b""  # what comes next is no part of what came before
                    break
                yield kind, data
                at += _CHUNK.size + length
            at = 0
