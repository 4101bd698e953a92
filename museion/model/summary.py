"""The summary of a run: the last value of each key, or what `define_metric` asks for.

One pure fold, used in the training process (what `run.summary` shows) and by the uploader (what the server gets).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from museion.errors import ValueInvalid

STATISTICS = ("min", "max", "mean", "best", "last", "first", "copy", "none")
GOALS = ("minimize", "maximize")


@dataclass(frozen=True, slots=True)
class MetricRule:
    """What `define_metric` says of one key or of a glob (`val/*`).

    `statistics` is what the summary keeps: of one word, under the key itself for "last", "first", "copy", "none", and
    as `{"min": …}` for the others, as W&B has it. `step_metric` is the x axis that charts use.
    """

    name: str
    step_metric: str | None = None
    statistics: tuple[str, ...] = ()
    goal: str | None = None
    hidden: bool = False
    step_sync: bool = False

    @classmethod
    def of(
        cls,
        name: str,
        step_metric: str | None = None,
        summary: str | None = None,
        goal: str | None = None,
        hidden: bool = False,
        step_sync: bool | None = None,
    ) -> MetricRule:
        """Checked; `summary` is a comma-separated list of STATISTICS. Raises ValueInvalid."""
        if not isinstance(name, str) or not name:
            raise ValueInvalid(f"A metric is named by text, not by {name!r}.")
        if "*" in name[:-1]:
            raise ValueInvalid(f"The glob {name!r} has a * that is not at its end.", advice="Write 'val/*'.")
        words = tuple(word.strip().lower() for word in (summary or "").split(",") if word.strip())
        if unknown := [word for word in words if word not in STATISTICS]:
            raise ValueInvalid(
                f"define_metric knows no summary {unknown[0]!r}.", advice=f"Use {', '.join(STATISTICS)}."
            )
        if goal is not None and (goal := {"min": "minimize", "max": "maximize"}.get(goal, goal)) not in GOALS:
            raise ValueInvalid(f"The goal is {goal!r}.", advice="Use 'minimize' or 'maximize'.")
        sync = step_metric is not None if step_sync is None else bool(step_sync)
        return cls(name, step_metric, words, goal, bool(hidden), sync)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> MetricRule:
        """Read what `to_json` wrote."""
        return cls.of(
            body["name"],
            body.get("step_metric"),
            ",".join(body.get("summary") or ()),
            body.get("goal"),
            bool(body.get("hidden")),
            body.get("step_sync"),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, only what was said."""
        said: dict[str, Any] = {"name": self.name}
        if self.step_metric:
            said |= {"step_metric": self.step_metric, "step_sync": self.step_sync}
        if self.statistics:
            said["summary"] = list(self.statistics)
        if self.goal:
            said["goal"] = self.goal
        if self.hidden:
            said["hidden"] = True
        return said

    def over(self, older: MetricRule) -> MetricRule:
        """This rule, and of the older one what this one does not say."""
        return MetricRule(
            self.name,
            self.step_metric or older.step_metric,
            self.statistics or older.statistics,
            self.goal or older.goal,
            self.hidden or older.hidden,
            self.step_sync if self.step_metric else older.step_sync,
        )

    def matches(self, key: str) -> bool:
        return self.name == key or (self.name.endswith("*") and fnmatchcase(key, self.name))


@dataclass(slots=True)
class _Running:
    """What one key's statistics need to know of the past."""

    rule: MetricRule
    count: int = 0
    total: float = 0.0
    kept: dict[str, Any] = field(default_factory=dict)


class Fold:
    """Rows and explicit settings go in, in order; `values` is the summary. `take()` gives what changed since."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.rules: dict[str, MetricRule] = {}
        self._running: dict[str, _Running | None] = {}
        self._special = False
        self._dirty: set[str] = set()
        self._removed: set[str] = set()

    def define(self, rule: MetricRule) -> None:
        """From here on `rule` says what the summary keeps of the keys it names; a later rule of a name replaces it."""
        self.rules[rule.name] = rule
        self._running = {key: kept for key, kept in self._running.items() if not rule.matches(key)}
        self._special = any(found.statistics or found.goal for found in self.rules.values())

    def row(self, values: Mapping[str, Any]) -> None:
        """One logged row."""
        if not self._special:
            self.values.update(values)
            return
        for key, value in values.items():
            self._one(key, value)

    def note(self, keys: Iterable[str]) -> None:
        """Remember that `keys` changed, for `take`."""
        self._dirty.update(keys)

    def assign(self, values: Mapping[str, Any]) -> None:
        """`run.summary[key] = value`: stays until it is logged again."""
        self.values.update(values)
        self._dirty.update(values)
        self._removed.difference_update(values)

    def remove(self, keys: Iterable[str]) -> None:
        """`del run.summary[key]`."""
        for key in keys:
            self.values.pop(key, None)
            self._dirty.discard(key)
            self._removed.add(key)

    def take(self) -> tuple[dict[str, Any], list[str]]:
        """What changed since the last call (`note`d or assigned), and what was removed."""
        changed = {key: self.values[key] for key in self._dirty if key in self.values}
        removed = sorted(key for key in self._removed if key not in self.values)
        self._dirty, self._removed = set(), set()
        return changed, removed

    def rule(self, key: str) -> MetricRule | None:
        """The exact rule, else the glob with the longest name."""
        if key in self.rules:
            return self.rules[key]
        return max((r for r in self.rules.values() if r.matches(key)), key=lambda r: len(r.name), default=None)

    def _one(self, key: str, value: Any) -> None:
        if key not in self._running:
            rule = self.rule(key)
            self._running[key] = _Running(rule) if rule and (rule.statistics or rule.goal) else None
        running = self._running[key]
        if running is None or not running.rule.statistics:
            self.values[key] = value
            return
        kept = _fold(running, value)
        if kept is _NOTHING:
            self.values.pop(key, None)
        else:
            self.values[key] = kept


_NOTHING = object()


def _fold(running: _Running, value: Any) -> Any:
    """The summary of a key after one more value."""
    words = running.rule.statistics
    if "none" in words:
        return _NOTHING
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return value
    _update(running, value)
    if words == ("copy",) or words == ("last",):
        return value
    if words == ("first",):
        return running.kept["first"]
    return {word: running.kept[word] for word in words if word in running.kept}


def _update(running: _Running, value: float) -> None:
    kept = running.kept
    kept["last"] = kept["copy"] = value
    kept.setdefault("first", value)
    if value != value:
        return
    running.count += 1
    running.total += value
    kept["min"] = min(kept.get("min", value), value)
    kept["max"] = max(kept.get("max", value), value)
    kept["mean"] = running.total / running.count
    kept["best"] = kept["max"] if running.rule.goal == "maximize" else kept["min"]
