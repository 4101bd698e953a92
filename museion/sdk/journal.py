"""The journal of one writer: an append-only file of framed records (docs/format/journal.md).

A record is on the disk's page cache, out of this process, when `append` returns: it survives any death of the process.
A frame is `magic u16 · kind u8 · length u32 · crc32 u32 · payload`, little-endian, the payload msgpack. A tear can only
be at the end, or where a full disk cut a frame short: the reader steps over it and counts the bytes. Rows of many keys
name them once: a `SHAPE` record lists the keys, and `SHAPED` rows carry its number and the values.
"""

from __future__ import annotations

import os
import struct
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any
from zlib import crc32

import msgspec

from museion.errors import JournalCorrupt, StorageFull, ValueInvalid

FORMAT = 2
READABLE = (1, 2)
SUFFIX = ".journal"
MAGIC = 0x4AA7
MAX_PAYLOAD = 64 << 20
MAX_SHAPES = 64
HELD_SECONDS = 1.0
"""A buffered row is written out at the latest by the first record that comes this long after it."""

_FRAME = struct.Struct("<HBII")
_MAGIC = MAGIC.to_bytes(2, "little")
_pack = _FRAME.pack
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode


class Kind(IntEnum):
    """`ROW` is [step, time, values], `EVENT` [kind, time, body], `CONSOLE` [time, stream, text].

    `SHAPE` is [number, keys], `SHAPED` [number, step, time, values]: a reader hands the latter on as `ROW`.
    """

    HEADER = 1
    ROW = 2
    EVENT = 3
    CONSOLE = 4
    SHAPE = 5
    SHAPED = 6


_ROW = int(Kind.ROW)
_SHAPED = int(Kind.SHAPED)
_SHAPE = int(Kind.SHAPE)
Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One record, and where in the file the next one begins. `keys` are those of a row that came without."""

    kind: int
    payload: bytes
    end: int
    keys: Keys | None = None

    @property
    def value(self) -> Any:
        """The payload, decoded."""
        if self.keys is None:
            return _decode(self.payload)
        _, step, time, values = _decode(self.payload)
        return [step, time, dict(zip(self.keys, values, strict=True))]


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
    """Appends to one file. Each record is one write(2); threads may share a writer, processes may not.

    With `held` above 1 rows wait in this process until there are so many, or anything else is written: for network
    file systems, where each write costs a round trip.
    """

    def __init__(self, path: Path, header: Mapping[str, Any], *, held: int = 0) -> None:
        self.path = path
        self._lock = threading.RLock()  # a signal's handler may come in between
        self._flushing = threading.RLock()
        self._shapes: dict[Keys, int] = {}
        self._numbers = iter(range(MAX_SHAPES))
        self._seen: Keys = ()
        self._last: tuple[Keys | None, int | None] = (None, None)
        self._held: list[bytes] = []
        self._most = held
        self._since = 0.0
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.append(Kind.HEADER, {"format": FORMAT, **header})
        if held > 1:
            self.row = self._held_row  # type: ignore[method-assign,assignment]

    def append(self, kind: int, value: Any) -> None:
        """Write one record; raises StorageFull if it does not fit on the disk."""
        data = frame(kind, value)
        if self._held:
            self.flush()
        self.write(data)

    def write(self, data: bytes) -> None:
        """Write a whole frame."""
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            raise StorageFull(f"Could not write to {self.path}: {error.strerror}.") from error
        if written != len(data):
            raise StorageFull(f"Could not write to {self.path}: only {written} of {len(data)} bytes fitted.")

    def row(
        self,
        step: int,
        time: float,
        values: Mapping[str, Any],
        _encode: Callable[[Any], bytes] = _encode,
        _pack: Callable[..., bytes] = _pack,
        _crc: Callable[[bytes], int] = crc32,
        _out: Callable[[int, bytes], int] = os.write,
    ) -> None:
        """One row of values that are known to be plain. The hot path: what it calls is bound here, not looked up."""
        payload = _encode((step, time, values))
        data = _pack(MAGIC, _ROW, len(payload), _crc(payload)) + payload
        try:
            if _out(self._fd, data) == len(data):
                return
        except OSError as error:
            raise StorageFull(f"Could not write to {self.path}: {error.strerror}.") from error
        raise StorageFull(f"Could not write to {self.path}: the disk is full.")

    def shaped(self, step: int, time: float, keys: Keys, values: Sequence[Any]) -> None:
        """A row of many keys: the keys are written once, if they come again."""
        same, number = self._last
        if keys is not same:
            number = self._number(keys)
        if number is None:
            self.row(step, time, dict(zip(keys, values, strict=True)))
        else:
            self._put(frame(_SHAPED, (number, step, time, values)), time)

    def _number(self, keys: Keys) -> int | None:
        """The shape's number in the file; None the first time it is seen, and when there are shapes enough."""
        number = self._shapes.get(keys)
        if number is None and keys == self._seen:
            number = self._new_shape(keys)
        self._seen = keys
        if number is not None:
            self._last = (keys, number)
        return number

    def _new_shape(self, keys: Keys) -> int | None:
        """Its number once it is in the file; None when there are shapes enough."""
        with self._lock:
            number = next(self._numbers, None)
        if number is not None:
            self.append(_SHAPE, (number, keys))
            self._shapes[keys] = number
        return number

    def _put(self, data: bytes, time: float) -> None:
        """Write a row's frame, or keep it back until there are enough of them."""
        if self._most <= 1:
            self.write(data)
            return
        with self._lock:
            self._since = self._since if self._held else time
            self._held.append(data)
            due = len(self._held) >= self._most or time - self._since > HELD_SECONDS
        if due:
            self.flush()

    def _held_row(self, step: int, time: float, values: Mapping[str, Any], *bound: Any) -> None:
        self._put(frame(_ROW, (step, time, values)), time)

    def flush(self) -> None:
        """Write what was kept back. The lock keeps two threads' rows in order; it is not there without `held`."""
        with self._flushing:
            with self._lock:
                data, self._held = b"".join(self._held), []
            if data:
                self.write(data)

    def sync(self) -> None:
        """Wait until the disk has all that was written."""
        self.flush()
        try:
            os.fsync(self._fd)
        except OSError as error:
            raise StorageFull(f"Could not write to {self.path}: {error.strerror}.") from error

    @property
    def size(self) -> int:
        """Bytes in the file; 0 once it is closed and gone."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def close(self) -> None:
        """Write what was kept back and close the file; a second call does nothing."""
        if self._fd >= 0:
            self.flush()
        self.forget()

    def forget(self) -> None:
        """Close the file; what was kept back stays with whoever has a copy of it (the parent of this process)."""
        fd, self._fd = self._fd, -1
        self._held = []
        if fd >= 0:
            os.close(fd)


class JournalReader:
    """Reads records from `offset` on, as far as they are whole; call `read` again when the file has grown.

    A frame that is cut off at the end is waited for, unless `final` says that nobody writes any more. Bytes that are
    no frame are stepped over and counted in `skipped`, as are rows whose shape is nowhere before them.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self.path = path
        self.offset = offset
        self.skipped = 0
        self._shapes: dict[int, Keys] = {}
        self._known_from = offset
        self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def header(self) -> dict[str, Any]:
        """The first record; raises JournalCorrupt if the file does not begin with one of a format we know."""
        head = next(iter(_parse(os.pread(self._fd, 1 << 16, 0), 0)), None)
        if head is None or head.kind != Kind.HEADER:
            raise JournalCorrupt(
                f"{self.path} does not begin as a journal.", advice="It can be deleted if it is empty."
            )
        value = head.value
        if not isinstance(value, dict) or value.get("format") not in READABLE:
            raise JournalCorrupt(f"{self.path} is a journal of a format newer than {FORMAT}.", advice="Update museion.")
        return value

    def read(self, limit: int = 4 << 20, *, final: bool = False) -> list[Record]:
        """Whole records in about the next `limit` bytes; an empty list means that there are none (yet)."""
        while True:
            data = os.pread(self._fd, limit, self.offset)
            if found := _parse(data, self.offset):
                self.offset = found[-1].end
                if shown := self._shapely(found):
                    return shown
                continue
            need = _length(data) or 0
            if len(data) == limit and need > limit:
                limit = need
                continue
            if not self._step_over(data, need, final):
                return []

    def _shapely(self, found: list[Record]) -> list[Record]:
        """`found` with the keys of the rows that came without; nothing is done where no row did."""
        if not any(record.kind >= _SHAPE for record in found):
            return found
        return [shown for record in found if (shown := self._with_keys(record)) is not None]

    def _with_keys(self, record: Record) -> Record | None:
        if record.kind == _SHAPE:
            number, keys = record.value
            self._shapes[number] = tuple(keys)
        if record.kind != _SHAPED:
            return record
        number = _number_of(record.payload)
        if number not in self._shapes and self._known_from > 0:
            self._look_before()
        if number not in self._shapes:
            self.skipped += len(record.payload) + _FRAME.size
            return None
        return Record(_ROW, record.payload, record.end, self._shapes[number])

    def _look_before(self) -> None:
        """The shapes that were written before the place where this reader began."""
        before = JournalReader(self.path)
        try:
            while before.offset < self._known_from and before.read():
                pass
        finally:
            before.close()
        self._known_from = 0
        self._shapes = {**before._shapes, **self._shapes}

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


def _number_of(payload: bytes) -> int:
    """The shape a row names: the first of the four items of its array, a small number, so one byte."""
    return payload[1]


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
