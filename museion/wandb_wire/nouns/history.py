"""History and system metrics of a run, as the reading API asks for them."""

from __future__ import annotations

import json
from typing import Any

from ariadne import ObjectType

from museion.actions.read_history import read_keys
from museion.errors import ValueInvalid
from museion.wandb_wire import history
from museion.wandb_wire.exports import exported
from museion.wandb_wire.lines import SYSTEM, row_values
from museion.wandb_wire.nouns.lookup import RunNode

MAX_SPECS = 200
run_type = ObjectType("Run")


@run_type.field("history")
def resolve_history(
    node: RunNode,
    _: Any,
    minStep: int | None = None,  # noqa: N803
    maxStep: int | None = None,  # noqa: N803
    samples: int | None = None,
) -> list[str]:
    """Rows as JSON text: those from minStep up to but without maxStep, or a sample of all."""
    if minStep is None and maxStep is None:
        return [history.text(row) for row in history.sampled(node, samples)]
    limit = history.MAX_ROWS if samples is None else max(1, min(samples, history.MAX_ROWS))
    return [history.text(row) for row in history.rows_between(node, minStep, maxStep, limit)]


@run_type.field("events")
def resolve_events(node: RunNode, _: Any, samples: int | None = None) -> list[str]:
    return [json.dumps(row) for row in history.sampled_events(node, samples)]


@run_type.field("systemMetrics")
def resolve_system_metrics(node: RunNode, _: Any) -> str:
    found = [key for key in read_keys(node.asked.stores, *node.place) if key.key.startswith(SYSTEM)]
    return json.dumps({f"system.{key.key.removeprefix(SYSTEM)}": key.last for key in found})


@run_type.field("sampledHistory")
def resolve_sampled(node: RunNode, _: Any, specs: list[str]) -> list[Any]:
    if len(specs) > MAX_SPECS:
        raise ValueInvalid(f"At most {MAX_SPECS} specs are answered at once, not {len(specs)}.")
    return [history.of_spec(node, _spec(spec)) for spec in specs]


def _spec(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueInvalid("A spec is not JSON.") from None
    if not isinstance(found, dict) or not isinstance(found.get("keys"), list | None):
        raise ValueInvalid(
            "A spec is an object with keys.", advice='Write {"keys": ["_step", "loss"], "samples": 500}.'
        )
    return found


@run_type.field("historyKeys")
def resolve_keys(node: RunNode, _: Any) -> dict[str, Any] | None:
    return history.known_keys(node)


@run_type.field("historyTail")
def resolve_tail(node: RunNode, _: Any) -> str:
    row = history.last_row(node)
    found = [] if row is None else [history.text(row_values(row, history.started_at(node)))]
    return json.dumps(found)


@run_type.field("eventsTail")
def resolve_events_tail(node: RunNode, _: Any) -> str:
    return json.dumps([json.dumps(row) for row in history.sampled_events(node, 1)])


@run_type.field("parquetHistory")
def resolve_parquet(node: RunNode, _: Any, liveKeys: list[str]) -> dict[str, Any]:  # noqa: N803
    """Files of what will not change any more, and where the rest begins, which the client reads page by page."""
    urls, rest = exported(node)
    return {"parquetUrls": urls, "liveData": rest}


BINDABLES = (run_type,)
