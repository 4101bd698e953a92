"""Runs: made, changed, resumed, listed, stopped, deleted."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from ariadne import MutationType, ObjectType

from museion.actions.delete_run import delete_run
from museion.actions.stop_run import stop_run
from museion.actions.upsert_run import RunChange, upsert_run
from museion.catalog.sql import plain
from museion.errors import NotFound, ValueInvalid
from museion.model.names import new_run_id
from museion.model.run import RunState
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.charts import charts_of
from museion.wandb_wire.configs import config_text, metadata_of, metric_rules, read_config
from museion.wandb_wire.history import latest, line_count
from museion.wandb_wire.nouns.lookup import ProjectNode, RunNode, context, find_run, open_run, run_of
from museion.wandb_wire.nouns.projects import ensure_project
from museion.wandb_wire.nouns.viewer import UserNode, user_named
from museion.wandb_wire.pages import connection, size
from museion.wandb_wire.run_filters import page_of_runs
from museion.wandb_wire.summaries import read_summary, summary_text

UNCATEGORIZED = "uncategorized"
STATES = {
    "running": RunState.RUNNING,
    "finished": RunState.FINISHED,
    "failed": RunState.FAILED,
    "crashed": RunState.CRASHED,
    "killed": RunState.KILLED,
    "preempting": RunState.PREEMPTING,
    "preempted": RunState.KILLED,
}

mutation = MutationType()
project_type, run_type = ObjectType("Project"), ObjectType("Run")


@project_type.field("run")
def resolve_run(project: ProjectNode, info: Any, name: str, desc: str | None = None) -> RunNode | None:
    return run_of(context(info), project, name)


@project_type.field("bucket")
def resolve_bucket(project: ProjectNode, info: Any, name: str, missingOk: bool | None = None) -> RunNode | None:  # noqa: N803
    return run_of(context(info), project, name)


@project_type.field("runCount")
def resolve_run_count(project: ProjectNode, info: Any, filters: str | None = None) -> int:
    return page_of_runs(context(info).stores, project, filters, None, 1, None)[0].total


@project_type.field("runs")
def resolve_runs(
    project: ProjectNode,
    info: Any,
    filters: str | None = None,
    after: str | None = None,
    first: int | None = None,
    order: str | None = None,
    before: str | None = None,
    last: int | None = None,
) -> dict[str, Any]:
    """A page of runs; the cursor stands at its end, where the client looks for it."""
    asked = context(info)
    page, found = page_of_runs(asked.stores, project, filters, order, size(first), after or None)
    nodes = [RunNode(asked, stored) for stored in found]
    end = nodes[-1] if nodes else None
    return connection(
        nodes,
        more=page.next is not None,
        cursor=lambda node: page.next if node is end else None,
        totalCount=page.total,
    )


@run_type.field("id")
def resolve_id(node: RunNode, _: Any) -> str:
    return node.id


@run_type.field("projectId")
def resolve_project_id(node: RunNode, _: Any) -> str:
    return str(node.home)


@run_type.field("project")
def resolve_project(node: RunNode, _: Any) -> ProjectNode | None:
    from museion.wandb_wire.nouns.lookup import find_project

    return find_project(node.asked, node.run.entity, node.run.project)


@run_type.field("name")
def resolve_name(node: RunNode, _: Any) -> str:
    """The id: what W&B calls a run's name, people never see."""
    return node.run.id


@run_type.field("displayName")
def resolve_display_name(node: RunNode, _: Any) -> str:
    return node.run.name


@run_type.field("description")
def resolve_description(node: RunNode, _: Any) -> str | None:
    return node.extra.description or node.run.notes


@run_type.field("notes")
def resolve_notes(node: RunNode, _: Any) -> str | None:
    return node.run.notes


@run_type.field("tags")
def resolve_tags(node: RunNode, _: Any) -> list[str]:
    return list(node.run.tags)


@run_type.field("group")
def resolve_group(node: RunNode, _: Any) -> str | None:
    return node.run.group


@run_type.field("jobType")
def resolve_job_type(node: RunNode, _: Any) -> str | None:
    return node.run.job_type


@run_type.field("commit")
def resolve_commit(node: RunNode, _: Any) -> str | None:
    git = node.run.metadata.get("git")
    return node.extra.commit or (git.get("commit") if isinstance(git, dict) else None)


@run_type.field("config")
def resolve_config(node: RunNode, _: Any) -> str:
    return config_text(node.run.config, node.extra.config)


@run_type.field("wandbConfig")
def resolve_wandb_config(node: RunNode, _: Any, keys: list[str] | None = None) -> str:
    """What the client hides in the config. It takes a run for there only if `t` is in it, so that is always."""
    hidden = {"t": {}, **(json.loads(node.extra.config) if node.extra.config else {})}
    return json.dumps({key: value for key, value in hidden.items() if keys is None or key in keys})


@run_type.field("summaryMetrics")
def resolve_summary(node: RunNode, _: Any) -> str:
    own = json.loads(node.extra.summary) if node.extra.summary else latest(node)
    return summary_text(node.run.summary, own)


@run_type.field("state")
def resolve_state(node: RunNode, _: Any) -> str:
    """Ours, but that a run which was told to make room and has ended with a failure is `preempted`."""
    made_room = node.run.state is RunState.PREEMPTING and bool(node.run.exit_code)
    return "preempted" if made_room else node.run.state.value


@run_type.field("exitcode")
def resolve_exit_code(node: RunNode, _: Any) -> int | None:
    code = node.run.exit_code
    return code if code is None or abs(code) < 2**31 else None


@run_type.field("failed")
def resolve_failed(node: RunNode, _: Any) -> bool:
    return node.run.state in (RunState.FAILED, RunState.CRASHED, RunState.KILLED)


@run_type.field("running")
def resolve_running(node: RunNode, _: Any) -> bool:
    return not node.run.state.over


@run_type.field("stopped")
@run_type.field("shouldStop")
def resolve_stopped(node: RunNode, _: Any) -> bool:
    return node.run.stop


@run_type.field("readOnly")
def resolve_read_only(node: RunNode, _: Any) -> bool:
    return not node.asked.may("write", node.run.entity)


@run_type.field("createdAt")
def resolve_created_at(node: RunNode, _: Any) -> float:
    return node.run.created_at


@run_type.field("heartbeatAt")
def resolve_heartbeat_at(node: RunNode, _: Any) -> float:
    return node.run.heartbeat_at


@run_type.field("sweepName")
def resolve_sweep_name(node: RunNode, _: Any) -> str | None:
    if node.extra.sweep is None:
        return None
    with node.asked.stores.catalog.reading() as rows:
        found = rows.sweeps.get(node.extra.sweep)
    return found.name if found else None


@run_type.field("user")
def resolve_user(node: RunNode, _: Any) -> UserNode:
    """Never null: the client's reading API breaks on a run that nobody made."""
    name = node.run.user or node.run.entity
    with node.asked.stores.catalog.reading() as rows:
        return user_named(rows, name) or UserNode(name)


@run_type.field("historyLineCount")
def resolve_history_lines(node: RunNode, _: Any) -> int:
    return line_count(node, "wandb")


@run_type.field("eventsLineCount")
def resolve_event_lines(node: RunNode, _: Any) -> int:
    return line_count(node, "wandb-events")


@mutation.field("upsertBucket")
def resolve_upsert(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Make a run, or change it. Null leaves a field alone; the config and the summary come whole."""
    asked = context(info)
    known, place = _place(asked, input)
    change, config, own = _change(known, input)
    _, created = upsert_run(asked.stores, *place, change, user=asked.who.name)
    found = find_run(asked, *place)
    if found is None:
        raise NotFound(f"The run {place[2]!r} was deleted meanwhile.")
    hidden: dict[str, Any] = {"config": json.dumps(config) if config else None, "summary": own}
    hidden |= {"commit": input.get("commit"), "description": plain(input.get("description"), "description")}
    hidden["sweep"] = _sweep_key(asked, found, input.get("sweep"))
    _keep(asked, found, {name: value for name, value in hidden.items() if value is not None})
    if created and config and isinstance(config.get("branch_point"), dict):
        _branch(found, config["branch_point"])
    asked.changed = True
    return {"bucket": find_run(asked, *place), "inserted": created, "serverSettings": {"serverMessages": []}}


def _place(asked: Asked, said: Mapping[str, Any]) -> tuple[RunNode | None, tuple[str, str, str]]:
    """The run that is meant, if it is there, and where it is or is to be."""
    if said.get("id"):
        known = open_run(asked, said["id"], "write")
        return known, known.place
    entity, project = asked.named(said.get("entityName")), said.get("modelName") or UNCATEGORIZED
    asked.demand("write", entity)
    name = said.get("name") or new_run_id(secrets.choice)
    ensure_project(asked, entity, project)
    return find_run(asked, entity, project, name), (entity, project, name)


def _change(known: RunNode | None, said: Mapping[str, Any]) -> tuple[RunChange, dict[str, Any] | None, str | None]:
    """The change in our words, what the client hid in its config, and its own keys of the summary."""
    config = None if said.get("config") is None else read_config(said["config"])
    summary, own = (None, None) if said.get("summaryMetrics") is None else read_summary(said["summaryMetrics"])
    state = said.get("state")
    if state is not None and state.lower() not in STATES and state.lower() != "pending":
        raise ValueInvalid(f"A run cannot be {state!r}.", advice=f"Use {', '.join(STATES)}.")
    change = RunChange(
        name=said.get("displayName") or None,
        job_type=said.get("jobType") or None,
        group=said.get("groupName") or None,
        tags=said.get("tags"),
        notes=said.get("notes"),
        config=None if config is None else config.values,
        remove_config=_gone(known, "config", None if config is None else config.values),
        summary=summary,
        remove_summary=_gone(known, "summary", summary),
        metadata=_metadata(said, config.hidden if config else {}),
        metrics=metric_rules(config.hidden) if config else None,
        state=STATES.get(state.lower()) if state else None,
    )
    return change, config.hidden if config else None, own


def _gone(known: RunNode | None, what: str, given: Mapping[str, Any] | None) -> list[str]:
    if known is None or given is None:
        return []
    return [key for key in getattr(known.run, what) if key not in given]


def _metadata(said: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any] | None:
    found = {"host": said.get("host"), "program": said.get("jobProgram")}
    told = {key: value for key, value in found.items() if value}
    if said.get("commit") or said.get("jobRepo"):
        told["git"] = {"commit": said.get("commit"), "remote": said.get("jobRepo")}
    told |= metadata_of(hidden) or {}
    if charts := charts_of(hidden):
        told["charts"] = charts
    return told or None


def _sweep_key(asked: Asked, node: RunNode, name: str | None) -> int | None:
    if not name:
        return None
    with asked.stores.catalog.reading() as rows:
        found = rows.sweeps.named(node.home, name)
    return found.key if found else None


def _keep(asked: Asked, node: RunNode, fields: Mapping[str, Any]) -> None:
    with asked.stores.catalog.transaction() as rows:
        rows.wandb_runs.put(node.key, **fields)


def _branch(node: RunNode, point: Mapping[str, Any]) -> None:
    """A fork begins with what its parent logged up to a step."""
    from museion.wandb_wire.branches import fork

    parent, step = point.get("run_id"), point.get("step")
    if isinstance(parent, str) and isinstance(step, int | float):
        fork(node, parent, int(step))


@mutation.field("rewindRun")
def resolve_rewind(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Go back to a step; null if there is no such run."""
    from museion.wandb_wire.branches import rewind

    asked = context(info)
    if input["metricName"] != "_step":
        raise ValueInvalid("A run can be rewound to a step only.", advice="Use resume_from with _step.")
    found = find_run(asked, input.get("entityName"), input.get("projectName"), input["runName"])
    if found is None:
        return {"rewoundRun": None}
    asked.demand("write", found.run.entity)
    rewind(found, int(input["metricValue"]))
    asked.changed = True
    return {"rewoundRun": find_run(asked, *found.place)}


@mutation.field("deleteRun")
def resolve_delete(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    found = open_run(asked, input["id"], "write")
    delete_run(asked.stores, *found.place)
    asked.changed = True
    return {"clientMutationId": input.get("clientMutationId")}


@mutation.field("stopRun")
def resolve_stop(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Ask a run to stop: its next request is told."""
    asked = context(info)
    found = open_run(asked, input["id"], "write")
    if not found.run.state.over:
        stop_run(asked.stores, *found.place)
    asked.changed = True
    return {"success": True}


@mutation.field("updateRunState")
def resolve_update_state(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    found = open_run(asked, input["id"], "write")
    if (state := STATES.get(input["state"].lower())) is None:
        raise ValueInvalid(f"A run cannot be {input['state']!r}.", advice=f"Use {', '.join(STATES)}.")
    upsert_run(asked.stores, *found.place, RunChange(state=state))
    asked.changed = True
    return {"success": True}


@mutation.field("notifyScriptableRunAlert")
def resolve_alert(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    from museion.wandb_wire.alerts import alert

    asked = context(info)
    found = find_run(asked, input["entityName"], input["projectName"], input["runName"])
    if found is None:
        raise NotFound(f"There is no run {input['runName']!r}.")
    asked.demand("write", found.run.entity)
    alert(found, input)
    return {"success": True}


BINDABLES = (mutation, project_type, run_type)
