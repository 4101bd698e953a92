"""Runs, their console and the links to what they used and made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from museion.actions.alert_run import alert_run, list_alerts
from museion.actions.archive_runs import archive_runs, restore_runs
from museion.actions.choose_runs import Choice
from museion.actions.delete_run import delete_runs
from museion.actions.edit_runs import RunEdit, edit_run, edit_runs
from museion.actions.group_runs import group_runs, list_columns
from museion.actions.heartbeat import heartbeat
from museion.actions.list_runs import RunQuery, Selection, list_deleted
from museion.actions.list_runs import list_runs as runs_of
from museion.actions.log_console import log_console as store_lines
from museion.actions.log_console import read_console as lines_of
from museion.actions.read_artifact import read_run_artifacts as artifacts_of
from museion.actions.read_run import read_run as run_of
from museion.actions.stop_run import stop_run, stop_runs
from museion.actions.upsert_run import RunChange
from museion.actions.upsert_run import upsert_run as upsert
from museion.actions.use_artifact import use_artifact as use
from museion.errors import ValueInvalid
from museion.server.context import Asked, Count, Cursor, Place, Text
from museion.server.doors import PROJECT, RUN, Door
from museion.server.schemas import (
    Accepted,
    AlertIn,
    AlertOut,
    AlertPage,
    Beat,
    ColumnOut,
    ConsoleIn,
    ConsolePage,
    Deleted,
    GroupPage,
    RunArtifacts,
    RunOut,
    RunPage,
    RunPatch,
    RunsChanged,
    RunsIn,
    RunUpsert,
    UseIn,
    VersionOut,
)

FilterText = Annotated[str | None, Query(max_length=16_384)]
Archived = Literal["no", "only", "any"]


def list_runs(
    here: Asked,
    entity: str,
    project: str,
    q: Text = "",
    state: Text | None = None,
    job_type: Text | None = None,
    group: Text | None = None,
    filter: FilterText = None,  # noqa: A002  (the field's name in the API)
    archived: Archived = "no",
    sort: Text = "-created_at",
    columns: Annotated[str | None, Query(max_length=16_384)] = None,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    cursor: Cursor = None,
) -> RunPage:
    """A page of runs, filtered and sorted on the server.

    `filter` is a filter of docs/guides/queries.md, or one of W&B's as JSON. `sort` has one key or several
    (`-summary.loss,+name`). With `columns` (`config.lr,summary.loss`), config and summary hold these alone, flat.
    """
    wanted = RunQuery(filter, q, state, job_type, group, archived, sort, limit, cursor, columns)
    return RunPage.model_validate(runs_of(here.stores, entity, project, wanted), from_attributes=True)


def read_groups(
    here: Asked,
    entity: str,
    project: str,
    by: Text,
    aggregates: Text = "",
    order: Text = "-count",
    filter: FilterText = None,  # noqa: A002
    q: Text = "",
    archived: Archived = "no",
    start: Place = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
) -> GroupPage:
    """Runs in groups: `by=job_type,config.lr&aggregates=mean:summary.loss,max:summary.acc&order=-mean:summary.loss`.

    Aggregates are mean, std, min, max, sum and count. The runs of a group are the list with the group's `filter`.
    """
    chosen = Selection(filter, q, archived=archived)
    page = group_runs(
        here.stores, entity, project, chosen, by=by, aggregates=aggregates, order=order, start=start, limit=limit
    )
    return GroupPage.model_validate(page, from_attributes=True)


def read_columns(
    here: Asked,
    entity: str,
    project: str,
    filter: FilterText = None,  # noqa: A002
    q: Text = "",
    archived: Archived = "no",
    differing: bool = False,
) -> Sequence[ColumnOut]:
    """The columns these runs have; with `differing`, those in which they differ."""
    found = list_columns(here.stores, entity, project, Selection(filter, q, archived=archived), differing=differing)
    return [ColumnOut.model_validate(one) for one in found]


def read_deleted_runs(here: Asked, entity: str, project: str) -> Sequence[RunOut]:
    """Deleted runs that can still be restored, the last first; at most 1,000."""
    return [RunOut.model_validate(run) for run in list_deleted(here.stores, entity, project)]


def change_runs(here: Asked, entity: str, project: str, body: RunsIn) -> RunsChanged:
    """Edit, archive, restore, delete or stop many runs, or say what that would do."""
    choice = _choice(body)
    place, dry = (here.stores, entity, project), body.dry_run
    match body.action:
        case "edit":
            return RunsChanged(runs=edit_runs(*place, choice, _edit(body.edit or RunPatch()), dry_run=dry))
        case "archive":
            return RunsChanged(runs=archive_runs(*place, choice, dry_run=dry))
        case "restore":
            return RunsChanged(runs=restore_runs(*place, choice, dry_run=dry))
        case "stop":
            return RunsChanged(runs=stop_runs(*place, choice, dry_run=dry))
        case "delete":
            gone = delete_runs(*place, choice, artifacts=body.artifacts, actor=here.actor, dry_run=dry)
            return RunsChanged(runs=gone.runs, versions=gone.versions, freed=gone.freed)


def _choice(body: RunsIn) -> Choice:
    if (body.runs is None) == (body.filter is None):
        raise ValueInvalid("Give either `runs` or `filter`.", advice="An empty filter means all runs.")
    return Selection(body.filter) if body.runs is None else body.runs


def _edit(body: RunPatch) -> RunEdit:
    given = {name: getattr(body, name) for name in body.model_fields_set}
    for name in ("name", "tags"):
        if name in given and given[name] is None:
            raise ValueInvalid(f"The {name} of a run cannot be null.", advice="Leave it out to keep it.")
    return RunEdit(**given)


def upsert_run(here: Asked, entity: str, project: str, run: str, body: RunUpsert) -> RunOut | Response:
    """Create a run (201), or change it; its project is made with its first run."""
    fields = {name: getattr(body, name) for name in RunUpsert.model_fields}
    found, created = upsert(here.stores, entity, project, run, RunChange(**fields), user=here.caller.name)
    answer = RunOut.model_validate(found)
    return Response(answer.model_dump_json(), 201, media_type="application/json") if created else answer


def read_run(here: Asked, entity: str, project: str, run: str) -> RunOut:
    """One run; `latest` is the newest of the project."""
    return RunOut.model_validate(run_of(here.stores, entity, project, run))


def patch_run(here: Asked, entity: str, project: str, run: str, body: RunPatch) -> RunOut:
    """Edit name, notes, tags, group and job type."""
    return RunOut.model_validate(edit_run(here.stores, entity, project, run, _edit(body)))


def delete_run(here: Asked, entity: str, project: str, run: str, artifacts: bool = False) -> Deleted:
    """Delete a run with its numbers, console and files; it can be restored for a week.

    The versions it made stay; with `artifacts`, those without aliases of their own go too.
    """
    gone = delete_runs(here.stores, entity, project, [run], artifacts=artifacts, actor=here.actor)
    return Deleted(deleted=gone.runs, freed=gone.freed)


def archive(here: Asked, entity: str, project: str, run: str) -> RunOut:
    """Put a run out of the way; lists leave it out, nothing is lost."""
    archive_runs(here.stores, entity, project, [run])
    return read_run(here, entity, project, run)


def restore(here: Asked, entity: str, project: str, run: str) -> RunOut:
    """Bring a run back from the archive, or from the trash."""
    restore_runs(here.stores, entity, project, [run])
    return read_run(here, entity, project, run)


def stop(here: Asked, entity: str, project: str, run: str) -> RunOut:
    """Ask a run to stop: the answer to its next heartbeat says so. 409 if it is over."""
    stop_run(here.stores, entity, project, run)
    return read_run(here, entity, project, run)


def beat(here: Asked, entity: str, project: str, run: str) -> Beat:
    """A sign of life; a run that gives none for five minutes counts as crashed."""
    return Beat(stop=heartbeat(here.stores, entity, project, run))


def send_alert(here: Asked, entity: str, project: str, run: str, body: AlertIn) -> AlertOut | Response:
    """Say something aloud about a run: 201, or 200 with the earlier alert that this one repeats."""
    fields = {name: getattr(body, name) for name in AlertIn.model_fields}
    found, new = alert_run(here.stores, entity, project, run, **fields)
    answer = AlertOut.model_validate(found)
    return Response(answer.model_dump_json(), 201, media_type="application/json") if new else answer


def read_alerts(here: Asked, entity: str, project: str, before: Place | None = None, limit: Count = 100) -> AlertPage:
    """What runs of the project said aloud."""
    page = list_alerts(here.stores, entity, project, before=before, limit=limit)
    return AlertPage.model_validate(page, from_attributes=True)


def read_run_alerts(
    here: Asked, entity: str, project: str, run: str, before: Place | None = None, limit: Count = 100
) -> AlertPage:
    """What one run said aloud."""
    page = list_alerts(here.stores, entity, project, run, before=before, limit=limit)
    return AlertPage.model_validate(page, from_attributes=True)


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
    Door("PATCH", RUN, patch_run, "write", "runs"),
    Door("DELETE", RUN, delete_run, "write", "runs"),
    Door("POST", f"{RUN}/archive", archive, "write", "runs"),
    Door("POST", f"{RUN}/restore", restore, "write", "runs"),
    Door("POST", f"{RUN}/stop", stop, "write", "runs"),
    Door("POST", f"{PROJECT}/run-changes", change_runs, "write", "runs"),
    Door("GET", f"{PROJECT}/run-groups", read_groups, "read", "runs"),
    Door("GET", f"{PROJECT}/run-columns", read_columns, "read", "runs"),
    Door("GET", f"{PROJECT}/run-trash", read_deleted_runs, "read", "runs"),
    Door("GET", f"{PROJECT}/alerts", read_alerts, "read", "runs"),
    Door("GET", f"{RUN}/alerts", read_run_alerts, "read", "runs"),
    Door("POST", f"{RUN}/alerts", send_alert, "write", "runs"),
    Door("POST", f"{RUN}/heartbeat", beat, "write", "runs"),
    Door("POST", f"{RUN}/console", log_console, "write", "runs"),
    Door("GET", f"{RUN}/console", read_console, "read", "runs"),
    Door("POST", f"{RUN}/inputs", use_artifact, "write", "runs"),
    Door("GET", f"{RUN}/artifacts", read_run_artifacts, "read", "runs"),
)
