"""Reading curves: one metric of 100 runs, 200 metrics of one run, zooming in, smoothing, bands; warm and cold.

The measure is numpy reading the same numbers from raw f64 files (in the page cache) and taking minimum and maximum of
each bucket. "cold" opens the database anew for each request, caches of the process empty; the machine's page cache
stays warm. Runs hold the same numbers, which no reader can know.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import house
import numpy as np
from paired import paired, report

from museion.actions.stores import open_stores
from museion.history.sampling import Ask
from museion.history.smoothing import Smoothing
from museion.history.store import HistoryStore
from museion.history.wire import encode_series

WIDTH = 1500


def timed(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def fill(store: HistoryStore, runs: int, count: int, keys: int, first: int) -> dict[str, int]:
    """So many runs with the same rows, compacted."""
    sent = house.batches(house.rows(count, keys), min(20_000, 2_000_000 // keys))
    for run in range(first, first + runs):
        for seq, data in sent:
            store.append(run, "w", seq, data)
        store.compact(run)
    return {f"r{run}": run for run in range(first, first + runs)}


def by_numpy(folder: Path, runs: int, count: int) -> float:
    """The limit: one f64 file a run, a scan for each bucket."""
    path = folder / f"{count}.f64"
    np.array([row.values["loss"] for row in house.rows(min(count, 100_000), 1)] * max(1, count // 100_000)).tofile(path)
    starts = np.linspace(0, count, WIDTH + 1, dtype=np.intp)[:-1]

    def read() -> None:
        for _ in range(runs):
            values = np.fromfile(path)
            np.minimum.reduceat(values, starts)
            np.maximum.reduceat(values, starts)

    return timed(read)


class House:
    """A store on disk that can be opened anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stores = open_stores(folder / "store")

    def warm(self, runs: dict[str, int], keys: Sequence[str], ask: Ask) -> Callable[[], float]:
        return lambda: timed(lambda: encode_series(self.stores.history.series(runs, keys, ask)))

    def cold(self, runs: dict[str, int], keys: Sequence[str], ask: Ask) -> Callable[[], float]:
        def once() -> float:
            fresh = open_stores(self.folder / "store")
            try:
                return timed(lambda: encode_series(fresh.history.series(runs, keys, ask)))
            finally:
                fresh.close()

        return once


def many_runs(here: House, runs: int, lengths: Sequence[int], rounds: int) -> None:
    first = 1
    for count in lengths:
        number = runs if count < 1_000_000 else max(1, runs // 10)
        names = fill(here.stores.history, number, count, 1, first)
        first += number
        whole, zoom = Ask(width=WIDTH), Ask(width=WIDTH, start=count // 2, stop=count // 2 + 2000)
        smooth = Ask(width=WIDTH, smoothing=Smoothing("time_ema", 0.9))
        band = Ask(width=WIDTH, groups={"all": list(names)})
        runtime = Ask("_runtime", WIDTH)
        cases = {
            "numpy": lambda number=number, count=count: by_numpy(here.folder, number, count),
            "warm": here.warm(names, ["loss"], whole),
            "cold": here.cold(names, ["loss"], whole),
            "zoom to 2,000 steps, warm": here.warm(names, ["loss"], zoom),
            "over runtime, warm": here.warm(names, ["loss"], runtime),
            "band over all, warm": here.warm(names, ["loss"], band),
            "smoothed again, warm": here.warm(names, ["loss"], smooth),
        }
        title = f"1 metric x {number} runs x {count:,} rows -> {WIDTH} buckets"
        report(title, paired(cases, rounds), "numpy", 1e3, "ms")
        print(f"  smoothed for the first time, cold: {here.cold(names, ['loss'], smooth)() * 1e3:.0f} ms")
        print(f"  over runtime for the first time, cold: {here.cold(names, ['loss'], runtime)() * 1e3:.0f} ms")


def many_metrics(here: House, count: int, rounds: int) -> None:
    names = fill(here.stores.history, 1, count, 200, 1_000_000)
    keys = [info.key for info in here.stores.history.keys(1_000_000)]
    cases = {
        "keys of the run": lambda: timed(lambda: here.stores.history.keys(1_000_000)),
        "warm": here.warm(names, keys, Ask(width=500)),
        "cold": here.cold(names, keys, Ask(width=500)),
    }
    report(f"{len(keys)} metrics of a run x {count:,} rows -> 500 buckets", paired(cases, rounds), "warm", 1e3, "ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="runs of 10k and 100k rows; a tenth of it of 1M rows")
    parser.add_argument("--lengths", default="10000,100000,1000000")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        here = House(Path(folder))
        many_runs(here, args.runs, [int(each) for each in args.lengths.split(",")], args.rounds)
        many_metrics(here, 10_000, args.rounds)
        here.stores.close()


if __name__ == "__main__":
    main()
