"""Create a run, or change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from museion.actions.stores import Stores
from museion.catalog.catalog import Rows
from museion.catalog.runs import StoredRun
from museion.catalog.sql import plain
from museion.errors import NameInvalid, RunDeleted, RunExists, RunNotFound, ValueInvalid
from museion.model.names import check_name, check_tag, check_title
from museion.model.run import Run, RunState, poetic_name_of

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunChange:
    """What to set; None leaves it alone. The fields are those of `RunUpsert` in the API.

    `config`, `summary` and `metadata` are merged at their top level, `metrics` and `tags` replaced.
    """

    name: str | None = None
    job_type: str | None = None
    group: str | None = None
    tags: Sequence[str] | None = None
    notes: str | None = None
    config: JsonObject | None = None
    summary: JsonObject | None = None
    metadata: JsonObject | None = None
    metrics: Sequence[JsonObject] | None = None
    state: RunState | None = None
    exit_code: int | None = None
    created_at: float | None = None
    finished_at: float | None = None
    resume: Literal["allow", "must", "never"] | None = None
    remove_config: Sequence[str] = ()
    remove_summary: Sequence[str] = ()


def upsert_run(
    stores: Stores, entity: str, project: str, run: str, change: RunChange, *, user: str | None = None
) -> tuple[Run, bool]:
    """The run as it is now, and whether it was made by this call; its project is made too if need be.

    Sending the same change again is no news. With resume="never" a run that is there raises RunExists, unless its
    `created_at` is the one sent: then this is the retry of the request that made it. With "must", a run that is not
    there raises RunNotFound.
    """
    _check_place(entity, project, run)
    _check_change(change)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        if change.resume == "must" and _find(rows, entity, project, run) is None:
            raise RunNotFound(f"There is no run {run!r} in {entity}/{project} to resume.")
        home = rows.projects.ensure(entity, project, now)
        stored = rows.runs.find(home, run)
        if stored is None and rows.runs.in_trash(home, run) is not None:
            raise RunDeleted(f"The run {run!r} of {entity}/{project} was deleted.")
        if stored is None:
            wanted = _changed(_new_run(rows, home, entity, project, run, change, user, now), change, now)
            rows.runs.add(home, wanted)
        else:
            _check_not_there(stored.run, change)
            wanted = _changed(stored.run, change, now)
            rows.runs.change(stored.key, wanted)
        rows.changes.record(home, "run", run, now)
    return wanted, stored is None


def _find(rows: Rows, entity: str, project: str, run: str) -> StoredRun | None:
    home = rows.projects.key(entity, project)
    return None if home is None else rows.runs.find(home, run)


def _check_place(entity: str, project: str, run: str) -> None:
    check_name(entity, "entity")
    check_name(project, "project")
    if check_name(run, "run id") == "latest":
        raise NameInvalid("A run cannot have the id 'latest'.", advice="It stands for the newest run.")


def _check_change(change: RunChange) -> None:
    for value, what in ((change.job_type, "job type"), (change.group, "group"), (change.name, "run name")):
        if value is not None:
            check_title(value, what)
    for tag in change.tags or ():
        check_tag(tag)
    plain(change.notes, "notes")
    if change.exit_code is not None and abs(change.exit_code) >= 1 << 63:
        raise ValueInvalid(f"The exit code {change.exit_code} is no exit code.")


def _check_not_there(run: Run, change: RunChange) -> None:
    if change.resume == "never" and change.created_at != run.created_at:
        raise RunExists(f"The run {run.id!r} is already in {run.entity}/{run.project}.")


def _new_run(
    rows: Rows, home: int, entity: str, project: str, run: str, change: RunChange, user: str | None, now: float
) -> Run:
    number = rows.projects.next_run_number(home)
    return Run(
        entity=entity,
        project=project,
        id=run,
        name=f"{_poetic(run, change)}-{number}",
        number=number,
        state=RunState.RUNNING,
        created_at=now if change.created_at is None else change.created_at,
        updated_at=now,
        heartbeat_at=now,
        user=user,
    )


def _poetic(run: str, change: RunChange) -> str:
    """What the client picked, or else a name that follows from the id, so that a retry gives the same one."""
    pick = (change.metadata or {}).get("poetic")
    try:
        return check_name(pick, "run name")
    except NameInvalid:
        return poetic_name_of(run)


def _changed(run: Run, change: RunChange, now: float) -> Run:
    given = {name: getattr(change, name) for name in ("name", "job_type", "group", "notes", "exit_code")}
    given = {name: value for name, value in given.items() if value is not None}
    changed = replace(
        run,
        **given,
        tags=run.tags if change.tags is None else tuple(dict.fromkeys(change.tags)),
        config=_merged(run.config, change.config, change.remove_config),
        summary=_merged(run.summary, change.summary, change.remove_summary),
        metadata=_merged(run.metadata, change.metadata, ()),
        metrics=run.metrics if change.metrics is None else tuple(change.metrics),
        updated_at=now,
        heartbeat_at=now,
    )
    return _with_state(changed, change, now)


def _with_state(run: Run, change: RunChange, now: float) -> Run:
    if change.state is None:
        return run if change.finished_at is None else replace(run, finished_at=change.finished_at)
    if not change.state.over:
        stop_at = None if run.state.over else run.stop_at
        return replace(run, state=change.state, finished_at=None, exit_code=change.exit_code, stop_at=stop_at)
    since = run.finished_at if run.state == change.state else None
    return replace(run, state=change.state, finished_at=change.finished_at or since or now)


def _merged(known: JsonObject, given: JsonObject | None, remove: Sequence[str]) -> JsonObject:
    if given is None and not remove:
        return known
    return {key: value for key, value in {**known, **(given or {})}.items() if key not in remove}
