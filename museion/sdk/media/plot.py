"""Plots: a table, and a small description of how to draw it. The numbers stay readable as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from museion.errors import ValueInvalid
from museion.model.values import plain_object
from museion.sdk.media.base import Keeper, Media, Opener
from museion.sdk.media.table import Table

KINDS = ("line", "scatter", "bar", "histogram", "confusion_matrix", "roc", "pr", "custom")


class Plot(Media):
    """A table drawn in one of the ways of `KINDS`; made by the functions of `museion.plot`.

    Args:
        kind: how to draw it.
        table: the numbers.
        fields: which column plays which part, `{"x": "step", "y": "loss", "stroke": "run"}`.
        title: above the plot.
        options: what else the drawing may use; plain JSON.
    """

    _type = "plot"
    _folder = "table"

    def __init__(
        self,
        kind: str,
        table: Table,
        fields: Mapping[str, str],
        title: str = "",
        options: Mapping[str, Any] | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueInvalid(f"{kind!r} is not a kind of plot.", advice=f"Use one of {', '.join(KINDS)}.")
        if not isinstance(table, Table):
            raise ValueInvalid(f"A plot is made of a Table, not of {type(table).__name__}.")
        self.kind, self.table, self.title = kind, table, str(title or "")
        self.fields = {part: _column(table, name, part) for part, name in fields.items()}
        self.options = plain_object(options or {}, "options")

    def __repr__(self) -> str:
        return f"Plot({self.kind}, {len(self.table)} rows, title={self.title!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plot):
            return NotImplemented
        mine = (self.kind, self.table, self.fields, self.title, self.options)
        return mine == (other.kind, other.table, other.fields, other.title, other.options)

    __hash__ = None  # type: ignore[assignment]

    def _keep_as(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        table = self.table._keep_as(keeper, stem)
        body = {"_type": self._type, "kind": self.kind, "title": self.title, "fields": self.fields, "table": table}
        return {**body, "options": self.options} if self.options else body

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Plot:
        table = Table._from_json(body["table"], opener)
        return cls(body["kind"], table, body["fields"], body.get("title", ""), body.get("options"))


def _column(table: Table, name: str, part: str) -> str:
    if name not in table.columns:
        raise ValueInvalid(f"The table has no column {name!r} for {part}.", advice=f"It has {table.columns}.")
    return name
