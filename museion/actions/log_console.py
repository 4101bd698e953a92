"""Log lines of the console, and read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from museion.actions.stores import Stores, run_key
from museion.catalog.console import ConsoleLine, Line
from museion.errors import SequenceGap


@dataclass(frozen=True, slots=True)
class ConsolePage:
    """Lines in order; `total` counts all that match."""

    lines: list[ConsoleLine]
    total: int


def log_console(
    stores: Stores, entity: str, project: str, run: str, writer: str, first: int, lines: Sequence[Line]
) -> int:
    """Store lines (time, stream, text), the first being number `first` of `writer`; returns the number to send next.

    Lines that are there already are passed over; raises SequenceGap if lines before these are missing.
    """
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        expected = rows.console.next_line(key, writer)
        if first > expected:
            raise SequenceGap(f"Line {expected} of {writer!r} comes before line {first}.", next_seq=expected)
        fresh = lines[expected - first :]
        if not fresh:
            return expected
        rows.console.append(key, writer, expected, fresh)
        rows.runs.touch(key, stores.clock())
        rows.changes.record(home, "run", run, stores.clock())
    return expected + len(fresh)


def read_console(
    stores: Stores, entity: str, project: str, run: str, *, start: int = 0, limit: int = 1_000, q: str = ""
) -> ConsolePage:
    """At most `limit` lines from number `start` on; with `q`, only lines that contain it, in any case of letters."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
        if not q:
            return ConsolePage(list(islice(rows.console.read(key, start), limit)), rows.console.total(key))
        matching = [line for line in rows.console.read(key) if q.casefold() in line.text.casefold()]
    return ConsolePage([line for line in matching if line.number >= start][:limit], len(matching))
