"""W&B's config text ↔ our config, and what the client hides in it under `_wandb`.

{"lr": {"value": 0.1}, "_wandb": {"value": {"t": …, "m": [metrics], "e": {writer: environment}, "branch_point": …}}}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from museion.errors import ValueInvalid
from museion.model.summary import MetricRule

HIDDEN = "_wandb"
_STATISTICS = ("min", "max", "mean", "best", "last", "none", "copy", "first")
_GOALS = {1: "minimize", 2: "maximize"}


@dataclass(frozen=True, slots=True)
class Config:
    """`values` are ours, `hidden` is what stood under `_wandb`."""

    values: dict[str, Any]
    hidden: dict[str, Any] = field(default_factory=dict)


def read_config(text: str) -> Config:
    """Read config text; raises ValueInvalid if it is no object. NaN and Infinity are numbers here."""
    found = read_object(text, "config")
    values = {key: _value(entry) for key, entry in found.items() if key != HIDDEN}
    hidden = _value(found.get(HIDDEN))
    return Config(values, hidden if isinstance(hidden, dict) else {})


def read_object(text: str, what: str) -> dict[str, Any]:
    """A JSON object as the client writes it; raises ValueInvalid."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueInvalid(f"The {what} is not JSON.") from None
    if not isinstance(found, dict):
        raise ValueInvalid(f"The {what} is not an object.")
    return found


def _value(entry: Any) -> Any:
    return entry["value"] if isinstance(entry, dict) and "value" in entry else entry


def config_text(values: Mapping[str, Any], hidden: str | None) -> str:
    """Our config as the client reads it; `hidden` is JSON text."""
    found = {key: {"value": value} for key, value in values.items()}
    if hidden:
        found[HIDDEN] = {"value": json.loads(hidden)}
    return json.dumps(found)


def metric_rules(hidden: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """What `define_metric` said, as our runs keep it; None if nothing was said.

    The client writes each metric as an object keyed by the field numbers of its protocol: 1 name, 2 glob, 4 step
    metric, 5 step metric's place in the list (from 1), 6 options, 7 statistics, 8 goal.
    """
    metrics = hidden.get("m")
    if not isinstance(metrics, list) or not metrics:
        return None
    found = [entry if isinstance(entry, dict) else {} for entry in metrics]
    rules = [rule for entry in found if (rule := _rule(entry, found)) is not None]
    return [rule.to_json() for rule in rules]


def _rule(entry: Mapping[str, Any], every: Sequence[Mapping[str, Any]]) -> MetricRule | None:
    name = entry.get("1") or entry.get("2")
    step = entry.get("4")
    place = entry.get("5")
    if isinstance(place, int) and 0 < place <= len(every):
        step = every[place - 1].get("1") or step
    options = set(_numbers(entry.get("6")))
    words = [_STATISTICS[n - 1] for n in _numbers(entry.get("7")) if 0 < n <= len(_STATISTICS)]
    goal = entry.get("8")
    try:
        return MetricRule.of(
            name if isinstance(name, str) else "",
            step if isinstance(step, str) else None,
            ",".join(words),
            _GOALS.get(goal) if isinstance(goal, int) else None,
            2 in options,
            1 in options,
        )
    except ValueInvalid:
        return None


def _numbers(value: Any) -> Iterator[int]:
    """Flags travel as a list of numbers, or as an object whose keys are numbers."""
    if isinstance(value, dict):
        value = [int(key) for key, on in value.items() if on and str(key).isdecimal()]
    yield from (n for n in value or () if isinstance(n, int)) if isinstance(value, list) else ()


def metadata_of(hidden: Mapping[str, Any]) -> dict[str, Any] | None:
    """Where the run ran, in the words of our own metadata; None if the client has not said."""
    found = hidden.get("e")
    if not isinstance(found, dict):
        return None
    environments = [e for e in found.values() if isinstance(e, dict)]
    return environment(environments[-1], hidden) if environments else None


_SAME = {"os": "os", "host": "host", "executable": "executable", "program": "program", "cpu_count": "cpu_count"}


def environment(found: Mapping[str, Any], hidden: Mapping[str, Any]) -> dict[str, Any]:
    """One environment of the client, translated."""
    told: dict[str, Any] = {ours: found[theirs] for theirs, ours in _SAME.items() if found.get(theirs)}
    told["cwd"] = found.get("root")
    told["python"] = found.get("python") or hidden.get("python_version")
    arguments = found.get("args")
    if isinstance(arguments, list):
        told["argv"] = [str(found.get("codePath") or found.get("program") or ""), *map(str, arguments)]
        told["command"] = " ".join(["python", *told["argv"]])
    git = found.get("git")
    if isinstance(git, dict):
        told["git"] = {"commit": git.get("commit"), "remote": git.get("remote")}
    memory = found.get("memory")
    if isinstance(memory, dict) and str(memory.get("total", "")).isdecimal():
        told["memory"] = int(memory["total"])
    if found.get("gpu"):
        told["gpus"] = [str(found["gpu"])] * int(found.get("gpu_count") or 1)
    told["client"] = f"wandb {hidden['cli_version']}" if isinstance(hidden.get("cli_version"), str) else None
    return {key: value for key, value in told.items() if value not in (None, [], {})}
