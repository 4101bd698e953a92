"""What a run does with artifacts: log one, use one, and the short forms for code and models."""

from __future__ import annotations

import inspect
import os
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from museion.errors import ArtifactNotFound, ArtifactUnlogged, NotFound, TypeMismatch, UsageError, ValueInvalid
from museion.model.names import ArtifactRef, check_name
from museion.sdk import local, registry
from museion.sdk.artifact import Artifact
from museion.sdk.folders import absolute, folder
from museion.sdk.offline import OfflineCatalog, OfflineSource
from museion.sdk.source import Json, ServerSource, Source, version_path
from museion.sdk.transport import Transport, project_path, run_path

_CODE = (".py", ".ipynb")
_NOT_CODE = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", ".museion", "artifacts", "site-packages"}
_MANY_ALIASES = 50


def log_artifact(
    run: Any,
    artifact_or_path: Artifact | str | os.PathLike[str],
    name: str | None = None,
    type: str | None = None,  # noqa: A002 - W&B's word
    aliases: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> Artifact:
    """Give `run` an output: an artifact, or a file or folder to make one of. Returns at once; `wait()` waits.

    Content that the collection has already does not make a version: the aliases move to the one it has.
    Raises NameInvalid, ArtifactFrozen if it was logged before with other content, FileMissing.
    """
    artifact = _as_artifact(run, artifact_or_path, name, type)
    _check_list(aliases, "aliases")
    _check_list(tags, "tags")
    offline = run.mode in ("offline", "disabled")
    if artifact.incremental and artifact.is_draft() and artifact._receipt is None and offline:
        _build_on_newest(run, artifact)
    body = {**artifact._body(list(aliases or ()), list(tags or ())), "run": run.id, **_step_of(run)}
    if offline:
        return _log_offline(run, artifact, body)
    uid = secrets.token_hex(8)
    run._record("artifact", {**body, "uid": uid, **artifact._hand_over()})
    artifact._freeze(_receipt(run, uid))
    return artifact


def upsert_artifact(run: Any, artifact: Artifact, distributed_id: str | None = None, **named: Any) -> Artifact:
    """Add to a version that several runs make together, under an id they share (by default the run's group).

    No version is made until one of them calls `finish_artifact`. Raises UsageError without an id, or offline.
    """
    return _share(run, artifact, distributed_id, finish=False, **named)


def finish_artifact(run: Any, artifact: Artifact, distributed_id: str | None = None, **named: Any) -> Artifact:
    """Add to it for the last time, and commit what all have added as one version."""
    return _share(run, artifact, distributed_id, finish=True, **named)


def use_artifact(
    run: Any,
    artifact_or_name: Artifact | str,
    type: str | None = None,  # noqa: A002 - W&B's word
    aliases: Sequence[str] | None = None,
    use_as: str | None = None,
) -> Artifact:
    """Say that `run` uses a version, and give it: `name:alias`, `entity/project/name:v3`, or an artifact.

    An artifact that is not logged yet is logged first. Raises ArtifactNotFound listing the aliases there are,
    TypeMismatch, NameInvalid.
    """
    if isinstance(artifact_or_name, Artifact):
        ref = _reference_to(run, artifact_or_name, aliases)
    else:
        ref = ArtifactRef.parse(artifact_or_name)
    use = _use_offline if run.mode in ("offline", "disabled") else _use_online
    found = use(run, ref, type)
    found.use_as = use_as
    return found


def find_artifact(transport: Transport, entity: str, project: str, ref: ArtifactRef) -> Artifact:
    """The version `ref` names, from the server; ArtifactNotFound lists the aliases there are."""
    home = {"entity": ref.entity or entity, "project": ref.project or project, "name": ref.name}
    try:
        papers = transport.request("GET", version_path(home, ref.pointer)).json()
    except NotFound as error:
        raise _not_found(transport, home, ref, error) from None
    return Artifact._of(ServerSource(transport, papers), papers)


def log_code(
    run: Any,
    root: str | os.PathLike[str] | None = ".",
    name: str | None = None,
    include_fn: Callable[..., bool] | None = None,
    exclude_fn: Callable[..., bool] | None = None,
) -> Artifact | None:
    """Keep the source files below `root` (Python and notebooks, unless `include_fn` says otherwise) as an artifact.

    The functions are called with a path, or with a path and the root. Gives None if there is nothing to keep.
    """
    base = folder(root or ".")
    chosen = [
        (path, file)
        for path, file in _source_files(base)
        if _asks(include_fn, file, base, default=file.suffix in _CODE) and not _asks(exclude_fn, file, base)
    ]
    if not chosen:
        return None
    artifact = Artifact(_plain_name(name or f"source-{run.project}-{base.name}"), "code")
    for path, file in chosen:
        artifact.add_file(file, path)
    return log_artifact(run, artifact)


def log_model(
    run: Any, path: str | os.PathLike[str], name: str | None = None, aliases: Sequence[str] | None = None
) -> Artifact:
    """Log a file or folder as an artifact of the type `model`."""
    return log_artifact(run, path, name, "model", aliases)


def use_model(run: Any, name: str) -> str:
    """Use a model and give the path of its file, or of its folder if it has several."""
    artifact = use_artifact(run, name)
    if "model" not in artifact.type:
        raise TypeMismatch(f"{artifact.name} has the type {artifact.type!r}.", advice="Use use_artifact for it.")
    return artifact.file() if len(artifact) == 1 else artifact.download()


def link_model(
    run: Any,
    path: str | os.PathLike[str],
    registered_model_name: str,
    name: str | None = None,
    aliases: Sequence[str] | None = None,
) -> Artifact:
    """Log a model and link it into a registry: `name` in the project `model-registry`, or `project/name`.

    Gives the model as the registry shows it; offline, as it was logged: it is linked when the run is synced.
    """
    target = registry.model_target(registered_model_name)
    model = log_model(run, path, name)
    return registry.link_artifact(run, model, target, aliases) or model


# ---- logging --------------------------------------------------------------------------------------------------------


def _as_artifact(run: Any, given: Artifact | str | os.PathLike[str], name: str | None, kind: str | None) -> Artifact:
    if isinstance(given, Artifact):
        return given
    path = absolute(given)
    artifact = Artifact(name or _plain_name(f"run-{run.id}-{path.name}"), kind or "unspecified")
    if path.is_dir():
        artifact.add_dir(path)
    else:
        artifact.add_file(path)
    return artifact


def _share(
    run: Any,
    artifact: Artifact,
    distributed_id: str | None,
    *,
    finish: bool,
    aliases: Sequence[str] | None = None,
    tags: Sequence[str] | None = None,
) -> Artifact:
    shared = distributed_id or getattr(run, "group", None)
    if not shared:
        raise UsageError("No distributed id was given.", advice="Give distributed_id, or the runs a common group.")
    if run.mode == "offline":
        raise UsageError("A version cannot be made together offline.", advice="Log an artifact of this run's own.")
    uid = secrets.token_hex(8)
    body = {**artifact._body(list(aliases or ()), list(tags or ())), "run": run.id, "client_id": uid}
    if run.mode == "disabled":
        return _log_offline(run, artifact, body)
    draft = {"id": check_name(shared, "distributed id"), "finish": finish}
    run._record("artifact", {**body, "uid": uid, "draft": draft, **artifact._hand_over()})
    artifact._freeze(_receipt(run, uid) if finish else _added(run, uid, str(shared)))
    return artifact


def _added(run: Any, uid: str, shared: str) -> Callable[[float | None], Source]:
    """Waits until it has arrived; there is no version to read then, which is what it says."""

    def arrived(timeout: float | None) -> Source:
        run._receipt(uid, timeout)
        raise ArtifactUnlogged(f"It was added to {shared!r}.", advice="finish_artifact makes the version.")

    return arrived


def _step_of(run: Any) -> Json:
    """The step the run is at."""
    step = getattr(run, "_step", None)
    return {"step": step} if isinstance(step, int) else {}


def _log_offline(run: Any, artifact: Artifact, body: Json) -> Artifact:
    catalog = _catalog(run)
    papers = catalog.commit(run.entity, run.project, body)
    source = OfflineSource(catalog, papers)
    if run.mode == "offline":
        run._record("artifact", {**body, "uid": secrets.token_hex(8), **artifact._hand_over()})
    elif artifact._draft is not None:
        artifact._draft.hold.keep_until_exit()
    artifact._freeze(lambda timeout: source)
    return artifact.wait()


def _receipt(run: Any, uid: str) -> Callable[[float | None], Source]:
    def arrived(timeout: float | None) -> Source:
        answer = run._receipt(uid, timeout)
        return ServerSource(run._transport(), answer.get("artifact", answer))

    return arrived


def _build_on_newest(run: Any, artifact: Artifact) -> None:
    """Offline; a server puts the files upon its newest version by itself, whatever that is when it commits."""
    catalog = _catalog(run)
    try:
        base = catalog.manifest(catalog.find(run.entity, run.project, ArtifactRef(artifact.collection_name))["digest"])
    except NotFound:
        return
    artifact._start_from(base)


# ---- using ----------------------------------------------------------------------------------------------------------


def _reference_to(run: Any, artifact: Artifact, aliases: Sequence[str] | None) -> ArtifactRef:
    if artifact.is_draft() and artifact._receipt is None:
        log_artifact(run, artifact, aliases=aliases)
    artifact.wait()
    return ArtifactRef(artifact.collection_name, artifact.version, artifact.project, artifact.entity)


def _use_offline(run: Any, ref: ArtifactRef, kind: str | None) -> Artifact:
    catalog = _catalog(run)
    papers = catalog.find(run.entity, run.project, ref)
    if kind is not None and papers["type"] != kind:
        raise TypeMismatch(f"{ref} has the type {papers['type']!r}, not {kind!r}.")
    if run.mode == "offline":
        used = {"artifact": str(ref), "type": kind, "digest": papers["digest"], **_step_of(run)}
        used["uid"] = secrets.token_hex(8)
        run._record("input", used)
    return Artifact._of(OfflineSource(catalog, papers), papers)


def _use_online(run: Any, ref: ArtifactRef, kind: str | None) -> Artifact:
    transport: Transport = run._transport()
    here = run_path(run.entity, run.project, run.id)
    transport.request("PUT", here, json={})
    try:
        asked = {"artifact": str(ref), "type": kind, **_step_of(run)}
        papers = transport.request("POST", f"{here}/inputs", json=asked).json()
    except NotFound as error:
        home = {"entity": ref.entity or run.entity, "project": ref.project or run.project, "name": ref.name}
        raise _not_found(transport, home, ref, error) from None
    return Artifact._of(ServerSource(transport, papers), papers)


def _not_found(transport: Transport, home: Json, ref: ArtifactRef, error: NotFound) -> ArtifactNotFound:
    """The same error, with what there is in its advice."""
    collection = project_path(home["entity"], home["project"], "artifacts", home["name"])
    try:
        versions = transport.request("GET", collection).json()["versions"]
    except NotFound:
        missing = f"There is no artifact {ref.name!r} in {home['entity']}/{home['project']}."
        return ArtifactNotFound(missing, advice="Check its name, and the project's.")
    known = [name for papers in versions for name in (papers["version"], *papers["aliases"])]
    listed = ", ".join(known[:_MANY_ALIASES]) + (", …" if len(known) > _MANY_ALIASES else "")
    return ArtifactNotFound(error.message, advice=f"It has {listed or 'no versions'}.")


# ---- small things ---------------------------------------------------------------------------------------------------


def _catalog(run: Any) -> OfflineCatalog:
    return OfflineCatalog(_passing_root() if run.mode == "disabled" else local.offline_root())


@cache
def _passing_root() -> Path:
    """Where a disabled run's artifacts are known: until this process ends."""
    keeper = tempfile.TemporaryDirectory(prefix="museion-disabled-")
    sys.modules[__name__].__dict__["_disabled"] = keeper
    return Path(keeper.name)


def _plain_name(text: str) -> str:
    """`text` as an artifact may be called: everything else becomes `-`."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in text)[:128]


def _check_list(given: object, what: str) -> None:
    if isinstance(given, str) or (given is not None and not isinstance(given, Iterable)):
        raise ValueInvalid(f"The {what} are {given!r}.", advice='Give a list: ["best"].')


def _source_files(base: Path) -> Iterable[tuple[str, Path]]:
    for entry in sorted(base.iterdir()):
        if entry.name in _NOT_CODE or entry.is_symlink():
            continue
        if entry.is_dir():
            yield from ((f"{entry.name}/{path}", file) for path, file in _source_files(entry))
        elif entry.is_file():
            yield entry.name, entry


def _asks(choose: Callable[..., bool] | None, file: Path, root: Path, default: bool = False) -> bool:
    if choose is None:
        return default
    wants = len(inspect.signature(choose).parameters)
    return bool(choose(str(file)) if wants < 2 else choose(str(file), str(root)))
