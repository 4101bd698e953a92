"""Forks and rewinds: a run that begins with, or goes back to, what was logged up to a step."""

from __future__ import annotations

from museion.actions.fork_run import fork_run
from museion.actions.rewind_run import rewind_run
from museion.wandb_wire.history import line_count
from museion.wandb_wire.nouns.lookup import RunNode, run_of
from museion.wandb_wire.nouns.projects import place_of

WRITER = "wandb"


def fork(node: RunNode, parent: str, step: int) -> None:
    """Give a new run its parent's history up to `step`; a parent that is not there gives none."""
    home = place_of(node.asked, node.home)
    if home is not None and parent != node.run.id and run_of(node.asked, home, parent) is not None:
        fork_run(node.asked.stores, *node.place, parent, step, user=node.asked.who.name)
        _count_from(node, step + 1)


def rewind(node: RunNode, step: int) -> None:
    """Take back what the run logged after `step`; the client goes on with the line that follows it."""
    count = line_count(node, WRITER)
    rewind_run(node.asked.stores, *node.place, step)
    _count_from(node, min(count, step + 1))


def _count_from(node: RunNode, line: int) -> None:
    """Let `line` be the number of the line that the client sends next."""
    stores = node.asked.stores
    base = stores.history.next_seq(node.key, WRITER) - line
    with stores.catalog.transaction() as rows:
        rows.wandb_runs.set_base(node.key, WRITER, base)
        rows.wandb_runs.put(node.key, summary="{}")
