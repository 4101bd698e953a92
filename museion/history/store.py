"""The history of all runs: append, read, compact, delete. Every method may be called from any thread."""

from __future__ import annotations

import threading
import time as wall
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Engine, delete, func, select

from museion.errors import ValueInvalid
from museion.history import batch, compactor, rowview, stats
from museion.history.appender import Appender, Pending, next_seqs
from museion.history.background import Background, Policy
from museion.history.batch import Row
from museion.history.reading import TIMELINES, TIMES, Reader, known
from museion.history.rowview import Point
from museion.history.sampling import Ask, Series, sample
from museion.history.sql import snapshot, write
from museion.history.stats import Stats
from museion.history.tables import chunk, series, tail, writer

MAX_WRITER = 200
_SEQ_LIMIT = 2**62


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One key of a run. `count` is over steps; min, max leave NaN out and are None where no other number is."""

    key: str
    kind: Literal["number", "value"]
    count: int
    first_step: int
    last_step: int
    min: float | None
    max: float | None
    last: Any


class HistoryStore:
    """Owns one writer thread and, with `background`, one that compacts. `clock` is monotonic seconds."""

    def __init__(
        self,
        engine: Engine,
        *,
        background: bool = True,
        policy: Policy | None = None,
        clock: Callable[[], float] = wall.monotonic,
    ) -> None:
        self._engine = engine
        self._reader = Reader()
        self._appender = Appender(engine)
        self._compacting = threading.Lock()
        self._background = Background(self.compact, policy or Policy(), clock) if background else None
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
        """Store a batch whose first row is number `seq` of `writer`; returns the number expected next.

        On return it is fsync'd and visible. Rows sent before are skipped. SequenceGap if rows before it are missing,
        BatchCorrupt if it could not be read again, ValueInvalid for a writer or number that cannot be.
        """
        if not 1 <= len(writer) <= MAX_WRITER or not writer.isprintable() or not 0 <= seq < _SEQ_LIMIT:
            raise ValueInvalid(f"Writer {writer[:40]!r} with row {seq} cannot be.", advice="See docs/FORMAT.md.")
        columns = batch.decode_columns(data)
        pending = Pending(run, writer, seq, len(columns.steps), batch.inspect(data).raw, data)
        del columns
        self._appender.submit(pending)
        reached = pending.done.result()
        if self._background is not None:
            self._background.note(run, pending.rows, len(data))
        return reached

    def next_seq(self, run: int, writer: str) -> int:
        """The number of the row expected next from `writer`; 0 for one never heard of."""
        with self._engine.connect() as connection:
            return next_seqs(connection, {(run, writer)}).get((run, writer), 0)

    def compact(self, run: int) -> None:
        """Turn the run's tails into chunks and pyramids. Readers and writers go on meanwhile."""
        with self._compacting:
            compactor.compact(self._engine, self._reader, run)

    def keys(self, run: int) -> list[KeyInfo]:
        """All keys of a run in alphabetical order, those of system metrics too."""
        with snapshot(self._engine) as connection:
            found = known(connection, [run], None)
            tails = self._reader.tails(connection, [run])
            late = {key for (_, key), points in tails.items() if (run, key) in found and len(points)}
            pyramids = self._reader.pyramids(connection, [found[run, key] for key in late])
            out = {key: item.stats for (_, key), item in found.items()}
            for (_, key), points in tails.items():
                item = found.get((run, key))
                old = compactor.with_pyramid(item, pyramids)
                out[key] = stats.extend(
                    old,
                    points,
                    lambda low, item=item: compactor.stored_from(  # type: ignore[misc]
                        connection, self._reader, item, low
                    ),
                )
        return [_info(key, out[key]) for key in sorted(out) if key not in TIMELINES]

    def rows(
        self, run: int, keys: Sequence[str] | None, start: int = 0, stop: int | None = None, limit: int = 1000
    ) -> list[Row]:
        """At most `limit` rows with start ≤ step < stop, by step, each value the last written there.

        With `keys`, rows that have any of them; without, all but `system/` keys, rows without values too.
        """
        with snapshot(self._engine) as connection:
            return rowview.rows(connection, self._reader, run, keys, start, stop, limit)

    def values(self, run: int, key: str, start: int = 0, limit: int = 1000) -> list[Point]:
        """At most `limit` values of a key that are not numbers, from step `start` on."""
        with snapshot(self._engine) as connection:
            return rowview.values(connection, self._reader, run, key, start, limit)

    def series(
        self,
        runs: Mapping[str, int],
        keys: Sequence[str],
        x: str = "_step",
        width: int = 750,
        start: float | None = None,
        stop: float | None = None,
    ) -> list[Series]:
        """Curves of many runs and keys, at most `width` buckets each; see `Series`."""
        with snapshot(self._engine) as connection:
            return sample(connection, self._reader, runs, keys, Ask(x, width, start, stop))

    def last_step(self, run: int) -> int | None:
        """The highest step logged, system metrics apart; None if there is none."""
        with snapshot(self._engine) as connection:
            found = known(connection, [run], [TIMES])
            tails = self._reader.tails(connection, [run], [TIMES])
        stored = [item.stats.last_step for item in found.values()]
        return max([*stored, *(int(points.steps.max()) for points in tails.values())], default=None)

    def delete(self, run: int) -> int:
        """Forget all of a run; returns how many rows of the database that were."""
        with write(self._engine) as connection:
            gone = [connection.execute(delete(each).where(each.c.run == run)) for each in (tail, chunk, series, writer)]
            count = sum(result.rowcount for result in gone)
        self._reader.forget(run)
        return count

    def close(self) -> None:
        """Store what waits, stop both threads. The engine stays open."""
        self._appender.close()
        if self._background is not None:
            self._background.close()


def _info(key: str, known: Stats) -> KeyInfo:
    kind: Literal["number", "value"] = "number" if known.numbers else "value"
    ends = known.first_step, known.last_step
    return KeyInfo(key, kind, known.points, *ends, known.minimum, known.maximum, known.last)
