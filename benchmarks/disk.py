"""Bytes a point on disk, once compacted: what lies in the tables, and the database file as a whole.

The measure is the same columns as zstd-1 over shuffled bytes of the narrowest floats, one file a key: the least this
kind of coding can reach. A point is one value of one key at one step, each row's time counted as one.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import house
import numpy as np

from museion.actions.stores import DATABASE, open_stores
from museion.history import packing
from museion.history.batch import Row


def least(logged: Sequence[Row]) -> int:
    """Bytes of all columns, each coded by itself without any structure around it."""
    columns: dict[str, list[float]] = {"_timestamp": [row.time for row in logged]}
    for row in logged:
        for key, value in row.values.items():
            columns.setdefault(key, []).append(value)
    return sum(len(packing.compress(_narrow(np.array(values, np.float64)))) for values in columns.values())


def _narrow(values: np.ndarray) -> bytes:
    code = int(packing.choose_floats(values, np.zeros(1, np.intp))[0])
    return packing.shuffle(values.astype(packing.DTYPES[code]))


def one(title: str, runs: Sequence[Sequence[Row]], size: int) -> None:
    points = sum(map(house.points, runs))
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        stores = open_stores(Path(folder))
        for at, logged in enumerate(runs):
            for seq, data in house.batches(logged, size):
                stores.history.append(at + 1, "w", seq, data)
            stores.history.compact(at + 1)
        held = stores.history.size(range(1, len(runs) + 1))
        stores.close()
        file = (Path(folder) / DATABASE).stat().st_size
    floor = sum(map(least, runs)) / points
    print(f"  {title:48s} {held / points:6.2f} B a point (× {held / points / floor:.2f})   file {file / points:6.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.2, help="1 is a run of 1M rows, and the rest alike")
    scale = parser.parse_args().scale
    print("\nbytes on disk (× = multiple of the coded columns alone)")
    one("1 long run, 5 metrics", [house.rows(int(1_000_000 * scale), 5)], 1000)
    one("100 runs, 10 metrics", [house.rows(int(10_000 * scale), 10, run) for run in range(100)], 200)
    one("1 run, 5,000 keys, 1 in 5 in a row", [house.wide_rows(int(1_000 * scale), 5_000, 0.2)], 50)


if __name__ == "__main__":
    main()
