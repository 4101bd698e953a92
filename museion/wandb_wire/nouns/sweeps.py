"""Sweeps and their agents: an agent beats, and is told what to run next, or that it is over."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType

from museion.catalog.catalog import Rows
from museion.catalog.runs import StoredRun
from museion.catalog.sql import plain
from museion.catalog.wandb import Agent, Sweep, Trial
from museion.errors import NotFound, ValueInvalid
from museion.model.names import new_run_id
from museion.model.run import Run
from museion.wandb_wire import ids, search
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import ProjectNode, RunNode, context, find_project, project_row
from museion.wandb_wire.nouns.plain import plain_fields
from museion.wandb_wire.nouns.projects import ensure_project
from museion.wandb_wire.pages import connection, numbered, size
from museion.wandb_wire.pruning import hopeless
from museion.wandb_wire.run_filters import look_up

STATES = ("PENDING", "RUNNING", "PAUSED", "STOPPED", "CANCELED", "FINISHED")
OVER = ("STOPPED", "CANCELED", "FINISHED")
UNCATEGORIZED = "uncategorized"
EXIT = [{"type": "exit"}]


@dataclass(frozen=True, slots=True)
class SweepNode:
    """A sweep where somebody asks for it."""

    asked: Asked
    sweep: Sweep

    @property
    def id(self) -> str:
        return ids.seal("Sweep", self.sweep.key)

    def runs(self) -> list[RunNode]:
        """Its runs, oldest first."""
        with self.asked.stores.catalog.reading() as rows:
            found = [rows.runs.get(key) for key in rows.wandb_runs.of_sweep(self.sweep.key)]
        return [RunNode(self.asked, stored) for stored in found]


@dataclass(frozen=True, slots=True)
class AgentNode:
    """An agent of a sweep."""

    home: SweepNode
    agent: Agent

    @property
    def id(self) -> str:
        return ids.seal("Agent", self.agent.key)

    def runs(self) -> list[RunNode]:
        """The runs it was told to make."""
        with self.home.asked.stores.catalog.reading() as rows:
            mine = {trial.run for trial in rows.sweeps.trials(self.home.sweep.key, self.agent.key)}
        return [node for node in self.home.runs() if node.run.id in mine]


mutation = MutationType()
project_type, sweep_type, agent_type = ObjectType("Project"), ObjectType("Sweep"), ObjectType("Agent")


@project_type.field("totalSweeps")
def resolve_total(project: ProjectNode, info: Any) -> int:
    with context(info).stores.catalog.reading() as rows:
        return rows.sweeps.count(project.key)


@project_type.field("sweep")
def resolve_sweep(project: ProjectNode, info: Any, sweepName: str) -> SweepNode | None:  # noqa: N803
    asked = context(info)
    with asked.stores.catalog.reading() as rows:
        found = _named(rows, project.key, sweepName)
    return None if found is None else SweepNode(asked, found)


def _named(rows: Rows, project: int, name: str) -> Sweep | None:
    """By its name, or by its global id."""
    key = ids.unseal("Sweep", name)
    found = rows.sweeps.named(project, name) or (rows.sweeps.get(key) if key is not None else None)
    return found if found is not None and found.project == project else None


@project_type.field("sweeps")
def resolve_sweeps(
    project: ProjectNode, info: Any, after: str | None = None, first: int | None = None, filters: str | None = None
) -> dict[str, Any]:
    asked, limit = context(info), size(first)
    start = int(after) if after and after.isdecimal() and len(after) < 19 else None
    with asked.stores.catalog.reading() as rows:
        found = rows.sweeps.page(project.key, start, limit + 1)
    nodes = [SweepNode(asked, sweep) for sweep in found[:limit]]
    return connection(nodes, more=len(found) > limit, cursor=lambda node: str(node.sweep.key))


_FIELDS = {
    "name": "name",
    "displayName": "display_name",
    "state": "state",
    "description": "description",
    "config": "config",
    "controller": "controller",
    "scheduler": "scheduler",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
    "heartbeatAt": "heartbeat_at",
}

plain_fields(sweep_type, "sweep", _FIELDS)


@sweep_type.field("method")
def resolve_method(node: SweepNode, _: Any) -> str | None:
    try:
        return search.read_space(node.sweep.config).method
    except ValueInvalid:
        return None


@sweep_type.field("runCountExpected")
def resolve_expected(node: SweepNode, _: Any) -> int | None:
    try:
        return search.expected(search.read_space(node.sweep.config))
    except ValueInvalid:
        return None


@sweep_type.field("runCount")
def resolve_run_count(node: SweepNode, _: Any) -> int:
    with node.asked.stores.catalog.reading() as rows:
        return len(rows.wandb_runs.of_sweep(node.sweep.key))


@sweep_type.field("bestLoss")
def resolve_best(node: SweepNode, _: Any) -> float | None:
    try:
        space = search.read_space(node.sweep.config)
    except ValueInvalid:
        return None
    values = [value for one in node.runs() if (value := outcome(one.run, space)) is not None]
    return (max(values) if space.maximize else min(values)) if values else None


@sweep_type.field("earlyStopJobRunning")
def resolve_early_stop(node: SweepNode, _: Any) -> bool:
    return False


@sweep_type.field("project")
def resolve_project(node: SweepNode, _: Any) -> ProjectNode | None:
    with node.asked.stores.catalog.reading() as rows:
        return project_row(rows, node.sweep.project)


@sweep_type.field("runs")
def resolve_runs(node: SweepNode, _: Any, first: int | None = None, after: str | None = None) -> dict[str, Any]:
    found = node.runs()
    return numbered(found, after, first if first is not None else len(found) or 1, totalCount=len(found))


@sweep_type.field("agents")
def resolve_agents(node: SweepNode, _: Any) -> dict[str, Any]:
    with node.asked.stores.catalog.reading() as rows:
        found = rows.sweeps.agents(node.sweep.key)
    return connection([AgentNode(node, agent) for agent in found])


@sweep_type.field("agent")
def resolve_agent(node: SweepNode, _: Any, agentName: str) -> AgentNode | None:  # noqa: N803
    key = ids.unseal("Agent", agentName) or (int(agentName) if agentName.isdecimal() and len(agentName) < 19 else None)
    with node.asked.stores.catalog.reading() as rows:
        found = None if key is None else rows.sweeps.agent(key)
    return AgentNode(node, found) if found is not None and found.sweep == node.sweep.key else None


@agent_type.field("name")
def resolve_agent_name(node: AgentNode, _: Any) -> str:
    return str(node.agent.key)


@agent_type.field("host")
def resolve_agent_host(node: AgentNode, _: Any) -> str:
    return node.agent.host


@agent_type.field("state")
def resolve_agent_state(node: AgentNode, _: Any) -> str:
    return node.agent.state


@agent_type.field("createdAt")
def resolve_agent_created(node: AgentNode, _: Any) -> float:
    return node.agent.created_at


@agent_type.field("heartbeatAt")
def resolve_agent_heartbeat(node: AgentNode, _: Any) -> float:
    return node.agent.heartbeat_at


@agent_type.field("totalRuns")
def resolve_agent_total(node: AgentNode, _: Any) -> int:
    with node.home.asked.stores.catalog.reading() as rows:
        return len(rows.sweeps.trials(node.home.sweep.key, node.agent.key))


@agent_type.field("runs")
def resolve_agent_runs(
    node: AgentNode,
    _: Any,
    after: str | None = None,
    before: str | None = None,
    first: int | None = None,
    last: int | None = None,
    order: str | None = None,
) -> dict[str, Any]:
    return numbered(node.runs(), after, first)


@mutation.field("upsertSweep")
def resolve_upsert(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Make a sweep, or change one: pause it, stop it, give it another name."""
    asked = context(info)
    config, state = input.get("config"), input.get("state")
    if state is not None and state.upper() not in STATES:
        raise ValueInvalid(f"A sweep cannot be {state!r}.", advice=f"Use {', '.join(STATES)}.")
    if config is not None:
        search.read_space(config)
    texts = {"display_name": "displayName", "description": "description", "controller": "controller"}
    fields: dict[str, Any] = {ours: plain(input.get(theirs), theirs) for ours, theirs in texts.items()}
    fields |= {"config": plain(config, "config", search.MAX_CONFIG), "state": state.upper() if state else None}
    given = {name: value for name, value in fields.items() if value is not None}
    sweep = _change(asked, input, given) if input.get("id") else _make(asked, input, given)
    asked.changed = True
    return {"sweep": SweepNode(asked, sweep), "configValidationWarnings": []}


def _make(asked: Asked, said: Mapping[str, Any], fields: dict[str, Any]) -> Sweep:
    if "config" not in fields:
        raise ValueInvalid("A sweep needs a config.", advice="Give method and parameters.")
    entity = asked.named(said.get("entityName"))
    home, _ = ensure_project(asked, entity, said.get("projectName") or UNCATEGORIZED)
    name = new_run_id(secrets.choice)
    with asked.stores.catalog.transaction() as rows:
        row = {"name": name, "state": "PENDING", "user": asked.who.name, **fields}
        return rows.sweeps.add(home.key, row, asked.stores.clock())


def _change(asked: Asked, said: Mapping[str, Any], fields: dict[str, Any]) -> Sweep:
    found = open_sweep(asked, said["id"], said.get("entityName"), said.get("projectName"))
    with asked.stores.catalog.transaction() as rows:
        rows.sweeps.change(found.key, **fields, updated_at=asked.stores.clock())
        if fields.get("state") == "CANCELED":
            alive = rows.runs.alive(rows.wandb_runs.of_sweep(found.key))
            rows.runs.mark(alive, asked.stores.clock(), stop_at=asked.stores.clock())
        return rows.sweeps.require(found.key)


def open_sweep(asked: Asked, named: str, entity: str | None = None, project: str | None = None) -> Sweep:
    """The sweep by its id, or by its name in a project; raises NotFound, or Forbidden."""
    key, home = ids.unseal("Sweep", named), find_project(asked, entity, project)
    with asked.stores.catalog.reading() as rows:
        found = rows.sweeps.get(key) if key is not None else None
        if found is None and home is not None:
            found = rows.sweeps.named(home.key, named)
        place = None if found is None else project_row(rows, found.project)
    if found is None or place is None or not asked.may("read", place.entity):
        raise NotFound("There is no such sweep.")
    asked.demand("write", place.entity)
    return found


@mutation.field("createAgent")
def resolve_create_agent(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    sweep = open_sweep(asked, input["sweep"], input.get("entityName"), input.get("projectName"))
    host = plain(input["host"], "host", 1_000) or ""
    with asked.stores.catalog.transaction() as rows:
        agent = rows.sweeps.add_agent(sweep.key, host, asked.stores.clock())
    return {"agent": AgentNode(SweepNode(asked, sweep), agent)}


@mutation.field("agentHeartbeat")
def resolve_heartbeat(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """What the agent is to do now. 404 tells it that its sweep is gone."""
    asked, key = context(info), ids.unseal("Agent", input["id"])
    with asked.stores.catalog.reading() as rows:
        agent = None if key is None else rows.sweeps.agent(key)
        found = None if agent is None else rows.sweeps.get(agent.sweep)
        place = None if found is None else project_row(rows, found.project)
    if agent is None or found is None or place is None or not asked.may("read", place.entity):
        raise NotFound("There is no such agent: its sweep was deleted.")
    asked.demand("write", place.entity)
    running = _running(input.get("runState"))
    commands = [*_stops(asked, found, running), *_commands(asked, agent, running)]
    return {"agent": AgentNode(SweepNode(asked, found), agent), "commands": json.dumps(commands)}


def _stops(asked: Asked, sweep: Sweep, running: list[str]) -> list[dict[str, Any]]:
    """What to give up, if the sweep says when."""
    space = search.read_space(sweep.config)
    if not running or space.early is None or space.metric is None:
        return []
    with asked.stores.catalog.reading() as rows:
        ids = rows.runs.ids(rows.wandb_runs.of_sweep(sweep.key))
    values = {run: asked.stores.history.numbers(key, space.metric) for key, run in ids.items()}
    given_up = hopeless(space.early, values, running, maximize=space.maximize)
    return [{"type": "stop", "run_id": run} for run in given_up]


def _running(text: str | None) -> list[str]:
    """The runs that the agent says it works on."""
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return []
    return [str(run) for run, alive in found.items() if alive] if isinstance(found, dict) else []


def _commands(asked: Asked, agent: Agent, running: list[str]) -> list[dict[str, Any]]:
    """One run at a time for each agent; the sweep's row is held, so that two agents never get the same."""
    now = asked.stores.clock()
    with asked.stores.catalog.transaction() as rows:
        rows.sweeps.change_agent(agent.key, heartbeat_at=now)
        sweep = rows.sweeps.get(agent.sweep, lock=True)
        if sweep is None or sweep.state == "CANCELED":
            return [*({"type": "stop", "run_id": run} for run in running), *EXIT]
        if running or sweep.state == "PAUSED":
            return []
        if sweep.state in OVER:
            return EXIT
        space, tried = search.read_space(sweep.config), _outcomes(rows, sweep)
        args = search.propose(space, tried, sweep.name) if space.method != "custom" else None
        if args is None:
            if space.method != "custom":
                rows.sweeps.change(sweep.key, state="FINISHED", updated_at=now)
            return EXIT
        run = new_run_id(secrets.choice)
        text = json.dumps(args)
        rows.sweeps.add_trial(Trial(sweep.key, len(tried), run, agent.key, text, "RUNNING", now))
        rows.sweeps.change(sweep.key, state="RUNNING", heartbeat_at=now)
    given = {name: {"value": value} for name, value in args.items()}
    told = {"type": "run", "run_id": run, "args": given, "logs": []}
    return [{**told, "program": space.program} if space.program else told]


def _outcomes(rows: Rows, sweep: Sweep) -> list[search.Outcome]:
    """Everything proposed so far, with what came of it."""
    space = search.read_space(sweep.config)
    trials = rows.sweeps.trials(sweep.key)
    keys = rows.runs.keys(sweep.project, [trial.run for trial in trials]) if space.method == "bayes" else {}
    known: dict[str, StoredRun] = {run: rows.runs.get(key) for run, key in keys.items()}
    return [
        search.Outcome(json.loads(t.args), outcome(known[t.run].run, space) if t.run in known else None) for t in trials
    ]


def outcome(run: Run, space: search.Space) -> float | None:
    """What the run came to, by the sweep's metric."""
    value = look_up(run.summary, space.metric) if space.metric else None
    if isinstance(value, dict):
        value = value.get("max" if space.maximize else "min", value.get("last"))
    return float(value) if isinstance(value, int | float) and value == value else None


BINDABLES = (mutation, project_type, sweep_type, agent_type)
