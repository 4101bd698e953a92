"""Which keys there are: of one run in full, of many runs put together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, case, func, select

from museion.history.reading import TIMELINES, Reader
from museion.history.stats import Stats
from museion.history.tables import series, span
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


def of_run(view: View) -> list[KeyInfo]:
    """All keys in alphabetical order, those of system metrics too."""
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
        for view in look(connection, reader, sorted(apart)).values():
            for info in of_run(view):
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
