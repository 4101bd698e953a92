"""What W&B clients say of runs, sweeps and reports beyond what we have words for ourselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import upsert


@dataclass(frozen=True, slots=True)
class WandbRun:
    """`config` is the JSON text of `_wandb`; `summary` that of the keys of the summary that begin with `_`;
    `started_at` (UTC seconds) is where `_runtime` counts from; `sweep` the sweep's key; `exports` is JSON text, the
    history files that were promised (see wandb_wire/exports)."""

    config: str | None = None
    summary: str | None = None
    started_at: float | None = None
    commit: str | None = None
    description: str | None = None
    sweep: int | None = None
    exports: str | None = None


@dataclass(frozen=True, slots=True)
class Sweep:
    """A search. `config` is YAML text; times are UTC seconds since the epoch."""

    key: int
    project: int
    name: str
    config: str
    state: str
    display_name: str | None
    description: str | None
    controller: str | None
    scheduler: str | None
    user: str | None
    created_at: float
    updated_at: float
    heartbeat_at: float | None


@dataclass(frozen=True, slots=True)
class Agent:
    """A process that runs what a sweep proposes."""

    key: int
    sweep: int
    host: str
    state: str
    created_at: float
    heartbeat_at: float


@dataclass(frozen=True, slots=True)
class Trial:
    """What a sweep proposed: `args` is JSON text, `run` the id of the run that tries it."""

    sweep: int
    number: int
    run: str
    agent: int | None
    args: str
    state: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Report:
    """A document as its writer sent it."""

    key: int
    project: int
    name: str
    type: str
    display_name: str | None
    description: str | None
    spec: str
    user: str | None
    created_at: float
    updated_at: float


class WandbRuns:
    """The tables `wandb_run` and `wandb_stream`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def get(self, run: int) -> WandbRun:
        """What is known of the run; nothing, if no W&B client spoke of it."""
        row = self._sql.execute(select(t.wandb_run).where(t.wandb_run.c.run == run)).first()
        return WandbRun() if row is None else WandbRun(*row[1:])

    def put(self, run: int, **fields: Any) -> None:
        """Set some fields."""
        put = upsert(self._sql, t.wandb_run).values(run=run, **fields)
        changed = put.on_conflict_do_update(index_elements=["run"], set_=fields) if fields else put
        self._sql.execute(changed if fields else put.on_conflict_do_nothing())

    def promise(self, run: int, before: str | None, after: str) -> bool:
        """Set `exports`, unless somebody else has meanwhile; returns whether it was done."""
        self.put(run)
        r = t.wandb_run.c
        same = r.exports.is_(None) if before is None else r.exports == before
        done = self._sql.execute(update(t.wandb_run).where(r.run == run, same).values(exports=after))
        return bool(done.rowcount)

    def segment(self, run: int, writer: str) -> tuple[int, int]:
        """What to add to a client's line number to have ours, and the line from which on that is so."""
        s = t.wandb_stream.c
        row = self._sql.execute(select(s.base, s.since).where(s.run == run, s.writer == writer)).first()
        return (0, 0) if row is None else (row.base, row.since)

    def set_base(self, run: int, writer: str, base: int, since: int = 0) -> None:
        row = {"base": base, "since": since}
        put = upsert(self._sql, t.wandb_stream).values(run=run, writer=writer, **row)
        self._sql.execute(put.on_conflict_do_update(index_elements=["run", "writer"], set_=row))

    def of_sweep(self, sweep: int) -> list[int]:
        """Keys of the runs of a sweep, oldest first."""
        r = t.wandb_run.c
        return list(self._sql.execute(select(r.run).where(r.sweep == sweep).order_by(r.run)).scalars())


class Sweeps:
    """The tables `wandb_sweep`, `wandb_agent` and `wandb_trial`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, project: int, fields: dict[str, Any], now: float) -> Sweep:
        row = {"project": project, "created_at": now, "updated_at": now, **fields}
        key = self._sql.execute(insert(t.wandb_sweep).values(row).returning(t.wandb_sweep.c.key)).scalar_one()
        return self.require(int(key))

    def get(self, key: int, *, lock: bool = False) -> Sweep | None:
        wanted = select(t.wandb_sweep).where(t.wandb_sweep.c.key == key)
        row = self._sql.execute(wanted.with_for_update() if lock else wanted).first()
        return None if row is None else Sweep(*row)

    def require(self, key: int) -> Sweep:
        found = self.get(key)
        assert found is not None
        return found

    def named(self, project: int, name: str) -> Sweep | None:
        s = t.wandb_sweep.c
        row = self._sql.execute(select(t.wandb_sweep).where(s.project == project, s.name == name)).first()
        return None if row is None else Sweep(*row)

    def page(self, project: int, after: int | None, limit: int) -> list[Sweep]:
        """The newest first, those older than the key `after`."""
        s = t.wandb_sweep.c
        wanted = select(t.wandb_sweep).where(s.project == project)
        if after is not None:
            wanted = wanted.where(s.key < after)
        return [Sweep(*row) for row in self._sql.execute(wanted.order_by(s.key.desc()).limit(limit))]

    def count(self, project: int) -> int:
        s = t.wandb_sweep.c
        return int(self._sql.execute(select(func.count()).where(s.project == project)).scalar_one())

    def change(self, key: int, **fields: Any) -> None:
        self._sql.execute(update(t.wandb_sweep).where(t.wandb_sweep.c.key == key).values(fields))

    def add_agent(self, sweep: int, host: str, now: float) -> Agent:
        row: dict[str, Any] = {"sweep": sweep, "host": host, "state": "RUNNING", "created_at": now, "heartbeat_at": now}
        key = self._sql.execute(insert(t.wandb_agent).values(row).returning(t.wandb_agent.c.key)).scalar_one()
        return Agent(int(key), **row)

    def agent(self, key: int) -> Agent | None:
        row = self._sql.execute(select(t.wandb_agent).where(t.wandb_agent.c.key == key)).first()
        return None if row is None else Agent(*row)

    def agents(self, sweep: int) -> list[Agent]:
        a = t.wandb_agent.c
        return [Agent(*row) for row in self._sql.execute(select(t.wandb_agent).where(a.sweep == sweep).order_by(a.key))]

    def change_agent(self, key: int, **fields: Any) -> None:
        self._sql.execute(update(t.wandb_agent).where(t.wandb_agent.c.key == key).values(fields))

    def trials(self, sweep: int, agent: int | None = None) -> list[Trial]:
        """What was proposed, in order; only to `agent`, if given."""
        wanted = select(t.wandb_trial).where(t.wandb_trial.c.sweep == sweep).order_by(t.wandb_trial.c.number)
        if agent is not None:
            wanted = wanted.where(t.wandb_trial.c.agent == agent)
        return [Trial(*row) for row in self._sql.execute(wanted)]

    def add_trial(self, trial: Trial) -> None:
        row = {
            name: getattr(trial, name) for name in ("sweep", "number", "run", "agent", "args", "state", "created_at")
        }
        self._sql.execute(insert(t.wandb_trial).values(row))

    def change_trial(self, sweep: int, number: int, **fields: Any) -> None:
        here = (t.wandb_trial.c.sweep == sweep, t.wandb_trial.c.number == number)
        self._sql.execute(update(t.wandb_trial).where(*here).values(fields))


class Reports:
    """The tables `wandb_report` and `wandb_chart`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, project: int, fields: dict[str, Any], now: float) -> Report:
        row = {"project": project, "created_at": now, "updated_at": now, **fields}
        key = self._sql.execute(insert(t.wandb_report).values(row).returning(t.wandb_report.c.key)).scalar_one()
        found = self.get(int(key))
        assert found is not None
        return found

    def get(self, key: int) -> Report | None:
        row = self._sql.execute(select(t.wandb_report).where(t.wandb_report.c.key == key)).first()
        return _report(row)

    def page(self, project: int, kind: str | None, name: str | None, after: int | None, limit: int) -> list[Report]:
        """The newest first; those of a type and of a name, if given."""
        r = t.wandb_report.c
        wanted = select(t.wandb_report).where(r.project == project)
        for column, value in ((r.type, kind), (r.name, name)):
            wanted = wanted if value is None else wanted.where(column == value)
        if after is not None:
            wanted = wanted.where(r.key < after)
        return [Report(*row) for row in self._sql.execute(wanted.order_by(r.key.desc()).limit(limit))]

    def change(self, key: int, **fields: Any) -> None:
        self._sql.execute(update(t.wandb_report).where(t.wandb_report.c.key == key).values(fields))

    def delete(self, key: int) -> None:
        self._sql.execute(delete(t.wandb_report).where(t.wandb_report.c.key == key))

    def put_chart(self, fields: dict[str, Any]) -> int:
        """Keep a custom chart of an entity; one of this name is replaced. Returns its key."""
        put = upsert(self._sql, t.wandb_chart).values(fields)
        fresh = {name: value for name, value in fields.items() if name not in ("entity", "name")}
        put = put.on_conflict_do_update(index_elements=["entity", "name"], set_=fresh)
        return int(self._sql.execute(put.returning(t.wandb_chart.c.key)).scalar_one())


def _report(row: Any) -> Report | None:
    return None if row is None else Report(*row)
