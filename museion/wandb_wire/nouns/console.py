"""The console log of a run."""

from __future__ import annotations

from typing import Any

from ariadne import ObjectType

from museion.actions.log_console import read_console
from museion.wandb_wire.nouns.lookup import RunNode
from museion.wandb_wire.pages import connection, size
from museion.wandb_wire.scalars import moment

MAX_LINES = 10_000
run_type = ObjectType("Run")


@run_type.field("logLineCount")
def resolve_count(node: RunNode, _: Any) -> int:
    with node.asked.stores.catalog.reading() as rows:
        return rows.console.total(node.key)


@run_type.field("logLines")
def resolve_lines(
    node: RunNode,
    _: Any,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    useImprovedPagination: bool | None = None,  # noqa: N803
) -> dict[str, Any]:
    """Lines by number; the cursor is the number of the line before."""
    limit = size(last if last is not None else first, 1_000, MAX_LINES)
    start = int(after) + 1 if after and after.isdecimal() and len(after) < 16 else 0
    if last is not None:
        start = max(0, resolve_count(node, _) - limit)
    page = read_console(node.asked.stores, *node.place, start=start, limit=limit)
    found = [
        {
            "number": line.number,
            "timestamp": moment(line.time),
            "level": "error" if line.stream == "stderr" else "info",
            "label": None,
            "line": line.text,
        }
        for line in page.lines
    ]
    more = start + len(found) < page.total
    return connection(found, more=more, cursor=lambda node: str(node["number"]))


BINDABLES = (run_type,)
