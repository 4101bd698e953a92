"""Runs, their console and the links to what they used and made."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from museion.actions.delete_run import delete_run as delete_run_now
from museion.actions.heartbeat import heartbeat
from museion.actions.list_runs import RunQuery
from museion.actions.list_runs import list_runs as runs_of
from museion.actions.log_console import log_console as store_lines
from museion.actions.log_console import read_console as lines_of
from museion.actions.read_artifact import read_run_artifacts as artifacts_of
from museion.actions.read_run import read_run as run_of
from museion.actions.upsert_run import RunChange
from museion.actions.upsert_run import upsert_run as upsert
from museion.actions.use_artifact import use_artifact as use
from museion.server.context import Asked, Count, Cursor, Place, Text
from museion.server.doors import PROJECT, RUN, Door
from museion.server.schemas import (
    Accepted,
    ConsoleIn,
    ConsolePage,
    Deleted,
    RunArtifacts,
    RunOut,
    RunPage,
    RunUpsert,
    UseIn,
    VersionOut,
)


def list_runs(
    here: Asked,
    entity: str,
    project: str,
    q: Text = "",
    state: Text | None = None,
    job_type: Text | None = None,
    group: Text | None = None,
    filter: Text | None = None,  # noqa: A002  (the field's name in the API)
    sort: Text = "-created_at",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
) -> RunPage:
    """A page of runs, filtered and sorted on the server."""
    wanted = RunQuery(q, state, job_type, group, sort, limit, cursor, filter)
    return RunPage.model_validate(runs_of(here.stores, entity, project, wanted), from_attributes=True)


def upsert_run(here: Asked, entity: str, project: str, run: str, body: RunUpsert) -> RunOut | Response:
    """Create a run (201), or change it; its project is made with its first run."""
    fields = {name: getattr(body, name) for name in RunUpsert.model_fields}
    found, created = upsert(here.stores, entity, project, run, RunChange(**fields), user=here.caller.name)
    answer = RunOut.model_validate(found)
    return Response(answer.model_dump_json(), 201, media_type="application/json") if created else answer


def read_run(here: Asked, entity: str, project: str, run: str) -> RunOut:
    """One run; `latest` is the newest of the project."""
    return RunOut.model_validate(run_of(here.stores, entity, project, run))


def delete_run(here: Asked, entity: str, project: str, run: str) -> Deleted:
    """Delete a run with its numbers, console and files; the artifacts it made stay."""
    return Deleted(deleted=1, freed=delete_run_now(here.stores, entity, project, run))


def beat(here: Asked, entity: str, project: str, run: str) -> None:
    """A sign of life; a run that gives none for five minutes counts as crashed."""
    heartbeat(here.stores, entity, project, run)


def log_console(here: Asked, entity: str, project: str, run: str, body: ConsoleIn) -> Accepted:
    """Store lines of the console; a retry is no news."""
    following = store_lines(here.stores, entity, project, run, body.writer, body.first, body.lines)
    return Accepted(next_seq=following)


def read_console(
    here: Asked, entity: str, project: str, run: str, start: Place = 0, limit: Count = 1_000, q: Text = ""
) -> ConsolePage:
    """Lines from number `start` on, or those that contain `q`."""
    page = lines_of(here.stores, entity, project, run, start=start, limit=limit, q=q)
    return ConsolePage.model_validate(page, from_attributes=True)


def use_artifact(here: Asked, entity: str, project: str, run: str, body: UseIn) -> VersionOut:
    """Find a version and record that the run used it."""
    found = use(
        here.stores,
        entity,
        project,
        run,
        body.artifact,
        type=body.type,
        digest=body.digest,
        step=body.step,
        may_read=here.may_read,
    )
    return VersionOut.model_validate(found)


def read_run_artifacts(here: Asked, entity: str, project: str, run: str) -> RunArtifacts:
    """The versions a run used and made."""
    return RunArtifacts.model_validate(artifacts_of(here.stores, entity, project, run), from_attributes=True)


DOORS = (
    Door("GET", f"{PROJECT}/runs", list_runs, "read", "runs"),
    Door("PUT", RUN, upsert_run, "write", "runs"),
    Door("GET", RUN, read_run, "read", "runs"),
    Door("DELETE", RUN, delete_run, "write", "runs"),
    Door("POST", f"{RUN}/heartbeat", beat, "write", "runs", status=204),
    Door("POST", f"{RUN}/console", log_console, "write", "runs"),
    Door("GET", f"{RUN}/console", read_console, "read", "runs"),
    Door("POST", f"{RUN}/inputs", use_artifact, "write", "runs"),
    Door("GET", f"{RUN}/artifacts", read_run_artifacts, "read", "runs"),
)
