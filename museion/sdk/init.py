"""`museion.init`: begin a run. A local act: a folder, a journal, an uploader of its own; no network is waited for."""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from museion.errors import MuseionError, NotFound, RunExists, RunNotFound, UsageError, ValueInvalid
from museion.model.names import check_name, check_title, new_run_id
from museion.model.run import poetic_name_of
from museion.sdk import hooks, session
from museion.sdk.config import as_mapping
from museion.sdk.environment import here
from museion.sdk.facts import RunIdentity, check_tags
from museion.sdk.journal import Kind, records
from museion.sdk.moments import Moment, moment
from museion.sdk.mounts import rows_to_hold
from museion.sdk.notice import notice
from museion.sdk.run import Run
from museion.sdk.rundir import RunDir, Writer, read_json
from museion.sdk.settings import DEFAULT_PROJECT, Settings, changed, from_environment, key_of, local_entity
from museion.sdk.transport import run_path

Json = dict[str, Any]
_RESUME = {True: "auto", False: None, None: None}
_REINITS = (None, True, False, "default", "return_previous", "finish_previous", "create_new")
_RESUMES = ("allow", "must", "never", "auto")


def init(
    project: str | None = None,
    entity: str | None = None,
    name: str | None = None,
    id: str | None = None,  # noqa: A002 - W&B's word
    job_type: str | None = None,
    group: str | None = None,
    tags: Sequence[str] | None = None,
    notes: str | None = None,
    config: Any = None,
    mode: str | None = None,
    dir: str | os.PathLike[str] | None = None,  # noqa: A002 - W&B's word
    resume: bool | str | None = None,
    settings: Any = None,
    reinit: bool | str | None = None,
    config_exclude_keys: Sequence[str] | None = None,
    config_include_keys: Sequence[str] | None = None,
    allow_val_change: bool | None = None,
    save_code: bool | None = None,
    force: bool | None = None,
    anonymous: Any = None,
    sync_tensorboard: bool | None = None,
    monitor_gym: bool | None = None,
    fork_from: str | None = None,
    resume_from: str | None = None,
    tensorboard: bool | None = None,
) -> Run:
    """Begin a run and make it `museion.run`.

    `mode` is `online`, `offline` (nothing but this machine's disk; `museion sync` sends it) or `disabled` (nothing at
    all). `resume` asks the server first: `must` raises RunNotFound, `never` RunExists; `allow` and `auto` go on at the
    step after the last one. `fork_from="id?_step=N"` begins a new run that shows the other's history up to N and goes
    on from there; `resume_from="id?_step=N"` takes a run back to N: what came after stays readable as a layer.

    `config` is a mapping, an argparse namespace or a YAML file. While a run is active, this gives that run again (in a
    notebook it is finished first), as W&B does; `reinit` says it: `return_previous`, `finish_previous`, `create_new`.

    `allow_val_change`, `force`, `anonymous` and `monitor_gym` are taken for W&B's sake and change nothing. Raises
    NameInvalid, ValueInvalid.
    """
    _no_tensorboard(sync_tensorboard or tensorboard)
    found = _settings(settings, project=project, entity=entity, mode=mode, dir=dir, save_code=save_code)
    if (previous := _previous(reinit, found)) is not None:
        return previous
    chosen = _chosen(as_mapping(config), config_include_keys, config_exclude_keys)
    resume = found.resume if resume is None and not (fork_from or resume_from) else resume
    move = moment(fork_from, resume_from, resume, id)
    if move and move.kind == "rewind":
        id = move.run  # noqa: A001 - the run goes on as itself
    how = _resume(resume)
    identity = _identity(found, name, id or found.run_id or _auto_id(found, how), job_type, group)
    notes = found.run_notes if notes is None else notes
    run = _begin(identity, found, check_tags(found.run_tags if tags is None else tags), notes, chosen, how, move)
    session.activate(run, default=reinit != "create_new")
    if found.save_code and not run.disabled:
        run.log_code()
    return run


def _no_tensorboard(asked: bool | None) -> None:
    if asked:
        from museion.sdk.elsewhere import instead

        raise UsageError("init() does not copy what is written for TensorBoard.", advice=instead("tensorboard"))


def _settings(given: Any, **said: Any) -> Settings:
    if given is not None and not isinstance(given, (Settings, Mapping)) and not hasattr(given, "__dict__"):
        raise ValueInvalid(f"settings is a {type(given).__name__}.", advice="Give museion.Settings(...) or a dict.")
    base = from_environment()
    if isinstance(given, Settings):
        base = given
    elif given is not None:
        base = changed(base, as_mapping(given))
    result = changed(base, said)
    return replace(result, api_key=result.api_key or key_of(result.home, result.base_url))


def _previous(reinit: bool | str | None, settings: Settings) -> Run | None:
    """The run that is active, if it is to be returned; else it is finished, unless both are wanted."""
    active = session.active()
    if reinit not in _REINITS:
        raise ValueInvalid(f"reinit is {reinit!r}.", advice=f"Use one of {', '.join(map(repr, _REINITS[3:]))}.")
    if active is None or reinit == "create_new":
        return None
    if reinit in (None, "default"):
        reinit = "finish_previous" if "ipykernel" in sys.modules else "return_previous"
        if reinit == "return_previous":
            notice(f"the run {active.name} is active, init() gives it again.", quiet=settings.silent)
    if reinit is False or reinit == "return_previous":
        return active
    notice(f"the run {active.name} is finished, because init() was called again.", quiet=settings.silent)
    active.finish()
    return None


def _chosen(config: Json, include: Sequence[str] | None, exclude: Sequence[str] | None) -> Json:
    if include and exclude:
        raise UsageError("init() was given config_include_keys and config_exclude_keys.", advice="Give one of them.")
    if include:
        return {key: config[key] for key in config if key in include}
    return {key: config[key] for key in config if key not in (exclude or ())}


def _resume(resume: bool | str | None) -> str | None:
    how = _RESUME[resume] if isinstance(resume, bool) or resume is None else str(resume)
    if how is not None and how not in _RESUMES:
        raise ValueInvalid(f"resume is {resume!r}.", advice=f"Use one of {', '.join(_RESUMES)}.")
    return how


def _identity(
    settings: Settings, name: str | None, run_id: str | None, job_type: str | None, group: str | None
) -> RunIdentity:
    entity = settings.entity or local_entity()
    name, job_type = name or settings.run_name, job_type or settings.run_job_type
    group = group or settings.run_group
    chosen = _check_id(run_id or new_run_id(secrets.choice))
    return RunIdentity(
        entity=check_name(entity, "entity"),
        project=check_name(settings.project or DEFAULT_PROJECT, "project"),
        id=chosen,
        name=None if name is None else check_title(name, "run name"),
        poetic=poetic_name_of(chosen),
        job_type=None if job_type is None else check_title(job_type, "job type"),
        group=None if group is None else check_title(group, "group"),
    )


def _check_id(run_id: str) -> str:
    found = check_name(run_id, "run id")
    if found == "latest":
        raise ValueInvalid("A run cannot have the id 'latest'.", advice="It stands for the newest run.")
    return found


def _begin(
    identity: RunIdentity,
    settings: Settings,
    tags: tuple[str, ...],
    notes: str | None,
    config: Json,
    how: str | None,
    move: Moment | None = None,
) -> Run:
    if settings.mode == "disabled":
        return Run(identity, settings, None, None, tags=tags, notes=notes, config=config)
    path = settings.runs / identity.entity / identity.project / identity.id
    if move is not None:
        move.check(identity, settings)
    step = move.step + 1 if move else _step_to_resume(identity, settings, path, how) if how else None
    resumed = step is not None and (move is None or move.kind == "rewind")
    started = time.time()
    folder = RunDir.create(path, _meta(identity, settings, started))
    held = rows_to_hold(path, settings.journal_rows)
    header = {"role": "main", "run": identity.id, **(move.header() if move else {})}
    writer = Writer(folder, header, started, held=held)
    run = Run(
        identity, settings, folder, writer, tags=tags, notes=notes,
        step=step or 0, started=started, resumed=resumed,
    )  # fmt: skip
    run._record("init", _first_record(identity, tags, notes, started, how, resumed=resumed))
    run.config.update(config)
    _go(run, settings)
    return run


def _meta(identity: RunIdentity, settings: Settings, started: float) -> Json:
    return {
        "entity": identity.entity,
        "project": identity.project,
        "id": identity.id,
        "mode": settings.mode,
        "server": settings.base_url,
        "started": started,
        "system_interval": settings.system_interval,
        "disable_git": settings.disable_git,
        **here(),
    }


def _first_record(
    identity: RunIdentity, tags: tuple[str, ...], notes: str | None, started: float, how: str | None, *, resumed: bool
) -> Json:
    said: Json = {"name": identity.name, "job_type": identity.job_type, "group": identity.group, "notes": notes}
    body = {key: value for key, value in said.items() if value is not None}
    body |= {"tags": list(tags)} if tags else {}
    body |= {"state": "running"}
    if not resumed:
        body |= {"created_at": started, "metadata": {"poetic": identity.poetic}}
    if how in ("must", "never"):
        body["resume"] = how
    return body


def _go(run: Run, settings: Settings) -> None:
    if settings.console != "off":
        run._capture_console()
    hooks.watch()
    assert run._delivery is not None
    if settings.mode == "offline":
        notice(f"the run {run.name} is offline, in {run.folder}", quiet=settings.silent)
        if settings.system_interval > 0:
            run._delivery.start_observer()
        return
    link = _link(run, settings)
    run._delivery.start_uploader()
    notice(f"the run {run.name} is at {link}", quiet=settings.silent)


def _link(run: Run, settings: Settings) -> str | None:
    """The page of the run; for the local server, a link that signs the browser in too."""
    if settings.base_url:
        return run.url
    from museion.model.links import mint
    from museion.sdk.localserver import find_or_start

    server = find_or_start(settings.home)
    token = mint(server.key, secrets.token_urlsafe(12), time.time() + 86400.0)
    return f"{server.url}/-/link/{token}?next=/{run.entity}/{run.project}/runs/{run.id}"


# ---- resuming -------------------------------------------------------------------------------------------------------


def _auto_id(settings: Settings, how: str | None) -> str | None:
    """With resume="auto": the id of the project's newest run on this machine, if it is over and did not end well."""
    if how != "auto":
        return None
    root = settings.runs / (settings.entity or local_entity()) / (settings.project or DEFAULT_PROJECT)
    metas = [(read_json(file) or {}, file.parent) for file in root.glob("*/meta.json")]
    newest = max(metas, key=lambda found: float(found[0].get("started") or 0), default=None)
    folder = RunDir(newest[1]) if newest else None
    return folder.path.name if folder and not folder.running() and not _ended_well(folder) else None


def _ended_well(folder: RunDir) -> bool:
    ends = [body for _, kind, body in _events(folder) if kind == "finish"]
    return bool(ends) and ends[-1].get("exit_code") == 0


def _events(folder: RunDir) -> list[tuple[float, str, Json]]:
    found = [r.value for path in folder.journals() for r in records(path) if r.kind == Kind.EVENT]
    return sorted(((time, kind, body) for kind, time, body in found), key=lambda event: event[0])


def _step_to_resume(identity: RunIdentity, settings: Settings, path: Path, how: str) -> int | None:
    """The step to go on with, None if the run is new; raises RunNotFound or RunExists as `how` asks."""
    local = _local_step(path)
    there = local if settings.mode == "offline" else _server_step(identity, settings, how)
    if there is None and local is None:
        if how == "must":
            raise RunNotFound(f"There is no run {identity.id!r} in {identity.entity}/{identity.project} to resume.")
        return None
    if how == "never":
        raise RunExists(f"The run {identity.id!r} of {identity.entity}/{identity.project} is there.")
    return max(local or 0, there or 0)


def _local_step(path: Path) -> int | None:
    """The step after the last one in this machine's journals of the run; None if there are none."""
    if not path.exists():
        return None
    steps = [
        record.value[0]
        for journal in RunDir(path).journals()
        if not journal.stem.partition("-")[2].startswith("system")
        for record in records(journal)
        if record.kind == Kind.ROW
    ]
    return max(steps) + 1 if steps else 0


def _server_step(identity: RunIdentity, settings: Settings, how: str) -> int | None:
    from museion.sdk.connect import connect

    transport = connect(settings)
    path = run_path(identity.entity, identity.project, identity.id)
    try:
        transport.request("GET", path, timeout=settings.init_timeout)
        keys = transport.request("GET", f"{path}/keys", timeout=settings.init_timeout).json()
    except NotFound:
        return None
    except MuseionError:
        if how in ("must", "never"):
            raise
        return None
    finally:
        transport.close()
    steps = [key["last_step"] for key in keys if not key["key"].startswith("system/")]
    return max(steps) + 1 if steps else 0
