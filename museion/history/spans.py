"""What a run sees: its own rows, or after a fork or a rewind also rows of other sources, up to a step each.

A source is where rows lie: the run itself, and after each rewind a new one, so that nothing is ever cut off. A run's
view is a list of spans in order of arrival. Forking copies the parent's view, ended at a step, and adds the child;
rewinding ends the run's own view at a step and adds a new source. The view before a rewind stays readable as a layer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from museion.errors import RunNotFound, TooLarge
from museion.history.tables import span

MAX_LAYERS = 10_000
MAX_SPANS = 256
_LAYER_BITS = 20


@dataclass(frozen=True, slots=True)
class Span:
    """The rows of `source` with step ≤ `stop` (None: all of them)."""

    source: int
    stop: int | None


Spans = tuple[Span, ...]


def source_of(run: int, layer: int) -> int:
    """Where a run's rows lie since its `layer`-th rewind."""
    return run if layer == 0 else -(run << _LAYER_BITS | layer)


def owner_of(source: int) -> int:
    """The run that wrote a source."""
    return source if source >= 0 else -source >> _LAYER_BITS


def spans_of(connection: Connection, runs: Collection[int], layer: int | None = None) -> dict[int, Spans]:
    """What each run sees now, or saw before its rewind number `layer` + 1. RunNotFound if there is no such layer."""
    rows = connection.execute(select(span).where(span.c.run.in_(list(runs))).order_by(span.c.run, span.c.place)).all()
    newest: dict[int, int] = {}
    for row in rows:
        newest[row.run] = max(newest.get(row.run, 0), row.layer)
    out: dict[int, Spans] = {}
    for run in runs:
        wanted = newest.get(run, 0) if layer is None else layer
        if wanted > newest.get(run, 0):
            raise RunNotFound(f"There is no layer {wanted} of this run.", advice="Layers count its rewinds from 0.")
        held = tuple(Span(row.source, row.stop) for row in rows if row.run == run and row.layer == wanted)
        out[run] = held or (Span(run, None),)
    return out


_NEWEST = (
    select(span.c.run, func.max(span.c.layer).label("layer"))
    .where(span.c.run.in_(bindparam("runs", expanding=True)))
    .group_by(span.c.run)
)


def active(connection: Connection, runs: Collection[int]) -> dict[int, int]:
    """The source that new rows of each run go to."""
    found = {row.run: row.layer for row in connection.execute(_NEWEST, {"runs": list(runs)})}
    return {run: source_of(run, found.get(run, 0)) for run in runs}


def owned(connection: Connection, runs: Collection[int]) -> list[int]:
    """The sources that these runs wrote."""
    rows = connection.execute(select(span.c.run, span.c.source).where(span.c.run.in_(list(runs))))
    return sorted({*runs, *(row.source for row in rows if owner_of(row.source) == row.run)})


def layers(connection: Connection, run: int) -> list[Spans]:
    """Every view the run has had; the last is the one it has."""
    rows = connection.execute(select(span).where(span.c.run == run).order_by(span.c.layer, span.c.place)).all()
    found: dict[int, list[Span]] = {}
    for row in rows:
        found.setdefault(row.layer, []).append(Span(row.source, row.stop))
    return [tuple(found[layer]) for layer in sorted(found)] or [(Span(run, None),)]


def fork(connection: Connection, parent: int, child: int, step: int) -> bool:
    """`child` sees what `parent` sees now, up to `step`, and then its own rows.

    False if it has another view, or is seen by others: then nothing is done.
    """
    held = spans_of(connection, [parent])[parent]
    wanted = (*_ended(held, step), Span(child, None))
    if _is_written(connection, child):
        return layers(connection, child) == [wanted]
    _keep(connection, parent, held)
    _put(connection, child, 0, wanted)
    return True


def rewind(connection: Connection, run: int, step: int) -> int:
    """The run sees its rows up to `step`, and what it logs from now on; returns the new layer's number."""
    past = layers(connection, run)
    if len(past) > MAX_LAYERS:
        raise TooLarge(f"The run was rewound {MAX_LAYERS} times.", advice="Fork it instead.")
    _keep(connection, run, past[-1])
    layer = len(past)
    _put(connection, run, layer, (*_ended(past[-1], step), Span(source_of(run, layer), None)))
    return layer


def drop(connection: Connection, run: int) -> list[int]:
    """Forget the run's views; returns the sources that no view needs any more, whose rows may go."""
    mine = set(connection.execute(select(span.c.source).where(span.c.run == run)).scalars()) | {run}
    connection.execute(delete(span).where(span.c.run == run))
    needed = set(connection.execute(select(span.c.source).where(span.c.source.in_(sorted(mine)))).scalars())
    return sorted(mine - needed)


def _ended(view: Iterable[Span], step: int) -> Spans:
    return tuple(Span(each.source, step if each.stop is None else min(step, each.stop)) for each in view)


def _keep(connection: Connection, run: int, view: Spans) -> None:
    """Write down a view that went without saying, so that its source is known to be needed."""
    if not _is_written(connection, run):
        _put(connection, run, 0, view)


def _is_written(connection: Connection, run: int) -> bool:
    return connection.execute(select(span.c.run).where(span.c.run == run).limit(1)).first() is not None


def _put(connection: Connection, run: int, layer: int, view: Spans) -> None:
    if len(view) > MAX_SPANS:
        raise TooLarge(f"The run would stand on {len(view)} others, more than {MAX_SPANS}.", advice="Log anew.")
    rows = [
        {"run": run, "layer": layer, "place": place, "source": each.source, "stop": each.stop}
        for place, each in enumerate(view)
    ]
    connection.execute(insert(span), rows)
