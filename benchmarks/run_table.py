"""The run table: filter + sort + page, groups, the first question after a start, and the one after a change.

    python benchmarks/run_table.py [--runs 10000 100000] [--keys 50] [--rounds 9]

Every question goes through the action behind the door, database included. The peer is SQLite's own `json_extract` over
the same rows: what a table without columns in memory would do.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from paired import paired, report

from museion.actions.group_runs import group_runs, list_columns
from museion.actions.list_runs import RunQuery, Selection, list_runs
from museion.actions.stores import DATABASE, Stores, open_stores
from museion.actions.upsert_run import RunChange, upsert_run
from museion.catalog.catalog import Catalog

PLACE = ("ada", "table")
FILTER = "state = finished and config.lr > 0.0001 and summary.m7 < 1"
SQL = (
    "SELECT key, config, summary FROM run WHERE state = 'finished' AND json_extract(config, '$.lr') > 0.0001 "
    "AND json_extract(summary, '$.m7') < 1 ORDER BY json_extract(summary, '$.m3') DESC LIMIT 50"
)


def fill(stores: Stores, runs: int, keys: int) -> None:
    """Rows as `runs` trainings would have left them: half of the keys config, half summary, a tenth of them missing."""
    upsert_run(stores, *PLACE, "first", RunChange())
    chance = np.random.default_rng(5)
    names = [f"m{i}" for i in range(keys - 2)]
    values = np.exp(chance.normal(0, 1, (runs, len(names)))).round(6)
    there = chance.random(values.shape) >= 0.1
    states = chance.choice(["finished", "failed", "crashed", "killed"], runs, p=[0.7, 0.1, 0.1, 0.1]).tolist()
    with stores.catalog.transaction() as rows:
        home = rows.projects.key(*PLACE)
        columns = "project,id,number,name,state,created_at,updated_at,heartbeat_at,tags,config,summary,metadata,metrics"
        sql = f"INSERT INTO run ({columns}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"
        made = []
        for i in range(runs - 1):
            summary = {name: v for name, v, has in zip(names, values[i].tolist(), there[i], strict=True) if has}
            config = {"lr": float(10 ** chance.uniform(-5, -1)), "optimizer": ("adam", "sgd", "lamb")[i % 3]}
            texts = (json.dumps(config), json.dumps(summary))
            moment = 1.7e9 + i
            made.append((home, f"r{i}", i + 2, f"run-{i}", states[i], moment, moment, moment, "[]", *texts, "{}", "[]"))
        rows.connection.exec_driver_sql(sql, made)
        rows.changes.record(home, "run", "first", time.time())


def timed(what: Callable[[], Any]) -> Callable[[], float]:
    def measure() -> float:
        begin = time.perf_counter()
        what()
        return time.perf_counter() - begin

    return measure


def measure(runs: int, keys: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        stores = open_stores(Path(folder))
        fill(stores, runs, keys)
        peer = sqlite3.connect(Path(folder) / DATABASE)
        turn = iter(range(10**9))
        where = iter(range(10**9))

        def page(filter_: str = FILTER, **more: Any) -> Any:
            return list_runs(stores, *PLACE, RunQuery(filter=filter_, limit=50, **more))

        def fresh() -> str:
            """Never the same question twice: nothing is answered from the list of the last one."""
            return f"{FILTER} and summary.m9 != {next(turn)}"

        def changed() -> None:
            upsert_run(stores, *PLACE, f"r{next(where) % (runs - 1)}", RunChange(summary={"m3": next(turn)}))

        def change_and_ask() -> float:
            changed()
            return timed(lambda: page(sort="-summary.m3"))()

        def cold() -> float:
            return timed(lambda: list_runs(stores_anew(stores), *PLACE, RunQuery(limit=50)))()

        cases = {
            "filter + sort + page": timed(lambda: page(fresh(), sort="-summary.m3")),
            "… with 6 columns": timed(lambda: page(fresh(), sort="-summary.m3", columns="config.lr," + NARROW)),
            "… the page after": timed(lambda: page(sort="-summary.m3", cursor=page(sort="-summary.m3").next)),
            "… right after a change": change_and_ask,
            "newest first, no filter": timed(lambda: page(sort="-created_at", filter_=f"number > -{next(turn)}")),
            "by name, 2 keys": timed(lambda: page(fresh(), sort="+config.optimizer,-name")),
            "pattern: name ~ '9.*1$'": timed(lambda: page(f'name ~ "9.*1$" and number > -{next(turn)}')),
            "group by optimizer, 3 aggregates": timed(
                lambda: group_runs(
                    stores,
                    *PLACE,
                    Selection(fresh()),
                    by="config.optimizer",
                    aggregates="mean:summary.m3,std:summary.m3,min:summary.m7",
                )
            ),
            "columns and where they differ": timed(lambda: list_columns(stores, *PLACE, Selection(fresh()))),
            "SQLite json_extract": timed(lambda: peer.execute(SQL).fetchall()),
        }
        report(f"{runs:,} runs x {keys} keys", paired(cases, rounds), "filter + sort + page", 1e3, "ms")
        once = {"after a start": cold, "SQLite json_extract": timed(lambda: peer.execute(SQL).fetchall())}
        report("the first question", paired(once, max(rounds // 3, 1)), "SQLite json_extract", 1e3, "ms")
        with stores.catalog.run_table(home_of(stores)) as (_, table):
            print(f"  in memory: {table.nbytes / 2**20:.1f} MiB")
        peer.close()
        stores.close()


NARROW = ",".join(f"summary.m{i}" for i in range(5))


def stores_anew(stores: Stores) -> Stores:
    """The same stores as another process would open them: nothing in memory yet."""
    from dataclasses import replace

    return replace(stores, catalog=Catalog(stores.catalog.engine))


def home_of(stores: Stores) -> int:
    with stores.catalog.reading() as rows:
        return int(rows.projects.key(*PLACE) or 0)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, nargs="+", default=[10_000, 100_000])
    options.add_argument("--keys", type=int, default=50)
    options.add_argument("--rounds", type=int, default=9)
    given = options.parse_args()
    for runs in given.runs:
        measure(runs, given.keys, given.rounds)


if __name__ == "__main__":
    main()
