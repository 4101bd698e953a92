"""Accepting batches: one thread, and one fsync'd transaction for all that wait."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, bindparam, insert, select, tuple_, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from museion.errors import MuseionError, SequenceGap, StorageFull, UsageError
from museion.history.spans import active
from museion.history.sql import write
from museion.history.tables import tail, writer

GROUP_BYTES = 8 << 20
GROUP_ITEMS = 256
_log = logging.getLogger(__name__)
_Who = tuple[int, str]
_Answer = tuple[int, int] | MuseionError


Along = Callable[[Connection, set[int]], float | None]
"""Called in the transaction of a group with the runs in it. It gives the seconds after which it wants to be called
again, with no runs, if nothing comes before; None if it does not."""
Stored = Callable[[int, int, int], None]
"""Told of every batch that was stored: its source, rows and bytes."""


@dataclass(slots=True)
class Pending:
    """A checked batch that waits to be stored; `done` gives the next row number of its writer."""

    run: int
    writer: str
    seq: int
    rows: int
    size: int
    data: bytes
    done: Future[int] = field(default_factory=Future)


class Appender:
    """The only thread that writes tails. It starts with the first batch."""

    def __init__(self, engine: Engine, stored: Stored, along: Along | None = None) -> None:
        self._engine = engine
        self._stored = stored
        self._along = along
        self._patience: float | None = None
        self._queue: queue.SimpleQueue[Pending | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, pending: Pending) -> None:
        with self._lock:
            if self._closed:
                raise UsageError("The history store is closed.")
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="history-writer", daemon=True)
                self._thread.start()
            self._queue.put(pending)

    def close(self) -> None:
        """Store what waits, then stop."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while (group := self._group()) is not None:
            if group:
                self._store(group)
            else:
                self._follow_up()
        if self._patience is not None:
            self._follow_up()

    def _group(self) -> list[Pending] | None:
        """All that waits, within bounds; empty when patience ran out, None at the end."""
        try:
            item = self._queue.get(timeout=self._patience)
        except queue.Empty:
            return []
        if item is None:
            return None
        group, size = [item], len(item.data)
        while size < GROUP_BYTES and len(group) < GROUP_ITEMS and not self._queue.empty():
            item = self._queue.get()
            if item is None:  # the end comes after this group
                self._queue.put(None)
                break
            group.append(item)
            size += len(item.data)
        return group

    def _store(self, group: list[Pending]) -> None:
        try:
            with write(self._engine) as connection:
                answers = _insert(connection, group)
                patience = self._along(connection, {item.run for item in group}) if self._along else None
        except Exception as error:  # every waiting caller gets it, and the thread goes on
            if len(group) > 1 and isinstance(error, SQLAlchemyError):
                for pending in group:
                    self._store([pending])
                return
            for pending in group:
                pending.done.set_exception(_explain(error))
            return
        self._patience = patience
        for pending, answer in zip(group, answers, strict=True):
            if isinstance(answer, MuseionError):
                pending.done.set_exception(answer)
            else:
                reached, source = answer
                self._stored(source, pending.rows, len(pending.data))
                pending.done.set_result(reached)

    def _follow_up(self) -> None:
        try:
            with write(self._engine) as connection:
                self._patience = self._along(connection, set()) if self._along else None
        except Exception:  # it is told again with the next batch, and the thread goes on
            _log.exception("Following up on stored history failed.")
            self._patience = None


def _explain(error: Exception) -> Exception:
    words = str(error).lower()
    if isinstance(error, OperationalError) and ("disk is full" in words or "no space left" in words):
        return StorageFull("The disk of the history database is full.")
    return error


# Each batch asks these: to put them together anew took more of the processor than the database does with them.
_NEXT = select(writer).where(tuple_(writer.c.run, writer.c.writer).in_(bindparam("who", expanding=True)))
_NEXT_LOCKED = _NEXT.order_by(writer.c.run, writer.c.writer).with_for_update()
_ADD = insert(tail)
_BEGIN = insert(writer)
_MOVE = (
    update(writer)
    .where((writer.c.run == bindparam("of_run")) & (writer.c.writer == bindparam("of_writer")))
    .values(next_seq=bindparam("to"))
)


def _insert(connection: Connection, group: Sequence[Pending]) -> list[_Answer]:
    known = next_seqs(connection, {(item.run, item.writer) for item in group}, lock=True)
    sources = active(connection, {item.run for item in group})
    reached = dict(known)
    rows: list[dict[str, object]] = []
    answers: list[_Answer] = []
    for item in group:
        expected = reached.get((item.run, item.writer), 0)
        if item.seq > expected:
            answers.append(_gap(item, expected))
            continue
        if item.seq + item.rows > expected:
            rows.append(_row(item, sources[item.run], expected - item.seq))
            reached[item.run, item.writer] = item.seq + item.rows
        answers.append((max(expected, item.seq + item.rows), sources[item.run]))
    if rows:
        connection.execute(_ADD, rows)
    _save(connection, known, reached)
    return answers


def _gap(item: Pending, expected: int) -> SequenceGap:
    return SequenceGap(
        f"Writer {item.writer!r} sent row {item.seq}, the one expected is {expected}.",
        advice=f"Send the rows from {expected} on.",
        next_seq=expected,
    )


def _row(item: Pending, source: int, skip: int) -> dict[str, object]:
    return {
        "run": source,
        "writer": item.writer,
        "seq": item.seq,
        "rows": item.rows,
        "skip": skip,
        "size": item.size,
        "data": item.data,
    }


def next_seqs(connection: Connection, who: set[_Who], *, lock: bool = False) -> dict[_Who, int]:
    """The row number expected next, of those (run, writer) that have sent any."""
    found = connection.execute(_NEXT_LOCKED if lock else _NEXT, {"who": sorted(who)})
    return {(row.run, row.writer): row.next_seq for row in found}


def _save(connection: Connection, known: dict[_Who, int], reached: dict[_Who, int]) -> None:
    fresh = [{"run": run, "writer": name, "next_seq": seq} for (run, name), seq in reached.items()]
    new = [row for row in fresh if (row["run"], row["writer"]) not in known]
    moved = [
        {"of_run": row["run"], "of_writer": row["writer"], "to": row["next_seq"]}
        for row in fresh
        if known.get((row["run"], row["writer"]), row["next_seq"]) != row["next_seq"]  # type: ignore[arg-type]
    ]
    if new:
        connection.execute(_BEGIN, new)
    if moved:
        connection.execute(_MOVE, moved)
