"""Accepting batches: one thread, and one fsync'd transaction for all that wait."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Sequence
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
_Who = tuple[int, str]
_Answer = tuple[int, int] | MuseionError


@dataclass(slots=True)
class Pending:
    """A checked batch that waits to be stored; `done` gives the next row number of its writer, and where it lies."""

    run: int
    writer: str
    seq: int
    rows: int
    size: int
    data: bytes
    done: Future[tuple[int, int]] = field(default_factory=Future)


class Appender:
    """The only thread that writes tails. It starts with the first batch."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
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
        for group in self._groups():
            self._store(group)

    def _groups(self) -> Iterator[list[Pending]]:
        open_ = True
        while open_:
            item = self._queue.get()
            group: list[Pending] = []
            size = 0
            while item is not None:
                group.append(item)
                size += len(item.data)
                if size >= GROUP_BYTES or len(group) >= GROUP_ITEMS or self._queue.empty():
                    break
                item = self._queue.get()
            open_ = item is not None
            if group:
                yield group

    def _store(self, group: list[Pending]) -> None:
        try:
            with write(self._engine) as connection:
                answers = _insert(connection, group)
        except Exception as error:  # every waiting caller gets it, and the thread goes on
            if len(group) > 1 and isinstance(error, SQLAlchemyError):
                for pending in group:
                    self._store([pending])
                return
            for pending in group:
                pending.done.set_exception(_explain(error))
            return
        for pending, answer in zip(group, answers, strict=True):
            if isinstance(answer, MuseionError):
                pending.done.set_exception(answer)
            else:
                pending.done.set_result(answer)


def _explain(error: Exception) -> Exception:
    words = str(error).lower()
    if isinstance(error, OperationalError) and ("disk is full" in words or "no space left" in words):
        return StorageFull("The disk of the history database is full.")
    return error


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
        connection.execute(insert(tail), rows)
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
    query = select(writer).where(tuple_(writer.c.run, writer.c.writer).in_(sorted(who)))
    if lock:
        query = query.order_by(writer.c.run, writer.c.writer).with_for_update()
    return {(row.run, row.writer): row.next_seq for row in connection.execute(query)}


def _save(connection: Connection, known: dict[_Who, int], reached: dict[_Who, int]) -> None:
    fresh = [{"run": run, "writer": name, "next_seq": seq} for (run, name), seq in reached.items()]
    new = [row for row in fresh if (row["run"], row["writer"]) not in known]
    moved = [
        {"of_run": row["run"], "of_writer": row["writer"], "to": row["next_seq"]}
        for row in fresh
        if known.get((row["run"], row["writer"]), row["next_seq"]) != row["next_seq"]  # type: ignore[arg-type]
    ]
    if new:
        connection.execute(insert(writer), new)
    if moved:
        here = (writer.c.run == bindparam("of_run")) & (writer.c.writer == bindparam("of_writer"))
        connection.execute(update(writer).where(here).values(next_seq=bindparam("to")), moved)
