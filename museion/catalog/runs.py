"""Runs: one row each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, pieces, to_text
from museion.model.run import Run, RunState

ALIVE = (RunState.RUNNING.value, RunState.PREEMPTING.value)
HERE = t.run.c.deleted_at.is_(None)
"""Not in the trash."""
JSON_FIELDS = ("tags", "config", "summary", "metadata", "metrics")


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with the key that history and edges know it by."""

    key: int
    project: int
    run: Run


@dataclass(frozen=True, slots=True)
class Silent:
    """A run that was not heard of for long; `heard_at` is its last sign of life."""

    key: int
    project: int
    id: str
    heard_at: float
    stop_at: float | None


class Runs:
    """The table `run`. Runs in the trash are not there, except for the verbs that say so."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def find(self, project: int, run_id: str) -> StoredRun | None:
        """The run of this project with this id; `latest` is the one made last."""
        if run_id == "latest":
            newest = select_runs().where(t.run.c.project == project, HERE).order_by(t.run.c.number.desc()).limit(1)
            return _first(self._sql.execute(newest).first())
        where = and_(t.run.c.project == project, t.run.c.id == run_id, HERE)
        return _first(self._sql.execute(select_runs().where(where)).first())

    def key(self, project: int, run_id: str) -> int | None:
        """The key alone: a look at an index, without reading config and summary."""
        where = and_(t.run.c.project == project, t.run.c.id == run_id, HERE)
        return self._sql.execute(select(t.run.c.key).where(where)).scalar()

    def in_trash(self, project: int, run_id: str) -> int | None:
        """The key of a run that was deleted and can still come back."""
        where = and_(t.run.c.project == project, t.run.c.id == run_id, t.run.c.deleted_at.is_not(None))
        return self._sql.execute(select(t.run.c.key).where(where)).scalar()

    def get(self, key: int) -> StoredRun:
        return stored_run(self._sql.execute(select_runs().where(t.run.c.key == key)).one())

    def keys(self, project: int, ids: Iterable[str]) -> dict[str, int]:
        """id → key, of those there are."""
        found: dict[str, int] = {}
        for piece in pieces(ids):
            where = and_(t.run.c.project == project, t.run.c.id.in_(piece), HERE)
            found.update((row.id, row.key) for row in self._sql.execute(select(t.run.c.id, t.run.c.key).where(where)))
        return found

    def ids(self, keys: Iterable[int]) -> dict[int, str]:
        """key → id, of those there are."""
        found: dict[int, str] = {}
        for piece in pieces(keys):
            where = t.run.c.key.in_(piece)
            found.update((row.key, row.id) for row in self._sql.execute(select(t.run.c.id, t.run.c.key).where(where)))
        return found

    def add(self, project: int, run: Run) -> int:
        """Store a new run; returns its key."""
        row = {"project": project, **_columns(run)}
        return int(self._sql.execute(insert(t.run).values(row).returning(t.run.c.key)).scalar_one())

    def change(self, key: int, run: Run) -> None:
        """Make the row say what `run` says."""
        self._sql.execute(update(t.run).where(t.run.c.key == key).values(_columns(run)))

    def touch(self, key: int, now: float) -> None:
        """Something of the run is new: it lives."""
        self.touch_all([key], now)

    def touch_all(self, keys: Collection[int], now: float) -> None:
        """Something of these runs is new: they live."""
        for piece in pieces(keys):
            self._sql.execute(update(t.run).where(t.run.c.key.in_(piece)).values(updated_at=now, heartbeat_at=now))

    def beat(self, key: int, now: float) -> tuple[RunState, bool]:
        """It lives, and nothing else is new; returns its state, and whether it was asked to stop."""
        heard = update(t.run).where(t.run.c.key == key).values(heartbeat_at=now)
        row = self._sql.execute(heard.returning(t.run.c.state, t.run.c.stop_at)).one()
        return RunState(row.state), row.stop_at is not None

    def silent(self, before: float) -> list[Silent]:
        """Runs that count as running but said nothing since `before`."""
        r = t.run.c
        where = and_(r.state.in_(ALIVE), r.heartbeat_at < before, HERE)
        wanted = select(r.key, r.project, r.id, r.heartbeat_at, r.stop_at).where(where)
        return [Silent(*row) for row in self._sql.execute(wanted.with_for_update())]

    def alive(self, keys: Iterable[int]) -> list[int]:
        """Those of these runs that are not over."""
        r = t.run.c
        wanted = select(r.key).where(r.state.in_(ALIVE))
        return [key for piece in pieces(keys) for key in self._sql.execute(wanted.where(r.key.in_(piece))).scalars()]

    def mark(self, keys: Collection[int], now: float, **times: float | None) -> None:
        """Set `archived_at`, `deleted_at` or `stop_at` of these runs."""
        for piece in pieces(keys):
            self._sql.execute(update(t.run).where(t.run.c.key.in_(piece)).values(updated_at=now, **times))

    def named(self, keys: Collection[int]) -> dict[int, tuple[int, str]]:
        """key → (project, id), of those in the trash too."""
        r = t.run.c
        found: dict[int, tuple[int, str]] = {}
        for piece in pieces(keys):
            rows = self._sql.execute(select(r.key, r.project, r.id).where(r.key.in_(piece)))
            found.update((row.key, (row.project, row.id)) for row in rows)
        return found

    def trashed(self, before: float) -> list[int]:
        """Keys of runs that were deleted before this moment."""
        return list(self._sql.execute(select(t.run.c.key).where(t.run.c.deleted_at <= before)).scalars())

    def in_trash_of(self, project: int, limit: int) -> list[Run]:
        """What was deleted in a project and can still come back, the last first."""
        where = and_(t.run.c.project == project, t.run.c.deleted_at.is_not(None))
        wanted = select_runs().where(where).order_by(t.run.c.deleted_at.desc(), t.run.c.key.desc()).limit(limit)
        return [stored_run(row).run for row in self._sql.execute(wanted)]

    def set_state(self, keys: Collection[int], state: RunState, now: float, finished_at: float | None) -> None:
        changed = {"state": state.value, "updated_at": now, "finished_at": finished_at}
        for piece in pieces(keys):
            self._sql.execute(update(t.run).where(t.run.c.key.in_(piece)).values(changed))

    def delete(self, key: int) -> None:
        """Remove the run with its files, console and edges, for good; the versions it made stay."""
        self._sql.execute(delete(t.run).where(t.run.c.key == key))

    def keys_of(self, project: int) -> list[int]:
        return list(self._sql.execute(select(t.run.c.key).where(t.run.c.project == project)).scalars())


def select_runs() -> Select[Any]:
    """All columns of runs, and the project's names; rows are read by `stored_run`."""
    names = (t.project.c.entity.label("entity_name"), t.project.c.name.label("project_name"))
    return select(t.run, *names).join_from(t.run, t.project)


def stored_run(row: Row[Any]) -> StoredRun:
    found = row._mapping
    run = Run(
        entity=found["entity_name"],
        project=found["project_name"],
        id=found[t.run.c.id],
        name=found[t.run.c.name],
        number=found[t.run.c.number],
        state=RunState(found[t.run.c.state]),
        created_at=found[t.run.c.created_at],
        updated_at=found[t.run.c.updated_at],
        heartbeat_at=found[t.run.c.heartbeat_at],
        finished_at=found[t.run.c.finished_at],
        exit_code=found[t.run.c.exit_code],
        job_type=found[t.run.c.job_type],
        group=found[t.run.c.group],
        notes=found[t.run.c.notes],
        user=found[t.run.c.user],
        tags=tuple(from_text(found[t.run.c.tags])),
        config=from_text(found[t.run.c.config]),
        summary=from_text(found[t.run.c.summary]),
        metadata=from_text(found[t.run.c.metadata]),
        metrics=tuple(from_text(found[t.run.c.metrics])),
        forked_from=found[t.run.c.forked_from],
        forked_at=found[t.run.c.forked_at],
        rewound_to=found[t.run.c.rewound_to],
        archived_at=found[t.run.c.archived_at],
        deleted_at=found[t.run.c.deleted_at],
        stop_at=found[t.run.c.stop_at],
    )
    return StoredRun(found[t.run.c.key], found[t.run.c.project], run)


def _first(row: Row[Any] | None) -> StoredRun | None:
    return None if row is None else stored_run(row)


def _columns(run: Run) -> Mapping[str, Any]:
    kept = ("id", "number", "name", "created_at", "updated_at", "heartbeat_at", "finished_at", "exit_code")
    more = ("job_type", "group", "notes", "user", "forked_from", "forked_at", "rewound_to")
    times = ("archived_at", "deleted_at", "stop_at")
    row: dict[str, Any] = {name: getattr(run, name) for name in (*kept, *more, *times)}
    row.update({name: to_text(getattr(run, name), name) for name in JSON_FIELDS})
    return row | {"state": run.state.value}
