"""The functions of the module `museion` that mean the active run, and the few that need none."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import IO, TYPE_CHECKING, Any

from museion.errors import MuseionError, ServerUnreachable, UsageError
from museion.model.summary import MetricRule
from museion.sdk import session
from museion.sdk.notice import notice
from museion.sdk.settings import Settings as _Settings
from museion.sdk.settings import changed, from_environment, keep_credential

if TYPE_CHECKING:
    from museion.sdk.artifact import Artifact
    from museion.sdk.run import Run

Error = MuseionError
CommError = ServerUnreachable
__all__ = ["CommError", "Error", "Settings", "UsageError"]
patched: dict[str, list[Any]] = {"tensorboard": [], "keras": [], "gym": []}
"""Nothing is ever patched; W&B's scripts look here."""


class AlertLevel(Enum):
    """How urgent an alert is."""

    INFO = "INFO"
    WARN = "WARN"
    ERROR = "ERROR"


def Settings(**said: Any) -> _Settings:  # noqa: N802 - W&B's word, and used as a class
    """Settings for `init`: the environment's, with what is said here. Names that only W&B has are passed over."""
    return changed(from_environment(), said)


def unknown(name: str) -> AttributeError:
    """What to raise for a name the module does not have."""
    from museion.sdk.elsewhere import instead

    if advice := instead(name):
        return AttributeError(f"Museion has no {name!r}, as W&B has under this name. {advice}")
    return AttributeError(f"module 'museion' has no attribute {name!r}")


def current_run() -> Run | None:
    """`museion.run`: the active run, or None."""
    return session.active()


def current_config() -> Any:
    """`museion.config`: the active run's."""
    return _of_run("config")


def current_summary() -> Any:
    """`museion.summary`: the active run's."""
    return _of_run("summary")


def _of_run(name: str) -> Any:
    run = session.active()
    return _BeforeInit(name) if run is None else getattr(run, name)


class _BeforeInit:
    """Stands for `museion.config` and `museion.summary` while there is no run: any use says so."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "_name", name)

    def _refuse(self, *arguments: Any) -> Any:
        session.required(object.__getattribute__(self, "_name"))

    __getitem__ = __setitem__ = __delitem__ = __contains__ = __iter__ = __len__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._refuse()

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse()


def log(data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None) -> None:
    """`run.log` of the active run."""
    session.required("log()").log(data, step, commit)


def save(glob_str: Any = None, base_path: Any = None, policy: str = "live", glob: bool = True) -> list[str]:
    """`run.save` of the active run."""
    found: list[str] = session.required("save()").save(glob_str, base_path, policy, glob)
    return found


def log_artifact(*arguments: Any, **named: Any) -> Artifact:
    """`run.log_artifact` of the active run."""
    found: Artifact = session.required("log_artifact()").log_artifact(*arguments, **named)
    return found


def use_artifact(*arguments: Any, **named: Any) -> Artifact:
    """`run.use_artifact` of the active run."""
    found: Artifact = session.required("use_artifact()").use_artifact(*arguments, **named)
    return found


def log_code(*arguments: Any, **named: Any) -> Artifact | None:
    """`run.log_code` of the active run."""
    found: Artifact | None = session.required("log_code()").log_code(*arguments, **named)
    return found


def log_model(path: Any, name: str | None = None, aliases: Sequence[str] | None = None) -> Artifact:
    """`run.log_model` of the active run."""
    found: Artifact = session.required("log_model()").log_model(path, name, aliases)
    return found


def use_model(name: str) -> str:
    """`run.use_model` of the active run."""
    found: str = session.required("use_model()").use_model(name)
    return found


def link_artifact(*arguments: Any, **named: Any) -> Artifact | None:
    """`run.link_artifact` of the active run."""
    found: Artifact | None = session.required("link_artifact()").link_artifact(*arguments, **named)
    return found


def link_model(*arguments: Any, **named: Any) -> Artifact:
    """`run.link_model` of the active run."""
    found: Artifact = session.required("link_model()").link_model(*arguments, **named)
    return found


def define_metric(name: str, *arguments: Any, **named: Any) -> MetricRule:
    """`run.define_metric` of the active run."""
    found: MetricRule = session.required("define_metric()").define_metric(name, *arguments, **named)
    return found


def watch(*arguments: Any, **named: Any) -> None:
    """`run.watch` of the active run."""
    session.required("watch()").watch(*arguments, **named)


def unwatch(models: Any = None) -> None:
    """`run.unwatch` of the active run."""
    session.required("unwatch()").unwatch(models)


def alert(*arguments: Any, **named: Any) -> None:
    """`run.alert` of the active run."""
    session.required("alert()").alert(*arguments, **named)


def mark_preempting() -> None:
    """`run.mark_preempting` of the active run."""
    session.required("mark_preempting()").mark_preempting()


def finish(exit_code: int | None = None, quiet: bool | None = None) -> None:
    """Finish the active run; nothing happens if there is none."""
    if (run := session.active()) is not None:
        run.finish(exit_code, quiet)


def login(
    anonymous: Any = None,
    key: str | None = None,
    relogin: bool | None = None,
    host: str | None = None,
    force: bool | None = None,
    timeout: int | None = None,
    verify: bool = False,
    referrer: str | None = None,
    prompt: bool = True,
) -> bool:
    """Remember the API key of a server; True if there is one. Nothing is needed for the server of this machine.

    `verify` asks the server whether it knows the key, and raises Unauthenticated if it does not.
    """
    found = from_environment()
    url = (host or found.base_url or "").rstrip("/")
    if not url:
        return True
    key = key or (found.api_key if url == found.base_url else None)
    if key is None:
        return False
    if verify:
        from museion.sdk.transport import HttpTransport

        HttpTransport(url, key).request("GET", "/api/v1/viewer", timeout=float(timeout or 30))
    keep_credential(found.home, url, key)
    return True


def setup(settings: Any = None) -> None:
    """Nothing has to be set up; W&B's scripts call it."""


def require(requirement: Any = None, experiment: Any = None) -> None:
    """Nothing has to be required; W&B's scripts call it."""


def ensure_configured() -> None:
    """Nothing has to be configured; W&B's scripts call it."""


def termsetup(settings: Any = None, logger: Any = None) -> None:
    """Nothing has to be set up; W&B's scripts call it."""


def join(exit_code: int | None = None) -> None:
    """W&B's old word for `finish`."""
    finish(exit_code)


def attach(attach_id: str | None = None, run_id: str | None = None, *, run: Run | None = None) -> Run:
    """An active run of this process by its id. In another process, call `init(id=...)`: both write the same run."""
    wanted = run.id if run is not None else run_id or attach_id
    for known in session.every():
        if known.id == wanted:
            return known
    raise UsageError(f"No run {wanted!r} is active in this process.", advice="Call init(id=...): it joins the run.")


def restore(name: str, run_path: str | None = None, replace: bool = False, root: str | None = None) -> IO[str] | None:
    """`run.restore` of the active run; with `run_path` (entity/project/id) no run has to be active."""
    from museion.sdk.saving import restore as fetch

    run = session.active()
    if run is None and run_path is None:
        session.required("restore()")
    return fetch(run, name, run_path, replace, root)


def pin_config_keys(keys: Sequence[str] = ()) -> None:
    """`run.pin_config_keys` of the active run."""
    session.required("pin_config_keys()").pin_config_keys(keys)


def teardown(exit_code: int | None = None) -> None:
    """Finish every active run."""
    for run in session.every():
        run.finish(exit_code)


def _terminal(prefix: str) -> Callable[..., None]:
    def say(text: str = "", *arguments: Any, **named: Any) -> None:
        notice(f"{prefix}{text}", quiet=os.environ.get("MUSEION_SILENT", "").lower() in ("1", "true"))

    return say


termlog = _terminal("")
termwarn = _terminal("warning: ")
termerror = _terminal("error: ")
