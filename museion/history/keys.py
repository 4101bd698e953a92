"""Which keys there are: of one run in full, of many runs put together."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, case, func, select

from museion.history.reading import TIMELINES, Reader
from museion.history.spans import spans_of
from museion.history.stats import Stats
from museion.history.tables import mark, series, span, tail
from museion.history.view import View, look

Kind = Literal["number", "value"]
_PIECE = 5_000


@dataclass(frozen=True, slots=True)
class KeyInfo:
    """One key of a run. `count` is over steps; min, max leave NaN out and are None where no other number is."""

    key: str
    kind: Kind
    count: int
    first_step: int
    last_step: int
    min: float | None
    max: float | None
    last: Any


@dataclass(slots=True)
class SharedKey:
    """One key of many runs: how many have it, its last step in any, its least and greatest number (None: none)."""

    key: str
    kind: Kind
    runs: int
    last_step: int
    min: float | None
    max: float | None


def of_each(
    connection: Connection, reader: Reader, runs: Collection[int], layer: int | None = None
) -> dict[int, list[KeyInfo]]:
    """All keys of each run in alphabetical order, those of system metrics too; remembered until it logs again."""
    marks = _marks(connection, runs, layer)
    views = look(connection, reader, [run for run in runs if not reader.remembers(marks[run])], layer=layer)

    def read(run: int) -> list[KeyInfo]:
        return _of_view(views.get(run) or look(connection, reader, [run], layer=layer)[run])

    return {run: reader.remember(marks[run], lambda run=run: read(run), _weight) for run in runs}  # type: ignore[misc]


def _marks(connection: Connection, runs: Collection[int], layer: int | None) -> dict[int, Hashable]:
    """Another one for each run whenever it shows other rows: what it shows, and the newest batch of each source."""
    seen = spans_of(connection, runs, layer)
    sources = sorted({each.source for held in seen.values() for each in held})
    newest = select(tail.c.run, func.max(tail.c.id).label("last")).where(tail.c.run.in_(sources)).group_by(tail.c.run)
    waiting = {row.run: row.last for row in connection.execute(newest)}
    compacted = {row.run: row.tail for row in connection.execute(select(mark).where(mark.c.run.in_(sources)))}
    return {
        run: ("keys", held, tuple((waiting.get(each.source), compacted.get(each.source)) for each in held))
        for run, held in seen.items()
    }


def _weight(infos: Sequence[KeyInfo]) -> int:
    return sum(300 + (len(str(info.last)) if info.kind == "value" else 0) for info in infos)


def _of_view(view: View) -> list[KeyInfo]:
    return [_info(key, found) for key in view.names() if (found := view.stats(key)) is not None]


def _info(key: str, found: Stats) -> KeyInfo:
    ends = found.first_step, found.last_step
    return KeyInfo(key, _kind(found.numbers), found.points, *ends, found.minimum, found.maximum, found.last)


def _kind(numbers: int) -> Kind:
    return "number" if numbers else "value"


def of_runs(connection: Connection, reader: Reader, runs: Sequence[int]) -> list[SharedKey]:
    """All keys of some runs in alphabetical order. Counted in SQL, but for what is live, forked or rewound."""
    out: dict[str, SharedKey] = {}
    for at in range(0, len(runs), _PIECE):
        piece = runs[at : at + _PIECE]
        apart = _apart(connection, reader, piece)
        for found in _counted(connection, [run for run in piece if run not in apart]):
            _add(out, found)
        for infos in of_each(connection, reader, sorted(apart)).values():
            for info in infos:
                _add(out, SharedKey(info.key, info.kind, 1, info.last_step, info.min, info.max))
    return [out[key] for key in sorted(out)]


def _apart(connection: Connection, reader: Reader, runs: Collection[int]) -> set[int]:
    """Runs whose rows in the series table are not the whole truth."""
    viewed = connection.execute(select(span.c.run).where(span.c.run.in_(list(runs))).distinct()).scalars()
    return set(viewed) | reader.with_tails(connection, runs)


def _counted(connection: Connection, runs: Collection[int]) -> Iterator[SharedKey]:
    c = series.c
    numeric = func.max(case((c.numbers > 0, 1), else_=0))
    what = (c.key, func.count(), numeric, func.max(c.last_step), func.min(c.minimum), func.max(c.maximum))
    query = select(*what).where(c.run.in_(list(runs)), c.key.not_in(TIMELINES)).group_by(c.key)
    for key, count, number, last, low, high in connection.execute(query):
        yield SharedKey(key, _kind(number), count, last, low, high)


def _add(out: dict[str, SharedKey], found: SharedKey) -> None:
    held = out.setdefault(found.key, found)
    if held is found:
        return
    held.kind = "number" if "number" in (held.kind, found.kind) else "value"
    held.runs += found.runs
    held.last_step = max(held.last_step, found.last_step)
    held.min = min((each for each in (held.min, found.min) if each is not None), default=None)
    held.max = max((each for each in (held.max, found.max) if each is not None), default=None)
