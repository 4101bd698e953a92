"""`file_stream`: what a run sends while it goes on — history, system metrics, summary, console, and signs of life.

Each file is numbered by the client's own lines, and sending a line again changes nothing. Nothing in a body can stop a
run: what makes no sense is passed over, because a client that is refused here sends no more of that run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.heartbeat import heartbeat
from museion.actions.log_history import log_history, next_seq
from museion.actions.upsert_run import RunChange, upsert_run
from museion.errors import SequenceGap, ValueInvalid
from museion.history.batch import Row
from museion.model.run import RunState
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.console import log_lines
from museion.wandb_wire.lines import batches, event_row, history_row
from museion.wandb_wire.nouns.lookup import RunNode, require_run
from museion.wandb_wire.summaries import read_summary

HISTORY = "wandb-history.jsonl"
EVENTS = "wandb-events.jsonl"
SUMMARY = "wandb-summary.json"
OUTPUT = "output.log"
MAX_LINES = 1_000_000


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a file from number `offset` on."""

    offset: int
    content: list[str]


def stream(asked: Asked, entity: str, project: str, run: str, body: bytes) -> dict[str, Any]:
    """Take in one request; the answer tells the client whether somebody wants the run stopped. Raises NotFound."""
    node = require_run(asked, entity, project, run)
    said = _read(body)
    files = said.get("files")
    if isinstance(files, dict):
        _take(asked, node, {name: _lines(value) for name, value in files.items()})
    stop = _live(asked, node, said)
    asked.changed = True
    return {"stopped": True} if stop else {}


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _lines(found: Any) -> Lines:
    if not isinstance(found, dict):
        return Lines(0, [])
    offset, content = found.get("offset"), found.get("content")
    lines = [line for line in content if isinstance(line, str)][:MAX_LINES] if isinstance(content, list) else []
    return Lines(offset if isinstance(offset, int) and 0 <= offset < 2**40 else 0, lines)


def _take(asked: Asked, node: RunNode, files: Mapping[str, Lines]) -> None:
    if (history := files.get(HISTORY)) and history.content:
        _history(asked, node, history)
    if (events := files.get(EVENTS)) and events.content:
        now = asked.stores.clock()
        rows = [event_row(line, number, now) for number, line in enumerate(events.content, events.offset)]
        _append(asked, node, writer_of(asked, "wandb-events"), events.offset, rows)
    if (summary := files.get(SUMMARY)) and summary.content:
        _summary(asked, node, summary.content[-1])
    for name, output in files.items():
        if name.rpartition("/")[2].endswith(OUTPUT) and output.content:
            log_lines(asked, node, writer_of(asked, name), output.offset, output.content)


def writer_of(asked: Asked, name: str) -> str:
    """Who writes: clients of one run in shared mode each count their own lines."""
    return f"{name}:{asked.client}"[:120] if asked.client else name


def _history(asked: Asked, node: RunNode, lines: Lines) -> None:
    now = asked.stores.clock()
    found = [history_row(line, number, now) for number, line in enumerate(lines.content, lines.offset)]
    started = next((start for _, start in found if start is not None), None)
    if started is not None and node.extra.started_at is None:
        with asked.stores.catalog.transaction() as rows:
            rows.wandb_runs.put(node.key, started_at=started)
    _append(asked, node, writer_of(asked, "wandb"), lines.offset, [row for row, _ in found])


def _append(asked: Asked, node: RunNode, writer: str, offset: int, rows: Sequence[Row]) -> None:
    """Store rows whose first is the client's line `offset`.

    Our count of this writer's rows and its line numbers differ by a base: changed where lines are missing for good (the
    client never goes back), and by a rewind.
    """
    with asked.stores.catalog.reading() as known:
        base, _ = known.wandb_runs.segment(node.key, writer)
    seq = offset + base
    for count, batch in batches(rows):
        try:
            log_history(asked.stores, *node.place, writer, max(seq, 0), batch)
        except SequenceGap:
            expected = next_seq(asked.stores, *node.place, writer)
            base, seq = base + expected - seq, expected
            with asked.stores.catalog.transaction() as known:
                known.wandb_runs.set_base(node.key, writer, base)
            log_history(asked.stores, *node.place, writer, seq, batch)
        seq += count


def _summary(asked: Asked, node: RunNode, text: str) -> None:
    """The whole summary, each time; of a run with several writers each knows only its own part."""
    try:
        values, own = read_summary(text)
    except ValueInvalid:
        return
    gone = [] if asked.client else [key for key in node.run.summary if key not in values]
    upsert_run(asked.stores, *node.place, RunChange(summary=values, remove_summary=gone))
    with asked.stores.catalog.transaction() as rows:
        rows.wandb_runs.put(node.key, summary=own)


def _live(asked: Asked, node: RunNode, said: Mapping[str, Any]) -> bool:
    """What the request says of the run's life; returns whether somebody wants it stopped."""
    if said.get("complete"):
        code = said.get("exitcode")
        code = code if isinstance(code, int) and abs(code) < 2**31 else 0
        state = RunState.FINISHED if code == 0 else RunState.FAILED
        if code and (said.get("preempting") or node.run.state is RunState.PREEMPTING):
            state = RunState.PREEMPTING
        upsert_run(asked.stores, *node.place, RunChange(state=state, exit_code=code))
    elif said.get("preempting"):
        upsert_run(asked.stores, *node.place, RunChange(state=RunState.PREEMPTING))
    elif node.run.state.over:
        upsert_run(asked.stores, *node.place, RunChange(state=RunState.RUNNING))
    else:
        return heartbeat(asked.stores, *node.place)
    return node.run.stop
