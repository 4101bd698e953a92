"""The journal of one writer: an append-only file of framed records (docs/format/journal.md).

A record is on the disk's page cache, out of this process, when `append` returns: it survives any death of the process.
A frame is `magic u16 · kind u8 · length u32 · crc32 u32 · payload`, little-endian, the payload msgpack. A tear can only
be at the end, or where a full disk cut a frame short: the reader steps over it and counts the bytes.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from museion.errors import JournalCorrupt, StorageFull, ValueInvalid

FORMAT = 1
SUFFIX = ".journal"
MAGIC = 0x4AA7
MAX_PAYLOAD = 64 << 20

_FRAME = struct.Struct("<HBII")
_MAGIC = MAGIC.to_bytes(2, "little")
_pack = _FRAME.pack
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Kind(IntEnum):
    """`ROW` is [step, time, values], `EVENT` [kind, time, body], `CONSOLE` [time, stream, text]."""

    HEADER = 1
    ROW = 2
    EVENT = 3
    CONSOLE = 4


_ROW = int(Kind.ROW)


@dataclass(frozen=True, slots=True)
class Record:
    """One record, and where in the file the next one begins."""

    kind: int
    payload: bytes
    end: int

    @property
    def value(self) -> Any:
        """The payload, decoded."""
        return _decode(self.payload)


def frame(kind: int, value: Any) -> bytes:
    """`value` as one frame; raises ValueInvalid for what msgpack cannot hold."""
    try:
        payload = _encode(value)
    except (TypeError, OverflowError, UnicodeError, ValueError, RecursionError) as error:
        raise ValueInvalid(f"The value cannot be written to the journal: {error}.") from None
    if len(payload) > MAX_PAYLOAD:
        raise ValueInvalid(
            f"The record has {len(payload):,} bytes, more than {MAX_PAYLOAD:,}.", advice="Log less at once."
        )
    return _pack(MAGIC, kind, len(payload), crc32(payload)) + payload


class JournalWriter:
    """Appends to one file. Each `append` is one write(2); threads may share a writer, processes may not."""

    def __init__(self, path: Path, header: dict[str, Any]) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.append(Kind.HEADER, {"format": FORMAT, **header})

    def append(self, kind: int, value: Any) -> None:
        """Write one record; raises StorageFull if it does not fit on the disk."""
        self.write(frame(kind, value))

    def write(self, data: bytes) -> None:
        """Write a whole frame."""
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise StorageFull(f"Could not write to {self.path}: {error.strerror}.") from error
        if written != len(data):
            raise StorageFull(f"Could not write to {self.path}: only {written} of {len(data)} bytes fitted.")

    def row(self, step: int, time: float, values: dict[str, Any]) -> None:
        """The hot path: one row of values that are known to be plain."""
        payload = _encode((step, time, values))
        data = _pack(MAGIC, _ROW, len(payload), crc32(payload)) + payload
        try:
            if os.write(self._fd, data) == len(data):
                return
        except OSError as error:
            raise StorageFull(f"Could not write to {self.path}: {error.strerror}.") from error
        raise StorageFull(f"Could not write to {self.path}: the disk is full.")

    @property
    def size(self) -> int:
        """Bytes in the file; 0 once it is closed and gone."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        with self._lock:
            fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class JournalReader:
    """Reads records from `offset` on, as far as they are whole; call `read` again when the file has grown.

    A frame that is cut off at the end is waited for, unless `final` says that nobody writes any more. Bytes that are
    no frame are stepped over and counted in `skipped`.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def header(self) -> dict[str, Any]:
        """The first record; raises JournalCorrupt if the file does not begin with one of a format we know."""
        head = next(iter(_parse(os.pread(self._fd, 1 << 16, 0), 0)), None)
        if head is None or head.kind != Kind.HEADER:
            raise JournalCorrupt(
                f"{self.path} does not begin as a journal.", advice="It can be deleted if it is empty."
            )
        value = head.value
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise JournalCorrupt(f"{self.path} is a journal of a format newer than {FORMAT}.", advice="Update museion.")
        return value

    def read(self, limit: int = 4 << 20, *, final: bool = False) -> list[Record]:
        """Whole records in about the next `limit` bytes; an empty list means that there are none (yet)."""
        while True:
            data = os.pread(self._fd, limit, self.offset)
            if found := _parse(data, self.offset):
                self.offset = found[-1].end
                return found
            need = _length(data) or 0
            if len(data) == limit and need > limit:
                limit = need
                continue
            if not self._step_over(data, need, final):
                return []

    def _step_over(self, data: bytes, need: int, final: bool) -> bool:
        """Go past bytes that are no frame, to what may be the next one; False if more may still come to make one."""
        unfinished = len(data) < _FRAME.size or need > len(data)
        if not data or (unfinished and not final):
            return False
        jump = data.find(_MAGIC, 1)
        if jump < 0:
            jump = len(data) if final else len(data) - 1
        self.skipped += jump
        self.offset += jump
        return True

    def close(self) -> None:
        """Close the file."""
        os.close(self._fd)


def _length(data: bytes) -> int | None:
    """Bytes of the frame that `data` begins with, if it looks like the head of one."""
    if len(data) < _FRAME.size:
        return None
    magic, kind, length, _ = _FRAME.unpack_from(data)
    return _FRAME.size + length if magic == MAGIC and kind < 16 and length <= MAX_PAYLOAD else None


def _parse(data: bytes, base: int) -> list[Record]:
    """All whole frames from the start of `data` up to the first that is not."""
    found = []
    at, end, head = 0, len(data), _FRAME.size
    while at + head <= end:
        magic, kind, length, crc = _FRAME.unpack_from(data, at)
        stop = at + head + length
        if magic != MAGIC or stop > end:
            break
        payload = data[at + head : stop]
        if crc32(payload) != crc:
            break
        found.append(Record(kind, payload, base + stop))
        at = stop
    return found


def records(path: Path) -> Iterator[Record]:
    """All whole records of a journal that nobody writes to any more."""
    reader = JournalReader(path)
    try:
        while got := reader.read(final=True):
            yield from got
    finally:
        reader.close()
