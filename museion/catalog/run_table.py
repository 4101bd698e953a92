"""The run table of a project in memory, by columns: built once, then brought up to date by what changed.

The database stays the truth. Every question first asks it for the project's cursor (see `changes.py`), in the same
transaction that later reads the runs themselves; if the cursor moved, the rows that changed are read again. So several
server processes each keep their own table, and none answers with what is not so any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, Select, select

from museion.catalog import tables as t
from museion.catalog.run_columns import Column, flat
from museion.catalog.sql import from_text, pieces
from museion.errors import ProjectNotFound
from museion.model.query.fields import PARTS, Field
from museion.model.run import RunState

ROOM = 256 * 1024 * 1024
"""Bytes that the tables of all projects may take together."""
TABLE_ROOM = 192 * 1024 * 1024
"""Bytes of one project's columns. Columns beyond it are read when they are asked for, in place of others."""
BLOCK = 2_000
REBUILD = 0.5
"""If a larger share of the runs changed, everything is read again."""

_TEXTS = ("id", "name", "state", "job_type", "group", "user", "notes")
_OWN = (*_TEXTS, "number", "created_at", "updated_at", "heartbeat_at", "finished_at", "exit_code")
HEARTBEAT, DURATION = Field("run", "heartbeat_at"), Field("run", "duration")
MAX_KEYS = 100_000
"""Keys beyond the room that are remembered by name."""

PartCells = dict[str, tuple[list[int], list[Any]]]
Cells = dict[str, PartCells]


class RunTable:
    """Columns of one project. Not safe for use by several threads: `RunTables.locked` hands it out."""

    def __init__(self, room: int = TABLE_ROOM) -> None:
        self.lock = threading.Lock()
        self.results: OrderedDict[Any, Any] = OrderedDict()
        self.weight = 0
        self._room = room
        self._clear()

    def _clear(self) -> None:
        self.identity: Any = None
        self.cursor = -1
        self.size = 0
        self.keys: NDArray[np.int64] = np.zeros(0, np.int64)
        self.marks: NDArray[np.int64] = np.zeros((0, 2), np.int64)
        self.columns: OrderedDict[Field, Column] = OrderedDict()
        self._places: dict[int, int] = {}
        self._ids: dict[str, int] = {}
        self._free: list[int] = []
        self.unread: set[Field] = set()
        self.results.clear()

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        return sum(column.nbytes for column in self.columns.values()) + 300 * self.size

    def live(self) -> NDArray[np.intp]:
        """Places that hold a run."""
        return np.flatnonzero(self.keys >= 0)

    # Keeping up

    def refresh(self, sql: Connection, project: int, fields: Iterable[Field] = ()) -> None:
        """Bring it up to what `sql` sees, and make sure that `fields` have their columns."""
        found = select(t.project.c.cursor, t.project.c.created_at).where(t.project.c.key == project)
        if (row := sql.execute(found).first()) is None:
            raise ProjectNotFound("The project is gone.")
        identity = (project, row.created_at)
        if identity != self.identity or row.cursor < self.cursor:
            self._begin(identity)
        if row.cursor != self.cursor:
            self._catch_up(sql, project, int(row.cursor))
        asked = set(fields)
        if missing := asked & self.unread:
            self._read_columns(sql, project, missing)
        for field in asked & self.columns.keys():
            self.columns.move_to_end(field)
        if asked & {HEARTBEAT, DURATION}:
            self._read_heartbeats(sql, project)
        self.weight = self.nbytes

    def _catch_up(self, sql: Connection, project: int, cursor: int) -> None:
        try:
            changed = self._changed(sql, project) if self.cursor >= 0 else None
            if changed is None or len(changed) > max(1_000, REBUILD * self.size):
                self._begin(self.identity)
                self._build(sql, project)
            elif changed:
                self._update(sql, project, changed)
        except BaseException:
            self._clear()  # half of the news would never be told again
            raise
        self.cursor = cursor
        self.results.clear()

    def _begin(self, identity: Any) -> None:
        self._clear()
        self.identity = identity

    def _changed(self, sql: Connection, project: int) -> list[str]:
        c = t.change.c
        wanted = select(c.name).where(c.project == project, c.kind == "run", c.cursor > self.cursor)
        return list(sql.execute(wanted).scalars())

    def _build(self, sql: Connection, project: int) -> None:
        rows = sql.execution_options(yield_per=BLOCK).execute(_rows().where(t.run.c.project == project))
        for block in rows.partitions(BLOCK):
            self._take(block)

    def _update(self, sql: Connection, project: int, ids: Collection[str]) -> None:
        seen: set[str] = set()
        for piece in pieces(ids):
            rows = sql.execute(_rows().where(t.run.c.project == project, t.run.c.id.in_(piece))).all()
            seen.update(row.id for row in rows)
            self._take(rows)
        for gone in set(ids) - seen:
            self._drop(gone)

    def _take(self, rows: Sequence[Row[Any]]) -> None:
        """Set the values of these runs; of those that are there, what they lost is taken away."""
        self._make_room(len(rows))
        cells: Cells = {part: {} for part in ("run", *PARTS)}
        for row in rows:
            if row.deleted_at is not None:
                self._drop(row.id)
                continue
            place, known = self._place(row)
            _fill(cells["run"], place, _own_values(row))
            for side, part in enumerate(PARTS):
                self._take_part(cells[part], place, side, part, row._mapping[part], known)
        for part, columns in cells.items():
            for key, (places, values) in columns.items():
                if (column := self._column(Field(part, key))) is not None:
                    column.put_many(places, values)
                    column.tidy()

    def _take_part(self, cells: PartCells, place: int, side: int, part: str, text: str, known: bool) -> None:
        """One run's config or summary; a text that is what it was is not read again."""
        mark = hash(text)
        if known and self.marks[place, side] == mark:
            return
        self.marks[place, side] = mark
        found = dict(flat(from_text(text)))
        if known:
            lost = (f.key for f, c in self.columns.items() if f.part == part and f.key not in found and c.kind[place])
            found.update(dict.fromkeys(lost))
        _fill(cells, place, found)

    def _place(self, row: Row[Any]) -> tuple[int, bool]:
        """Where this run is, and whether it was there before."""
        place = self._places.get(row.key)
        if place is not None:
            return place, True
        self._drop(row.id)  # another run had this id
        place = self._free.pop()
        self._places[row.key] = place
        self._ids[row.id] = place
        self.keys[place] = row.key
        self.size += 1
        return place, False

    def _drop(self, run: str) -> None:
        place = self._ids.pop(run, None)
        if place is None:
            return
        del self._places[int(self.keys[place])]
        self.keys[place] = -1
        self.marks[place] = 0
        for column in self.columns.values():
            column.put(place, None)
        self._free.append(place)
        self.size -= 1

    def _make_room(self, more: int) -> None:
        if len(self._free) >= more:
            return
        old = len(self.keys)
        new = max(old + more, old * 5 // 4)
        self.keys = np.concatenate([self.keys, np.full(new - old, -1, np.int64)])
        self.marks = np.concatenate([self.marks, np.zeros((new - old, 2), np.int64)])
        for column in self.columns.values():
            column.grow(new)
        self._free = [*range(new - 1, old - 1, -1), *self._free]

    def _column(self, field: Field) -> Column | None:
        """The column to write into; None if there is no room for one more (it is read when somebody asks for it)."""
        found = self.columns.get(field)
        if found is None and field not in self.unread:
            if field.part != "run" and self.nbytes + 9 * len(self.keys) > self._room:
                if len(self.unread) < MAX_KEYS:
                    self.unread.add(field)
                return None
            found = self.columns[field] = Column(len(self.keys))
        return found

    def _read_columns(self, sql: Connection, project: int, fields: Collection[Field]) -> None:
        """Read columns that had no room, in place of those nobody asked for the longest."""
        for field in fields:
            self.unread.discard(field)
            self.columns[field] = Column(len(self.keys))
        while self.nbytes > self._room:
            oldest = next((old for old in self.columns if old.part != "run" and old not in fields), None)
            if oldest is None:
                break
            del self.columns[oldest]
            self.unread.add(oldest)
        wanted = select(t.run.c.key, t.run.c.config, t.run.c.summary).where(t.run.c.project == project)
        rows = sql.execution_options(yield_per=BLOCK).execute(wanted)
        for row in rows:
            if (place := self._places.get(row.key)) is not None:
                found = {part: dict(flat(from_text(row._mapping[part]))) for part in {f.part for f in fields}}
                for field in fields:
                    self.columns[field].put(place, found[field.part].get(field.key))

    def _read_heartbeats(self, sql: Connection, project: int) -> None:
        """A heartbeat alone is not a change: of runs that are alive, the last one is asked for."""
        r = t.run.c
        alive = r.state.in_((RunState.RUNNING.value, RunState.PREEMPTING.value))
        column, lasting = self.columns.get(HEARTBEAT), self.columns.get(DURATION)
        for row in sql.execute(select(r.key, r.heartbeat_at, r.created_at).where(r.project == project, alive)):
            place = self._places.get(row.key)
            if place is not None and column is not None and lasting is not None:
                column.put(place, row.heartbeat_at)
                lasting.put(place, row.heartbeat_at - row.created_at)
        self.results.clear()


class RunTables:
    """The tables of the projects that were asked for last."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._tables: OrderedDict[int, RunTable] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def locked(self, project: int) -> Iterator[RunTable]:
        """The table of a project, for one thread at a time.

        Whoever holds it reads the database in a snapshot that begins only now: a table never goes back in time.
        """
        with self._lock:
            table = self._tables.setdefault(project, RunTable())
            self._tables.move_to_end(project)
        with table.lock:
            yield table
        with self._lock:
            while len(self._tables) > 1 and sum(one.weight for one in self._tables.values()) > self._room:
                self._tables.popitem(last=False)


def _rows() -> Select[Any]:
    r = t.run.c
    return select(*(r[name] for name in (*_OWN, "key", "tags", *PARTS, "archived_at", "deleted_at")))


def _own_values(row: Row[Any]) -> dict[str, Any]:
    found = dict(zip(_OWN, row, strict=False))
    found["tags"] = from_text(row.tags)
    found["archived"] = row.archived_at is not None
    found["duration"] = (row.finished_at or row.heartbeat_at) - row.created_at
    return found


def _fill(cells: PartCells, place: int, found: Mapping[str, Any]) -> None:
    for key, value in found.items():
        lists = cells.get(key)
        if lists is None:
            lists = cells[key] = ([], [])
        lists[0].append(place)
        lists[1].append(value)
