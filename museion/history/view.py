"""One run as a reader sees it: all spans of it put together, chunks, tails and pyramids alike."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from sqlalchemy import Connection

from museion.history import buckets, stats
from museion.history.buckets import Buckets
from museion.history.cells import TEXT, Nature, nature
from museion.history.compactor import stored_from, with_pyramid
from museion.history.packing import Floats, Ints
from museion.history.points import NO_POINTS, Points, join
from museion.history.reading import SYSTEM, TIMELINES, Known, Reader, known, natures
from museion.history.spans import Span, Spans, spans_of
from museion.history.stats import Stats

Numbers = tuple[Ints, Floats]


@dataclass(frozen=True, slots=True)
class Desk:
    """What was fetched for all runs of a request at once, by (source, key); and the keys of each source."""

    connection: Connection
    reader: Reader
    found: Mapping[tuple[int, str], Known]
    tails: Mapping[tuple[int, str], Points]
    pyramids: dict[tuple[int, int], Buckets]
    keys: Mapping[int, Collection[str]]


def look(
    connection: Connection,
    reader: Reader,
    runs: Collection[int],
    keys: Collection[str] | None = None,
    *,
    layer: int | None = None,
) -> dict[int, View]:
    """The views of some runs onto some keys (None: all)."""
    spans = spans_of(connection, runs, layer)
    sources = sorted({each.source for held in spans.values() for each in held})
    found = known(connection, sources, keys)
    tails = reader.tails(connection, sources, keys)
    named: dict[int, set[str]] = {source: set() for source in sources}
    for source, key in (*found, *tails):
        named[source].add(key)
    desk = Desk(connection, reader, found, tails, {}, named)
    return {run: View(desk, held) for run, held in spans.items()}


def fetch_pyramids(wanting: Sequence[tuple[View, str]]) -> None:
    """What `stats` of each view's key would read one after another, in one go."""
    if wanting:
        desk = wanting[0][0].desk
        items = [desk.found.get((each.source, key)) for view, key in wanting for each in view.spans]
        wanted = [item for item in items if item is not None and (item.run, item.id) not in desk.pyramids]
        desk.pyramids.update(desk.reader.pyramids(desk.connection, wanted))


@dataclass(slots=True)
class View:
    """One run's part of a request; numbers that were read whole are kept for the next question."""

    desk: Desk
    spans: Spans
    _kept: dict[str, Numbers] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Every key with a point in sight, the clocks apart, in alphabetical order."""
        named = {key for each in self.spans for key in self.desk.keys[each.source]}
        return sorted(key for key in named if key not in TIMELINES and self.has(key))

    def plain_keys(self) -> list[str]:
        """Those that are not system metrics."""
        return [key for key in self.names() if not key.startswith(SYSTEM)]

    def has(self, key: str) -> bool:
        return any(self._first(each, key) is not None for each in self.spans)

    def _first(self, each: Span, key: str) -> int | None:
        """The first step of a key in a span; None if the span shows nothing of it."""
        item, new = self.desk.found.get((each.source, key)), self.desk.tails.get((each.source, key))
        firsts = [item.stats.first_step] if item else []
        firsts += [int(new.steps.min())] if new is not None and len(new) else []
        first = min(firsts, default=None)
        return None if first is None or (each.stop is not None and first > each.stop) else first

    def mark(self, key: str) -> Hashable:
        """Changes whenever what is seen of the key does."""

        def one(each: Span) -> Hashable:
            item, new = self.desk.found.get((each.source, key)), self.desk.tails.get((each.source, key))
            version = (item.id, item.version) if item else None
            return each.source, each.stop, version, 0 if new is None else len(new)

        return tuple(one(each) for each in self.spans)

    def points(self, key: str, low: int | None = None, high: int | None = None) -> Points:
        """One point a step, the last written, low ≤ step ≤ high."""
        return join([self._of(each, key, low, high) for each in self.spans]).settled()

    def many(self, keys: Collection[str], low: int | None, high: int | None) -> dict[str, Points]:
        """`points` of several keys, each chunk opened once; keys without any are left out."""
        parts: dict[str, list[Points]] = {}
        for each in self.spans:
            stop = _least(high, each.stop)
            items = {item.id: key for key in keys if (item := self.desk.found.get((each.source, key))) is not None}
            stored = self.desk.reader.stored(self.desk.connection, each.source, items, low, stop)
            for number, held in stored.items():
                parts.setdefault(items[number], []).append(held)
            for key in keys:
                if (new := self.desk.tails.get((each.source, key))) is not None:
                    parts.setdefault(key, []).append(new.between(low, stop))
        return {key: settled for key, held in parts.items() if len(settled := join(held).settled())}

    def natures(self, keys: Collection[str]) -> dict[str, Nature]:
        """What the values of each key consist of; those that a rewind hides may count, too."""
        out = {key: Nature(0) for key in keys}
        for source in {each.source for each in self.spans}:
            items = {item.id: key for key in keys if (item := self.desk.found.get((source, key))) is not None}
            for number, found in natures(self.desk.connection, source, items).items():
                out[items[number]] |= found
            for key in keys:
                if (new := self.desk.tails.get((source, key))) is not None:
                    out[key] |= nature(new.cells)
        return out

    def numbers(self, key: str, low: int | None = None, high: int | None = None) -> Numbers:
        """Steps and values of the settled points that are numbers."""
        whole = low is None and high is None
        if whole and key in self._kept:
            return self._kept[key]
        settled = self.points(key, low, high)
        numeric = np.flatnonzero(settled.cells.kinds != TEXT)
        out = settled.steps[numeric], settled.cells.take(numeric).numbers()
        if whole:
            self._kept[key] = out
        return out

    def stats(self, key: str) -> Stats | None:
        """What is known of the key, live tails included; without reading points wherever that can be."""
        total: Stats | None = None
        for each in self.spans:
            part = self._part(each, key)
            if total is None or part is None:
                total = total or part
            elif part.first_step > total.last_step:
                end = total.last_step
                total = stats.followed(total, part, self._fine(key, None, end), self._fine(key, part.first_step, None))
            else:
                return stats.of(self.points(key))
        return total

    def _fine(self, key: str, low: int | None, high: int | None) -> Callable[[], Buckets]:
        return lambda: buckets.single(*self.numbers(key, low, high))

    def _of(self, each: Span, key: str, low: int | None, high: int | None) -> Points:
        """The points of a key in one span, in order of arrival."""
        item, stop = self.desk.found.get((each.source, key)), _least(high, each.stop)
        ids = [item.id] if item else []
        stored = self.desk.reader.stored(self.desk.connection, each.source, ids, low, stop)
        new = self.desk.tails.get((each.source, key), NO_POINTS)
        return join([*stored.values(), new.between(low, stop)])

    def _part(self, each: Span, key: str) -> Stats | None:
        item, new = self.desk.found.get((each.source, key)), self.desk.tails.get((each.source, key))
        whole = with_pyramid(item, self._pyramid(item))
        if new is not None and len(new):
            desk = self.desk
            whole = stats.extend(whole, new, lambda low: stored_from(desk.connection, desk.reader, item, low))
        if whole is None or each.stop is None or whole.last_step <= each.stop:
            return whole
        return None if whole.first_step > each.stop else self._ended(each, each.stop, key, whole)

    def _ended(self, each: Span, stop: int, key: str, whole: Stats) -> Stats:
        """The stats of a span that stops before its source does."""
        if whole.pyramid is None or whole.points != whole.numbers:
            return stats.of(self._of(each, key, None, None).settled())
        kept = max(0, int(np.searchsorted(whole.pyramid.last, stop, side="right")) - 1)
        rest = self._of(each, key, int(whole.pyramid.first[kept]), None).settled()
        return stats.joined(whole.pyramid.take(slice(0, kept)), rest)

    def _pyramid(self, item: Known | None) -> dict[tuple[int, int], Buckets]:
        if item is None or (item.run, item.id) in self.desk.pyramids or not item.has_pyramid:
            return self.desk.pyramids
        return self.desk.reader.pyramids(self.desk.connection, [item])


def _least(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else min(a, b)
