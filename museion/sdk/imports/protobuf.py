"""Protocol buffers, as far as reading needs them: fields by number, and a table that names those of interest."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from museion.errors import Corrupt

Kind = Literal["text", "int", "bool", "double", "sint", "bytes"]
MAX_DEPTH = 16
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True, slots=True)
class Field:
    """What a field holds: a plain kind, or a message with fields of its own; `many` if it may come again."""

    name: str
    kind: Kind | Mapping[int, Field] = "text"
    many: bool = False


Message = Mapping[int, Field]


def read(data: bytes, shape: Message, depth: int = 0) -> dict[str, Any]:
    """The fields of `shape` that are in `data`, by name; others are passed over. Raises Corrupt."""
    if depth > MAX_DEPTH:
        raise Corrupt("A record is nested too deep.")
    found: dict[str, Any] = {}
    for number, value in fields(data):
        field = shape.get(number)
        if field is None:
            continue
        plain = _value(field, value, depth)
        if field.many:
            found.setdefault(field.name, []).append(plain)
        else:
            found[field.name] = plain
    return found


def _value(field: Field, value: int | bytes, depth: int) -> Any:
    kind = field.kind
    if isinstance(kind, Mapping):
        return read(_octets(value), kind, depth + 1)
    if kind == "text":
        return _octets(value).decode("utf-8", "replace")
    if kind == "bytes":
        return _octets(value)
    if kind == "double":
        return struct.unpack("<d", _octets(value))[0] if isinstance(value, bytes) and len(value) == 8 else 0.0
    if not isinstance(value, int):
        raise Corrupt("A record holds text where a number belongs.")
    if kind == "sint":
        return (value >> 1) ^ -(value & 1)
    if kind == "bool":
        return bool(value)
    return value - (1 << 64) if value >> 63 else value


def _octets(value: int | bytes) -> bytes:
    if not isinstance(value, bytes):
        raise Corrupt("A record holds a number where text belongs.")
    return value


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Number and value of each field: an integer, or the bytes of anything else."""
    at, end = 0, len(data)
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if wire == _BYTES:
            length, at = _varint(data, at)
        elif wire in (_FIXED64, _FIXED32):
            length = 8 if wire == _FIXED64 else 4
        else:
            raise Corrupt(f"A record has a field of the kind {wire}, which is not known.")
        if length > end - at:
            raise Corrupt("A record ends in the middle of a field.")
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value & (1 << 64) - 1, at
    raise Corrupt("A record has a number without end.")
