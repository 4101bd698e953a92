"""What came since a cursor, in order of arrival: for charts that go on while a run does.

The cursor is the id of the newest batch that was told of. A batch that was compacted before it could be told of is not
looked for among the chunks: whoever follows is told to read the run again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from museion.history.points import Points
from museion.history.reading import Reader
from museion.history.spans import active
from museion.history.tables import mark, tail

MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class News:
    """`points` by run and key, the clocks among them; `again` are runs that more happened to than is told here."""

    cursor: int
    points: Mapping[str, Mapping[str, Points]]
    again: Collection[str]


def news(
    connection: Connection, reader: Reader, runs: Mapping[str, int], keys: Collection[str] | None, after: int | None
) -> News:
    """What these runs logged after the cursor `after`; None begins to follow from now on."""
    sources = active(connection, set(runs.values()))
    names = {sources[run]: name for name, run in runs.items()}
    marks = connection.execute(select(mark).where(mark.c.run.in_(list(names))))
    compacted = {row.run: row.tail for row in marks}
    fresh = _fresh(connection, list(names), after or 0)
    cursor = max([after or 0, *compacted.values(), *(last for _, last in fresh.values())])
    if after is None:
        return News(cursor, {}, ())
    lost = {source for source, last in compacted.items() if last > after}
    lost |= {source for source, (rows, _) in fresh.items() if rows > MOST_ROWS}
    told = reader.tails(connection, fresh.keys() - lost, keys, after=after)
    points: dict[str, dict[str, Points]] = {}
    for (source, key), held in told.items():
        points.setdefault(names[source], {})[key] = held
    return News(cursor, points, sorted(names[source] for source in lost))


def _fresh(connection: Connection, sources: Collection[int], after: int) -> dict[int, tuple[int, int]]:
    """How many rows came since, and the newest batch, by source."""
    query = select(tail.c.run, func.sum(tail.c.rows), func.max(tail.c.id))
    query = query.where(tail.c.run.in_(list(sources)), tail.c.id > after).group_by(tail.c.run)
    return {run: (int(rows), last) for run, rows, last in connection.execute(query)}
