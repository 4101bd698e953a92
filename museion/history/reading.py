"""Finding the points of a run: compacted chunks, then tails, always in order of arrival."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection, and_, select, tuple_

from museion.history import batch, buckets, chunks
from museion.history.batch import Columns
from museion.history.buckets import Buckets
from museion.history.cells import TEXT, Cells, Nature
from museion.history.points import Points, join
from museion.history.stats import Stats
from museion.history.tables import chunk, series, tail

TIMES = "_timestamp"
SYSTEM = "system/"
SYSTEM_TIMES = "system/_timestamp"
TIMELINES = (TIMES, SYSTEM_TIMES)
_T = TypeVar("_T")


class Cache:
    """Decoded things by key, the least used let go when they take more than `room` bytes."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._held = 0
        self._items: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        with self._lock:
            if key in self._items:
                self._items.move_to_end(key)
                found: _T = self._items[key][0]
                return found
        made = make()
        with self._lock:
            if key not in self._items:
                self._items[key] = (made, size(made))
                self._held += self._items[key][1]
            while self._held > self._room:
                self._held -= self._items.popitem(last=False)[1][1]
        return made

    def __contains__(self, key: Hashable) -> bool:
        with self._lock:
            return key in self._items

    def drop(self, unwanted: Callable[[Any], bool]) -> None:
        with self._lock:
            for key in [key for key in self._items if unwanted(key)]:
                self._held -= self._items.pop(key)[1]


@dataclass(frozen=True, slots=True)
class Known:
    """A row of the series table; the pyramid is fetched apart."""

    run: int
    id: int
    key: str
    version: int
    stats: Stats
    has_pyramid: bool


_KNOWN = [column for column in series.c if column.name != "pyramid"]


def known(connection: Connection, runs: Collection[int], keys: Collection[str] | None) -> dict[tuple[int, str], Known]:
    """The compacted series of some runs, by (run, key)."""
    query = select(*_KNOWN, series.c.pyramid.is_not(None).label("has_pyramid")).where(series.c.run.in_(list(runs)))
    if keys is not None:
        query = query.where(series.c.key.in_(list(keys)))
    return {(row.run, row.key): _known(row) for row in connection.execute(query)}


def _known(row: Any) -> Known:
    span = row.first_step, row.last_step
    stats = Stats(row.points, row.numbers, *span, row.minimum, row.maximum, json.loads(row.last), None)
    return Known(row.run, row.id, row.key, row.version, stats, bool(row.has_pyramid))


def has_rows(connection: Connection, source: int) -> bool:
    """Whether anything was ever logged into a source."""
    places = (select(table.c.run).where(table.c.run == source).limit(1) for table in (tail, series))
    return any(connection.execute(place).first() is not None for place in places)


class Reader:
    """Reads inside a snapshot, and remembers what it has decoded."""

    def __init__(self, room: int = 96 << 20) -> None:
        self._cache = Cache(room)

    def forget(self, source: int) -> None:
        """The source is gone, its number may come again."""
        self._cache.drop(lambda key: (key[0] == "pyramid" and key[1] == source) or key[0] in ("curve", "keys"))

    def remembers(self, mark: Hashable) -> bool:
        return mark in self._cache

    def remember(self, mark: Hashable, make: Callable[[], _T], size: Callable[[_T], int]) -> _T:
        """What `make` gives, made once for each `mark`, as long as there is room."""
        return self._cache.get(mark, make, size)

    def pyramids(self, connection: Connection, wanted: Iterable[Known]) -> dict[tuple[int, int], Buckets]:
        """The pyramids of those series that have one, by (run, series id)."""
        with_one = [item for item in wanted if item.has_pyramid]
        missing = [item for item in with_one if ("pyramid", item.run, item.id, item.version) not in self._cache]
        data: dict[tuple[int, int], bytes] = {}
        for at in range(0, len(missing), 500):
            held = tuple_(series.c.run, series.c.id).in_([(item.run, item.id) for item in missing[at : at + 500]])
            query = select(series.c.run, series.c.id, series.c.pyramid).where(held)
            data.update({(row.run, row.id): bytes(row.pyramid) for row in connection.execute(query)})
        return {(item.run, item.id): self._pyramid(connection, item, data) for item in with_one}

    def _pyramid(self, connection: Connection, item: Known, data: dict[tuple[int, int], bytes]) -> Buckets:
        def make() -> Buckets:
            held = data.get((item.run, item.id))
            if held is None:
                here = and_(series.c.run == item.run, series.c.id == item.id)
                held = bytes(connection.execute(select(series.c.pyramid).where(here)).scalar_one())
            return buckets.decode(held)

        return self._cache.get(("pyramid", item.run, item.id, item.version), make, lambda made: 72 * len(made))

    def with_tails(self, connection: Connection, runs: Collection[int]) -> set[int]:
        """Those with rows that are not compacted yet."""
        return set(connection.execute(select(tail.c.run).where(tail.c.run.in_(list(runs))).distinct()).scalars())

    def tails(
        self, connection: Connection, runs: Collection[int], keys: Collection[str] | None = None, after: int = 0
    ) -> dict[tuple[int, str], Points]:
        """What is not compacted yet, by (run, key); only batches with an id above `after`."""
        query = select(tail.c.id, tail.c.run, tail.c.skip).where(tail.c.run.in_(list(runs)), tail.c.id > after)
        waiting = connection.execute(query.order_by(tail.c.id)).all()
        missing = [row.id for row in waiting if ("tail", row.id) not in self._cache]
        data: dict[int, bytes] = {}
        for at in range(0, len(missing), 500):
            blobs = select(tail.c.id, tail.c.data).where(tail.c.id.in_(missing[at : at + 500]))
            data.update({row.id: bytes(row.data) for row in connection.execute(blobs)})
        by_run: dict[int, list[tuple[Columns, int]]] = {}
        for row in waiting:
            by_run.setdefault(row.run, []).append((self._columns(connection, row.id, data), row.skip))
        return {(run, key): points for run, held in by_run.items() for key, points in collect(held, keys).items()}

    def _columns(self, connection: Connection, number: int, data: dict[int, bytes]) -> Columns:
        def make() -> Columns:
            held = data.get(number)
            if held is None:
                held = bytes(connection.execute(select(tail.c.data).where(tail.c.id == number)).scalar_one())
            return batch.decode_columns(held)

        return self._cache.get(("tail", number), make, lambda made: made.size)

    def stored(
        self,
        connection: Connection,
        run: int,
        ids: Collection[int],
        low: int | None = None,
        high: int | None = None,
    ) -> dict[int, Points]:
        """The compacted points of some series with low ≤ step ≤ high, by series id."""
        if not ids:
            return {}
        query = select(chunk.c.data).where(
            chunk.c.run == run, chunk.c.series_low <= max(ids), chunk.c.series_high >= min(ids)
        )
        if low is not None:
            query = query.where(chunk.c.step_high >= low)
        if high is not None:
            query = query.where(chunk.c.step_low <= high)
        parts: dict[int, list[Points]] = {}
        wanted = set(ids)
        for (data,) in connection.execute(query.order_by(chunk.c.generation, chunk.c.part)):
            for number, points in chunks.unpack(bytes(data), wanted).items():
                parts.setdefault(number, []).append(points.between(low, high))
        return {number: join(held) for number, held in parts.items()}


def natures(connection: Connection, source: int, ids: Collection[int]) -> dict[int, Nature]:
    """What the compacted points of some series consist of, by series id."""
    query = select(chunk.c.data).where(chunk.c.run == source)
    found: dict[int, Nature] = {}
    for (data,) in connection.execute(query.execution_options(yield_per=16)):
        for number, nature in chunks.natures(bytes(data), set(ids)).items():
            found[number] = found.get(number, Nature(0)) | nature
    return found


def collect(batches: Sequence[tuple[Columns, int]], keys: Collection[str] | None = None) -> dict[str, Points]:
    """Batches turned into series, the first `skip` rows of each left out; rows' times become series of their own."""
    parts: dict[str, list[Points]] = {}
    for columns, skip in batches:
        for key, points in _split(columns, skip):
            if keys is None or key in keys:
                parts.setdefault(key, []).append(points)
    return {key: join(held) for key, held in parts.items()}


def _split(columns: Columns, skip: int) -> list[tuple[str, Points]]:
    order = np.lexsort((columns.row_of, columns.key_of))
    order = order[columns.row_of[order] >= skip]
    key_of = columns.key_of[order]
    changes = np.concatenate(([True], key_of[1:] != key_of[:-1], [True]))
    edges: list[int] = np.flatnonzero(changes).tolist() if len(key_of) else []
    steps, cells = columns.steps[columns.row_of[order]], columns.cells.take(order)
    out = [
        (columns.keys[key_of[a]], Points(steps[a:b], _own_texts(cells.take(slice(a, b))))) for a, b in pairwise(edges)
    ]
    return [*out, *_timelines(columns, skip)]


def _own_texts(cells: Cells) -> Cells:
    """Only the texts these cells point at, so that joining many series does not copy all texts again and again."""
    mine = cells.kinds == TEXT
    if not cells.texts:
        return cells
    bits = cells.bits.copy()
    texts = [cells.texts[at] for at in bits[mine].tolist()]
    bits[mine] = np.arange(len(texts))
    return Cells(cells.kinds, bits, texts)


def _timelines(columns: Columns, skip: int) -> list[tuple[str, Points]]:
    """When each row was logged: rows of system metrics count steps of their own, so they have a clock of their own."""
    system_key = np.array([key.startswith(SYSTEM) for key in columns.keys], np.bool_)
    is_system = system_key[columns.key_of] if len(columns.keys) else np.empty(0, np.bool_)
    has_system = np.zeros(len(columns.steps), np.bool_)
    has_system[columns.row_of[is_system]] = True
    has_other = ~has_system
    has_other[columns.row_of[~is_system]] = True
    out = []
    for name, present in ((TIMES, has_other), (SYSTEM_TIMES, has_system)):
        rows = np.flatnonzero(present[skip:]) + skip
        if len(rows):
            bits = columns.times[rows].view(np.int64)
            out.append((name, Points(columns.steps[rows], Cells(np.zeros(len(rows), np.uint8), bits, ()))))
    return out
