"""The history of all runs: append, read, compact, delete. Every method may be called from any thread."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Future

from sqlalchemy import Engine, delete, func, select

from museion.errors import ValueInvalid
from museion.history import batch, compactor, following, keys, rowview, spans, windows
from museion.history.appender import Along, Appender, Pending, next_seqs
from museion.history.background import Background, Policy
from museion.history.batch import Row
from museion.history.following import News
from museion.history.keys import KeyInfo, SharedKey
from museion.history.packing import Floats
from museion.history.reading import TIMELINES, TIMES, Reader, has_rows
from museion.history.rowview import Point
from museion.history.sampling import Ask, Series, sample
from museion.history.spans import Spans
from museion.history.sql import snapshot, write
from museion.history.tables import chunk, mark, series, tail, writer
from museion.history.view import look
from museion.history.windows import Outline, Window

MAX_WRITER = 200
_SEQ_LIMIT = 2**62
_PIECE = 5_000


def _unheard(source: int, rows: int, size: int) -> None:
    """Nobody compacts in the background."""


class HistoryStore:
    """Owns one writer thread and, with `background`, one that compacts. `clock` is monotonic seconds.

    `along` is called in each transaction of the writer thread, so that others can keep rows that must agree with it.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        background: bool = True,
        policy: Policy | None = None,
        clock: Callable[[], float] = wall.monotonic,
        along: Along | None = None,
    ) -> None:
        self._engine = engine
        self._reader = Reader()
        self._compacting = threading.Lock()
        self._background = Background(self.compact, policy or Policy(), clock) if background else None
        self._appender = Appender(engine, self._background.note if self._background else _unheard, along)
        self._note_leftovers()

    def _note_leftovers(self) -> None:
        """Tails of an earlier process wait for compaction, too."""
        if self._background is None:
            return
        query = select(tail.c.run, func.sum(tail.c.rows), func.sum(tail.c.size)).group_by(tail.c.run)
        with self._engine.connect() as connection:
            for run, rows, size in connection.execute(query):
                self._background.note(run, int(rows), int(size))

    def append(self, run: int, writer: str, seq: int, data: bytes) -> int:
        """Store a batch whose first row is number `seq` of `writer`; returns the number expected next. See `submit`."""
        return self.submit(run, writer, seq, data).result()

    def submit(self, run: int, writer: str, seq: int, data: bytes) -> Future[int]:
        """Check a batch and let it be stored; the answer comes when it is.

        By then it is fsync'd and visible. Rows sent before are skipped. SequenceGap if rows before it are missing,
        BatchCorrupt if it could not be read again, ValueInvalid for a writer or number that cannot be.
        """
        if not 1 <= len(writer) <= MAX_WRITER or not writer.isprintable() or not 0 <= seq < _SEQ_LIMIT:
            raise ValueInvalid(f"Writer {writer[:40]!r} with row {seq} cannot be.", advice="See docs/FORMAT.md.")
        header = batch.verify(data)
        pending = Pending(run, writer, seq, header.rows, header.raw, data)
        self._appender.submit(pending)
        return pending.done

    def next_seq(self, run: int, writer: str) -> int:
        """The number of the row expected next from `writer`; 0 for one never heard of."""
        with self._engine.connect() as connection:
            return next_seqs(connection, {(run, writer)}).get((run, writer), 0)

    def compact(self, source: int) -> None:
        """Turn a run's tails into chunks and pyramids (of a rewound one: those of one source).

        Readers and writers go on meanwhile.
        """
        with self._compacting:
            compactor.compact(self._engine, self._reader, source)

    def keys(self, run: int, layer: int | None = None) -> list[KeyInfo]:
        """All keys of a run in alphabetical order, those of system metrics too."""
        with snapshot(self._engine) as connection:
            return keys.of_each(connection, self._reader, [run], layer)[run]

    def shared_keys(self, runs: Sequence[int]) -> list[SharedKey]:
        """All keys of many runs together, in alphabetical order."""
        with snapshot(self._engine) as connection:
            return keys.of_runs(connection, self._reader, runs)

    def rows(
        self,
        run: int,
        keys: Sequence[str] | None,
        start: int = 0,
        stop: int | None = None,
        limit: int = 1000,
        layer: int | None = None,
    ) -> list[Row]:
        """At most `limit` rows with start ≤ step < stop, by step, each value the last written there.

        With `keys`, rows that have any of them; without, all but `system/` keys, rows without values too. `layer` is
        what the run showed before its rewind of that number, counted from 0 (None: what it shows now).
        """
        wanted = None if keys is None else {*keys, *rowview.clocks(keys)}
        with snapshot(self._engine) as connection:
            view = look(connection, self._reader, [run], wanted, layer=layer)[run]
            return rowview.rows(view, keys, start, stop, limit)

    def sampled_rows(
        self,
        run: int,
        keys: Sequence[str] | None,
        low: int | None,
        high: int | None,
        count: int,
        *,
        full: bool = True,
    ) -> list[Row]:
        """At most `count` of the rows with low ≤ step ≤ high, evenly spread over all of them, both ends among them.

        With `keys`, rows that have each of them (`full`), or each row of their timeline; without, all rows.
        """
        wanted = None if keys is None else {*keys, *rowview.clocks(keys)}
        with snapshot(self._engine) as connection:
            view = look(connection, self._reader, [run], wanted)[run]
            return rowview.spread(view, keys, low, high, count, full=full and keys is not None)

    def values(self, run: int, key: str, start: int = 0, limit: int = 1000, layer: int | None = None) -> list[Point]:
        """At most `limit` values of a key that are not numbers, from step `start` on."""
        with snapshot(self._engine) as connection:
            view = look(connection, self._reader, [run], {key, *TIMELINES}, layer=layer)[run]
            return rowview.values(view, key, start, limit)

    def series(self, runs: Mapping[str, int], keys: Sequence[str], ask: Ask | None = None) -> list[Series]:
        """Curves of many runs and keys; see `Series` and `Ask`."""
        with snapshot(self._engine) as connection:
            return sample(connection, self._reader, runs, keys, ask or Ask())

    def outline(self, run: int, keys: Sequence[str] | None, layer: int | None = None) -> Outline:
        """How to read a whole run a window at a time; `keys` as in `rows`."""
        wanted = None if keys is None else {*keys, *TIMELINES}
        with snapshot(self._engine) as connection:
            return windows.outline(look(connection, self._reader, [run], wanted, layer=layer)[run], keys)

    def window(
        self, run: int, keys: Collection[str], low: int | None, high: int | None, layer: int | None = None
    ) -> Window:
        """The rows with low ≤ step ≤ high, by column."""
        with snapshot(self._engine) as connection:
            view = look(connection, self._reader, [run], {*keys, *TIMELINES}, layer=layer)[run]
            return windows.read(view, keys, low, high)

    def news(self, runs: Mapping[str, int], keys: Collection[str] | None, after: int | None) -> News:
        """What came after a cursor; see `following`."""
        with snapshot(self._engine) as connection:
            return following.news(connection, self._reader, runs, keys, after)

    def last_step(self, run: int, layer: int | None = None) -> int | None:
        """The highest step logged, system metrics apart; None if there is none."""
        with snapshot(self._engine) as connection:
            found = look(connection, self._reader, [run], [TIMES], layer=layer)[run].stats(TIMES)
        return None if found is None else found.last_step

    def timeline(self, run: int) -> tuple[int, int, int] | None:
        """The lowest and the highest step logged, and how many, system metrics apart; None if there is none."""
        with snapshot(self._engine) as connection:
            found = look(connection, self._reader, [run], [TIMES])[run].stats(TIMES)
        return None if found is None else (found.first_step, found.last_step, found.points)

    def numbers(self, run: int, key: str) -> Floats:
        """All values of a key that are numbers, by step."""
        with snapshot(self._engine) as connection:
            return look(connection, self._reader, [run], [key])[run].numbers(key)[1]

    def fork(self, parent: int, child: int, step: int) -> bool:
        """Let `child` see what `parent` shows up to `step`, rows that come late there too, and then its own.

        False, and nothing done, if the child has logged or was forked or rewound otherwise; again is no news.
        """
        with write(self._engine) as connection:
            return not has_rows(connection, child) and spans.fork(connection, parent, child, step)

    def rewind(self, run: int, step: int) -> int:
        """Hide the rows after `step`; what is logged from now on is seen. Returns the number of the new layer."""
        with write(self._engine) as connection:
            return spans.rewind(connection, run, step)

    def is_fresh(self, run: int) -> bool:
        """Whether nothing was logged since the last rewind (or ever)."""
        with snapshot(self._engine) as connection:
            return not has_rows(connection, spans.active(connection, [run])[run])

    def layers(self, run: int) -> list[Spans]:
        """The views the run has had, one more than its rewinds; the last is the one it has."""
        with self._engine.connect() as connection:
            return spans.layers(connection, run)

    def size(self, runs: Sequence[int]) -> int:
        """Bytes that the rows of these runs take in the database, what they see of others apart."""
        held = ((tail, tail.c.data), (chunk, chunk.c.data), (series, series.c.pyramid))
        total = 0
        with snapshot(self._engine) as connection:
            for at in range(0, len(runs), _PIECE):
                mine = spans.owned(connection, runs[at : at + _PIECE])
                sums = (select(func.sum(func.length(data))).where(table.c.run.in_(mine)) for table, data in held)
                total += sum(connection.execute(each).scalar() or 0 for each in sums)
        return int(total)

    def delete(self, run: int) -> int:
        """Forget all of a run but what a fork of it still shows; returns how many rows of the database that were."""
        with write(self._engine) as connection:
            sources = spans.drop(connection, run)
            gone = [
                connection.execute(delete(each).where(each.c.run.in_(sources))) for each in (tail, chunk, series, mark)
            ]
            gone.append(connection.execute(delete(writer).where(writer.c.run == run)))
        for source in sources:
            self._reader.forget(source)
        return sum(result.rowcount for result in gone)

    def close(self) -> None:
        """Store what waits, stop both threads. The engine stays open."""
        self._appender.close()
        if self._background is not None:
            self._background.close()
