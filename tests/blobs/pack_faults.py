"""Ways in which a pack can lie. Each takes a good pack of three chunks and gives a bad one with a right table hash."""

from __future__ import annotations

import struct

from blake3 import blake3

ENTRY = 52
TRAILER = 24


def rebuilt(good: bytes, change) -> bytes:
    """The pack with its table changed, hashed anew: what a liar would send."""
    count = struct.unpack_from("<I", good, len(good) - TRAILER + 8)[0]
    start = len(good) - TRAILER - 32 - count * ENTRY
    rows = [bytearray(good[start + i * ENTRY : start + (i + 1) * ENTRY]) for i in range(count)]
    changed = change(rows)
    rows = rows if changed is None else changed
    table = b"".join(bytes(row) for row in rows)
    trailer = bytearray(good[-TRAILER:])
    struct.pack_into("<I", trailer, 8, len(rows))
    return good[:start] + table + blake3(table).digest() + bytes(trailer)


def poke(row: int, at: int, form: str, value: int):
    def change(rows):
        struct.pack_into(form, rows[row], at, value)

    return change


def empty(good: bytes) -> bytes:
    return b""


def cut_short(good: bytes) -> bytes:
    return good[:-1]


def cut_in_the_data(good: bytes) -> bytes:
    return good[: len(good) // 2]


def trailing_garbage(good: bytes) -> bytes:
    return good + b"garbage"


def leading_garbage(good: bytes) -> bytes:
    return b"garbage" + good


def other_content(good: bytes) -> bytes:
    return good[:20] + bytes([good[20] ^ 1]) + good[21:]


def other_table(good: bytes) -> bytes:
    return good[: -TRAILER - 40] + b"\x01" + good[-TRAILER - 39 :]


def other_version(good: bytes) -> bytes:
    return good[:8] + b"\x02" + good[9:]


def offset_out_of_range(good: bytes) -> bytes:
    return rebuilt(good, poke(0, 32, "<Q", 1 << 60))


def offsets_overlap(good: bytes) -> bytes:
    return rebuilt(good, poke(1, 32, "<Q", 16))


def length_too_large(good: bytes) -> bytes:
    return rebuilt(good, poke(2, 40, "<I", 0xFFFF_FFFF))


def length_zero(good: bytes) -> bytes:
    return rebuilt(good, poke(0, 40, "<I", 0))


def lengths_differ(good: bytes) -> bytes:
    return rebuilt(good, poke(0, 44, "<I", 4))


def unknown_codec(good: bytes) -> bytes:
    return rebuilt(good, poke(0, 48, "<B", 1))


def reserved_used(good: bytes) -> bytes:
    return rebuilt(good, poke(0, 49, "<B", 1))


def wrong_hash(good: bytes) -> bytes:
    return rebuilt(good, poke(1, 0, "<Q", 7))


def swapped_rows(good: bytes) -> bytes:
    return rebuilt(good, lambda rows: [rows[1], rows[0], rows[2]])


def row_left_out(good: bytes) -> bytes:
    return rebuilt(good, lambda rows: rows[:2])


def no_rows(good: bytes) -> bytes:
    return rebuilt(good, lambda rows: [])


def row_twice(good: bytes) -> bytes:
    return rebuilt(good, lambda rows: [*rows, rows[0]])


def huge_count(good: bytes) -> bytes:
    return good[: -TRAILER + 8] + b"\xff\xff\xff\xff" + good[-TRAILER + 12 :]


def table_out_of_range(good: bytes) -> bytes:
    return good[:-TRAILER] + b"\xff" * 8 + good[-TRAILER + 8 :]


FAULTS = [
    fault
    for name, fault in list(globals().items())
    if callable(fault) and name not in {"rebuilt", "poke", "blake3", "annotations"} and not isinstance(fault, type)
]
