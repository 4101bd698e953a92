"""The run of this process that `museion.run` and the module-level functions mean."""

from __future__ import annotations

from typing import Any

from museion.errors import UsageError
from museion.sdk.run import Run

_runs: list[Run] = []
_default: list[Run] = []


def activate(run: Run, *, default: bool = True) -> None:
    """From now on `run` is active; with `default` it is the one that `museion.log` means."""
    _runs.append(run)
    if default or not _default:
        _default[:] = [run]
    run._on_finish.append(_forget)


def _forget(run: Run) -> None:
    if run in _runs:
        _runs.remove(run)
    if run in _default:
        _default.clear()


def active() -> Run | None:
    """The active run, or None."""
    return _default[0] if _default else None


def every() -> list[Run]:
    """All active runs."""
    return list(_runs)


def required(what: str) -> Any:
    """The active run; raises UsageError if there is none."""
    run = active()
    if run is None:
        raise UsageError(f"museion.{what} needs a run.", advice="Call museion.init() first.")
    return run
