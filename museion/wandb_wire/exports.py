"""History as Parquet files: what W&B's reader fetches whole instead of page by page.

The client keeps each file by its number for good, so a file once promised never changes: what is logged later comes in
another one, and a run that was rewound since is told in pages alone. Files hold columns, and the client takes a column
for full and of one type: a run with keys that not every row has, or that logged media, lists or mixed values, is told
in pages too, where rows are what was logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from museion.actions.export_history import export_steps
from museion.actions.stores import Stores
from museion.errors import RunNotFound
from museion.history.cells import Nature
from museion.wandb_wire.history import started_at
from museion.wandb_wire.nouns.lookup import RunNode

GET = "wandb-history-get"
MAX_FILES = 64
MAX_CELLS = 100_000_000


@dataclass(frozen=True, slots=True)
class Cut:
    """One file: its steps, both ends among them, and how many views the run had had."""

    first: int
    last: int
    layers: int


def exported(node: RunNode) -> tuple[list[str], list[dict[str, Any]]]:
    """URLs of the files, and where the rest begins (empty, if there is no rest), which the client reads in pages."""
    times = node.asked.stores.history.timeline(node.key)
    if times is None:
        return [], []
    first, last, count = times
    cuts = _cuts(node, first, last) if _columnar(node, count) else []
    rest = cuts[-1].last + 1 if cuts else first
    return [_url(node, number, cut) for number, cut in enumerate(cuts)], [{"_step": rest}] if rest <= last else []


def _cuts(node: RunNode, first: int, last: int) -> list[Cut]:
    """The files that can be read, one more of them if the run ended with rows that are in none."""
    known = [Cut(*cut) for cut in json.loads(node.extra.exports or "[]")]
    layers = len(node.asked.stores.history.layers(node.key))
    if any(cut.layers != layers for cut in known) or (known and known[0].first != first):
        return []
    since = known[-1].last + 1 if known else first
    if not node.run.state.over or since > last or len(known) == MAX_FILES:
        return known
    cuts = [*known, Cut(since, last, layers)]
    with node.asked.stores.catalog.transaction() as rows:
        text = json.dumps([[cut.first, cut.last, cut.layers] for cut in cuts])
        won = rows.wandb_runs.promise(node.key, node.extra.exports, text)
    return cuts if won else known


def _columnar(node: RunNode, count: int) -> bool:
    """Whether each key is in each of so many rows with one type that a column can have, and it is not too much."""
    natures = node.asked.stores.history.outline(node.key, None).natures
    known = {key.key: key.count for key in node.asked.stores.history.keys(node.key)}
    types = (Nature.FLOAT, Nature.INT, Nature.FLOAT | Nature.INT, Nature.STRING)
    full = all(nature in types and known.get(key) == count for key, nature in natures.items())
    return full and count * len(natures) <= MAX_CELLS


def _url(node: RunNode, number: int, cut: Cut) -> str:
    fields = {"run": node.key, "first": cut.first, "last": cut.last, "origin": started_at(node)}
    return node.asked.links.url(GET, fields, f"{node.run.id}_{number}.runhistory.parquet")


def file_of(stores: Stores, grant: dict[str, Any]) -> tuple[str, Iterator[bytes]]:
    """A name that no other file has, and the file in pieces, made while it is read. Raises RunNotFound."""
    run, first, last, origin = grant["run"], grant["first"], grant["last"], grant["origin"]
    with stores.catalog.reading() as rows:
        if not rows.runs.ids([run]):
            raise RunNotFound("The run was deleted.")
    return f"history-{run}-{first}-{last}", export_steps(stores, run, first, last, origin)
