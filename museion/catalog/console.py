"""The console log of a run: lines in blocks, numbered over the run in the order they came.

Each writer counts its own lines, so that sending again changes nothing; the last block is filled up before a new one
begins, so that a run that prints a line now and then does not become a table of lines.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import pieces, upsert

Stream = Literal["stdout", "stderr"]
Line = tuple[float, Stream, str]
BLOCK_LINES = 512


@dataclass(frozen=True, slots=True)
class ConsoleLine:
    """A line; `number` counts from 0 over the run, `time` is UTC seconds since the epoch."""

    number: int
    time: float
    stream: Stream
    text: str


class Console:
    """The tables `console_block` and `console_writer`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def next_line(self, run: int, writer: str) -> int:
        """The number this writer has to send next."""
        w = t.console_writer.c
        found = self._sql.execute(select(w.next_line).where(w.run == run, w.writer == writer)).scalar()
        return int(found or 0)

    def size(self, runs: Iterable[int]) -> int:
        """Bytes these runs' consoles take."""
        b = t.console_block.c
        total = func.coalesce(func.sum(func.length(b.data)), 0)
        return sum(int(self._sql.execute(select(total).where(b.run.in_(piece))).scalar_one()) for piece in pieces(runs))

    def append(self, run: int, writer: str, first: int, lines: Sequence[Line]) -> None:
        """Store `lines`; `first` must be what `next_line` says."""
        last = self._last_block(run)
        if last is not None and lines and (room := BLOCK_LINES - last[1]) > 0:
            self._extend(run, last[0], lines[:room])
            begin, rest = last[0] + last[1] + len(lines[:room]), lines[room:]
        else:
            begin, rest = self.total(run), lines
        for start in range(0, len(rest), BLOCK_LINES):
            self._add(run, begin + start, rest[start : start + BLOCK_LINES])
        put = upsert(self._sql, t.console_writer).values(run=run, writer=writer, next_line=first + len(lines))
        fresh = {"next_line": put.excluded.next_line}
        self._sql.execute(put.on_conflict_do_update(index_elements=["run", "writer"], set_=fresh))

    def replace(self, run: int, number: int, lines: Sequence[Line]) -> None:
        """Write over the lines from `number` on, which must be there."""
        b = t.console_block.c
        wanted = select(b.first, b.data).where(b.run == run, b.first + b.lines > number, b.first < number + len(lines))
        for first, data in self._sql.execute(wanted.order_by(b.first)).all():
            known = _unpack(data)
            for at in range(max(first, number), min(first + len(known), number + len(lines))):
                known[at - first] = lines[at - number]
            here = (b.run == run, b.first == first)
            self._sql.execute(update(t.console_block).where(*here).values(data=_pack(known)))

    def total(self, run: int) -> int:
        """How many lines the run has."""
        b = t.console_block.c
        return int(self._sql.execute(select(func.max(b.first + b.lines)).where(b.run == run)).scalar() or 0)

    def read(self, run: int, start: int = 0) -> Iterator[ConsoleLine]:
        """Lines from number `start` on, in order."""
        b = t.console_block.c
        wanted = select(b.first, b.data).where(b.run == run, b.first + b.lines > start).order_by(b.first)
        for first, data in self._sql.execute(wanted):
            for number, (time, stream, text) in enumerate(_unpack(data), first):
                if number >= start:
                    yield ConsoleLine(number, time, stream, text)

    def _last_block(self, run: int) -> tuple[int, int] | None:
        b = t.console_block.c
        row = self._sql.execute(select(b.first, b.lines).where(b.run == run).order_by(b.first.desc()).limit(1)).first()
        return None if row is None else (row.first, row.lines)

    def _extend(self, run: int, first: int, lines: Sequence[Line]) -> None:
        here = (t.console_block.c.run == run, t.console_block.c.first == first)
        known = _unpack(self._sql.execute(select(t.console_block.c.data).where(*here)).scalar_one())
        known.extend(lines)
        self._sql.execute(update(t.console_block).where(*here).values(lines=len(known), data=_pack(known)))

    def _add(self, run: int, first: int, lines: Sequence[Line]) -> None:
        row = {"run": run, "first": first, "lines": len(lines), "data": _pack(lines)}
        self._sql.execute(insert(t.console_block).values(row))


def _pack(lines: Sequence[Line]) -> bytes:
    return zlib.compress(json.dumps(list(lines), separators=(",", ":")).encode(), 1)


def _unpack(data: bytes) -> list[Any]:
    found: list[Any] = json.loads(zlib.decompress(data))
    return found
