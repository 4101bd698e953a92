"""Taking history in, fsync'd: rows and points a second, into the store and over HTTP, against writing the same bytes.

A batch is accepted when it is committed with fsync; an answer over HTTP says no less. Batches are encoded beforehand,
as uploaders do it on other machines; client and server share the cores. A point is one value of one key at one step,
each row's time counted as one. "write + fsync" appends the same bytes to one file, with an fsync for each batch.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import house
from house import PROJECT, Batch, Server
from paired import paired, report

from museion.actions.stores import Stores, open_stores


@dataclass(frozen=True)
class Shape:
    """One shape of load: batches by run, and how much that is."""

    title: str
    streams: Sequence[tuple[str, Sequence[Batch]]]
    rows: int
    points: int
    connections: int

    @property
    def bytes(self) -> int:
        return sum(len(data) for _, sent in self.streams for _, data in sent)


def shapes(scale: float) -> list[Shape]:
    """One long run, many runs at once, very wide rows."""
    long = house.rows(int(1_000_000 * scale), 5)
    many = [house.rows(max(200, int(10_000 * scale)), 10, run) for run in range(100)]
    wide = house.wide_rows(max(50, int(1000 * scale)), 5000, 0.2)
    return [
        Shape("1 run, 5 metrics, batches of 1,000 rows", [("r0", house.batches(long, 1000))], *_size([long]), 1),
        Shape(
            "100 runs, 10 metrics, batches of 200 rows",
            [(f"m{at}", house.batches(logged, 200)) for at, logged in enumerate(many)],
            *_size(many),
            64,
        ),
        Shape(
            "100 runs, 10 metrics, batches of 1,000 rows",
            [(f"b{at}", house.batches(logged, 1000)) for at, logged in enumerate(many)],
            *_size(many),
            64,
        ),
        Shape("1 run, 5,000 keys, 1 in 5 in a row", [("w0", house.batches(wide, 50))], *_size([wide]), 1),
    ]


def _size(logged: Sequence[Sequence[house.Row]]) -> tuple[int, int]:
    return sum(map(len, logged)), sum(map(house.points, logged))


def into_a_file(shape: Shape, folder: Path) -> float:
    path = folder / "appended"
    start = time.perf_counter()
    with path.open("wb") as file:
        for _, sent in shape.streams:
            for _, data in sent:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
    taken = time.perf_counter() - start
    path.unlink()
    return taken


def into_the_store(shape: Shape, stores: Stores, round_: int) -> float:
    """As many threads as connections, each one run after another."""
    keys = {run: 1000 * round_ + at + 1 for at, (run, _) in enumerate(shape.streams)}
    waiting = list(shape.streams)

    def work() -> None:
        while waiting:
            run, sent = waiting.pop()
            for seq, data in sent:
                stores.history.append(keys[run], "w", seq, data)

    threads = [threading.Thread(target=work) for _ in range(min(shape.connections, len(waiting)))]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def over_http(shape: Shape, to: Server, round_: int, tails: list[float]) -> float:
    streams = [(f"{run}-{round_}", sent) for run, sent in shape.streams]
    for run, _ in streams:
        to.ask("PUT", f"{PROJECT}/runs/{run}", {})
    load = house.send(to, streams, shape.connections)
    tails[:] = [load.each[len(load.each) // 2], load.each[int(len(load.each) * 0.99)]]
    return load.seconds


def one(shape: Shape, rounds: int) -> None:
    tails: list[float] = []
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder, house.server() as to:
        stores = open_stores(Path(folder) / "store")
        count = iter(range(10_000))
        cases: dict[str, Callable[[], float]] = {
            "write + fsync": lambda: into_a_file(shape, Path(folder)),
            "store": lambda: into_the_store(shape, stores, next(count)),
            "http": lambda: over_http(shape, to, next(count), tails),
        }
        taken = paired(cases, rounds)
        stores.close()
        report(f"{shape.title}: {shape.rows:,} rows, {shape.points:,} points", taken, "write + fsync")
        for name in ("store", "http"):
            best = min(taken[name])
            print(f"  {name:34s} {shape.rows / best / 1e3:9.0f} k rows/s {shape.points / best / 1e6:8.2f} M points/s")
        p50, p99 = (1e3 * tail for tail in tails)
        print(f"  http, {shape.connections} connections: p50 {p50:.1f} ms, p99 {p99:.1f} ms; peak {to.rss():.0f} MiB")


def memory(millions: float) -> None:
    """Peak memory of a server that takes in so many million points, ten runs at a time, compacting meanwhile."""
    logged = [house.rows(20_000, 10, at) for at in range(10)]
    sent, each = [house.batches(part, 1000) for part in logged], sum(map(house.points, logged))
    with house.server() as to:
        taken, seconds = 0, 0.0
        while taken * each < millions * 1e6:
            streams = [(f"g{taken}-{at}", part) for at, part in enumerate(sent)]
            for run, _ in streams:
                to.ask("PUT", f"{PROJECT}/runs/{run}", {})
            seconds += house.send(to, streams, 10).seconds
            taken += 1
        made, title = taken * each / 1e6, f"{10 * taken} runs of 20,000 rows"
        held = f"peak {to.rss():.0f} MiB, {to.rss(peak=False):.0f} at the end"
        print(f"\n{made:.0f} M points in {title}: {made / seconds:.1f} M points/s, {held}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.2, help="1 is a run of 1M rows, and the rest alike")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--millions", type=float, default=20, help="points for the peak of memory; 0 leaves it out")
    args = parser.parse_args()
    for shape in shapes(args.scale):
        one(shape, args.rounds)
    if args.millions:
        memory(args.millions)


if __name__ == "__main__":
    main()
