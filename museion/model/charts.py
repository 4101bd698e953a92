"""Charts by the names W&B gave them, in the words of our plots: a kind, and which column plays which part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_PRESETS = {
    "line/v0": "line",
    "lineseries/v0": "line",
    "scatter/v0": "scatter",
    "bar/v0": "bar",
    "histogram/v0": "histogram",
    "confusion_matrix/v1": "confusion_matrix",
    "area-under-curve/v0": "line",
}
_PARTS = {"class": "stroke", "step": "x", "lineKey": "stroke", "lineVal": "y"}
_CURVES = {"fpr": "roc", "recall": "pr"}
_AXES = {"xname": "x_title", "x-axis-title": "x_title"}


@dataclass(frozen=True, slots=True)
class Chart:
    """How a table is to be drawn: `kind` as of `museion.sdk.media.plot`, `fields` part → column."""

    kind: str
    title: str
    fields: dict[str, str]
    options: dict[str, str] = field(default_factory=dict)


def chart_of(spec: str, fields: Mapping[str, Any], texts: Mapping[str, Any]) -> Chart:
    """The chart named `spec` (`wandb/line/v0`); of kind `custom` if it is none that can be drawn here."""
    kind = _PRESETS.get(spec.removeprefix("wandb/"), "custom")
    words = {name: str(value) for name, value in texts.items() if value is not None}
    parts = {str(part): str(column) for part, column in fields.items() if column is not None}
    if kind == "line":
        parts = {_PARTS.get(part, part): column for part, column in parts.items()}
        kind = _CURVES.get(parts.get("x", ""), "line")
    options = {"spec": spec} | {_AXES.get(name, name): word for name, word in words.items() if name != "title"}
    return Chart(kind, words.get("title", ""), parts, options)
