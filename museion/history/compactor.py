"""Tails into chunks and pyramids: read a while, compute without any lock, commit in one short transaction.

Safe against a second compactor: both would insert the same (run, generation, part), and the loser starts over.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, and_, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from museion.history import batch, buckets, chunks, stats
from museion.history.points import Points, join
from museion.history.reading import Known, Reader, collect, known
from museion.history.sql import snapshot, write
from museion.history.stats import Stats
from museion.history.tables import chunk, mark, series, tail

PASS_BYTES = 32 << 20
PASS_ROWS = 65_536
ABSORB_POINTS = 1 << 18
_TRIES = 5


class _Overtaken(Exception):
    """Another compactor or a delete was here first; nothing was written."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """All that one pass will write."""

    run: int
    generation: int
    tails: Sequence[int]
    absorbed: Sequence[int]
    absorbed_parts: int
    chunks: Sequence[chunks.Chunk]
    old: dict[str, Known]
    new: dict[str, tuple[int, Stats]]


def compact(engine: Engine, reader: Reader, run: int) -> None:
    """Compact until no tail is left of what was there at the beginning."""
    failures = 0
    with engine.connect() as connection:
        end = connection.execute(select(func.max(tail.c.id)).where(tail.c.run == run)).scalar()
    while end is not None:
        try:
            with snapshot(engine) as connection:
                plan = _plan(connection, reader, run, end)
            if plan is None:
                return
            with write(engine) as connection:
                _commit(connection, plan)
        except (_Overtaken, IntegrityError):
            failures += 1
            if failures >= _TRIES:
                raise


def _plan(connection: Connection, reader: Reader, run: int, end: int) -> _Plan | None:
    ids = _next_tails(connection, run, end)
    if not ids:
        return None
    blobs = select(tail.c.data, tail.c.skip).where(tail.c.id.in_(ids)).order_by(tail.c.id)
    fresh = collect([(batch.decode_columns(bytes(row.data)), row.skip) for row in connection.execute(blobs)])
    every_old = {key: item for (_, key), item in known(connection, [run], None).items()}
    old = {key: every_old[key] for key in fresh if key in every_old}
    new = _extend_all(connection, reader, run, old, fresh, _numbering(every_old, fresh))
    generation, absorbed, parts = _absorbable(connection, run, sum(map(len, fresh.values())))
    merged = _merge(connection, run, absorbed, {new[key][0]: points for key, points in fresh.items()})
    packed = list(chunks.pack(merged))
    return _Plan(run, generation, ids, absorbed, parts, packed, old, new)


def _next_tails(connection: Connection, run: int, end: int) -> list[int]:
    """The ids of the oldest tails, as many as one pass may hold in memory."""
    query = select(tail.c.id, tail.c.rows, tail.c.size).where(tail.c.run == run, tail.c.id <= end).order_by(tail.c.id)
    ids: list[int] = []
    rows = size = 0
    for row in connection.execute(query.limit(4096)):
        rows, size = rows + row.rows, size + row.size
        if ids and (rows > PASS_ROWS or size > PASS_BYTES):
            break
        ids.append(row.id)
    return ids


def _numbering(old: dict[str, Known], fresh: Collection[str]) -> dict[str, int]:
    """Series ids of a run count from 0 in order of first compaction."""
    first = max((item.id for item in old.values()), default=-1) + 1
    unknown = [key for key in fresh if key not in old]
    return {key: item.id for key, item in old.items()} | {key: first + at for at, key in enumerate(unknown)}


def _extend_all(
    connection: Connection,
    reader: Reader,
    run: int,
    old: dict[str, Known],
    fresh: dict[str, Points],
    ids: dict[str, int],
) -> dict[str, tuple[int, Stats]]:
    pyramids = reader.pyramids(connection, old.values())

    def extended(key: str, points: Points) -> Stats:
        before = old.get(key)
        return stats.extend(
            with_pyramid(before, pyramids), points, lambda low: stored_from(connection, reader, before, low)
        )

    return {key: (ids[key], extended(key, points)) for key, points in fresh.items()}


def with_pyramid(item: Known | None, pyramids: dict[tuple[int, int], buckets.Buckets]) -> Stats | None:
    """The stats of a stored series, its pyramid put in."""
    if item is None:
        return None
    held = item.stats
    ends = held.first_step, held.last_step, held.minimum, held.maximum, held.last
    return Stats(held.points, held.numbers, *ends, pyramids.get((item.run, item.id)))


def stored_from(connection: Connection, reader: Reader, item: Known | None, low: int | None) -> Points:
    """The compacted points of a series from a step on."""
    if item is None:
        return join([])
    return reader.stored(connection, item.run, [item.id], low).get(item.id, join([]))


def _absorbable(connection: Connection, run: int, points: int) -> tuple[int, list[int], int]:
    """The generation to write, and the newest ones that are small enough to be written again with it.

    As in a log-structured merge tree: each point is rewritten about log(n) times, and slow runs end in few chunks.
    """
    sizes = select(chunk.c.generation, func.sum(chunk.c.points).label("points"), func.count().label("parts"))
    query = sizes.where(chunk.c.run == run).group_by(chunk.c.generation).order_by(chunk.c.generation.desc())
    generation, absorbed, parts = 0, [], 0
    for at, row in enumerate(connection.execute(query)):
        if at == 0:
            generation = row.generation + 1
        if row.points > 2 * points or points + row.points > ABSORB_POINTS:
            break
        points += int(row.points)
        parts += row.parts
        absorbed.append(row.generation)
    return generation, absorbed, parts


def _merge(connection: Connection, run: int, absorbed: Sequence[int], fresh: dict[int, Points]) -> dict[int, Points]:
    if not absorbed:
        return fresh
    query = select(chunk.c.data).where(chunk.c.run == run, chunk.c.generation.in_(absorbed))
    parts: dict[int, list[Points]] = {}
    for (data,) in connection.execute(query.order_by(chunk.c.generation, chunk.c.part)):
        for number, points in chunks.unpack(bytes(data)).items():
            parts.setdefault(number, []).append(points)
    for number, points in fresh.items():
        parts.setdefault(number, []).append(points)
    return {number: join(held) for number, held in parts.items()}


def _commit(connection: Connection, plan: _Plan) -> None:
    connection.execute(insert(chunk), [_chunk_row(plan, part, item) for part, item in enumerate(plan.chunks)])
    if plan.absorbed:
        gone = delete(chunk).where(chunk.c.run == plan.run, chunk.c.generation.in_(plan.absorbed))
        _expect(connection.execute(gone).rowcount, plan.absorbed_parts)
    rows = [_series_row(plan, key, number, new) for key, (number, new) in plan.new.items()]
    if fresh := [row for row in rows if row["version"] == 0]:
        connection.execute(insert(series), fresh)
    if changed := [_renamed(row) for row in rows if row["version"] != 0]:
        here = and_(series.c.run == bindparam("of_run"), series.c.id == bindparam("of_id"))
        connection.execute(update(series).where(here), changed)
    _expect(connection.execute(delete(tail).where(tail.c.id.in_(plan.tails))).rowcount, len(plan.tails))
    newest = {"tail": max(plan.tails)}
    if not connection.execute(update(mark).where(mark.c.run == plan.run).values(newest)).rowcount:
        connection.execute(insert(mark).values(run=plan.run, **newest))


def _expect(found: int, wanted: int) -> None:
    if found != wanted:
        raise _Overtaken


def _chunk_row(plan: _Plan, part: int, item: chunks.Chunk) -> dict[str, Any]:
    return {
        "run": plan.run,
        "generation": plan.generation,
        "part": part,
        "series_low": item.series_low,
        "series_high": item.series_high,
        "step_low": item.step_low,
        "step_high": item.step_high,
        "points": item.points,
        "data": item.data,
    }


def _series_row(plan: _Plan, key: str, number: int, new: Stats) -> dict[str, Any]:
    return {
        "run": plan.run,
        "id": number,
        "key": key,
        "version": plan.old[key].version + 1 if key in plan.old else 0,
        "points": new.points,
        "numbers": new.numbers,
        "first_step": new.first_step,
        "last_step": new.last_step,
        "minimum": new.minimum,
        "maximum": new.maximum,
        "last": stats.last_to_text(new.last),
        "pyramid": None if new.pyramid is None else buckets.encode(new.pyramid),
    }


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """Parameters of WHERE may not be called as the columns that are set."""
    rest = {name: value for name, value in row.items() if name not in ("run", "id", "key")}
    return {"of_run": row["run"], "of_id": row["id"], **rest}
