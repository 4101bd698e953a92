"""The shape of a large server: 50 projects x 1,500 runs x 1,500 metrics, as fasttrackml measures itself with.

That is 112.5 M series. As many of them are made as fit here (`--runs` of one project, `--metrics` each); what is
printed as "extrapolated" multiplies what was measured by the runs and metrics that were left out, in so far as the cost
grows with them. Reads are measured through the server's doors.
"""

from __future__ import annotations

import argparse
import time

import house
from house import PROJECT, Server
from paired import paired, report

from museion.history.batch import Row, encode

PROJECTS, RUNS, METRICS = 50, 1_500, 1_500


def fill(to: Server, runs: int, metrics: int, rows: int) -> float:
    """Seconds that logging took."""
    names = [f"metric.{at:04d}" for at in range(metrics)]
    made = [Row(i, 1.75e9 + i, {name: (at * 31 + i) % 97 / 7 for at, name in enumerate(names)}) for i in range(rows)]
    batch = [(0, encode(made))]
    streams = [(f"r{at}", batch) for at in range(runs)]
    for name, _ in streams:
        to.ask("PUT", f"{PROJECT}/runs/{name}", {})
    return house.send(to, streams, 16).seconds


def timed(to: Server, method: str, path: str, body: object = None) -> float:
    start = time.perf_counter()
    to.ask(method, path, body)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--metrics", type=int, default=300)
    parser.add_argument("--rows", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with house.server() as to:
        seconds = fill(to, args.runs, args.metrics, args.rows)
        series = args.runs * args.metrics
        print(
            f"\n{args.runs} runs x {args.metrics} metrics x {args.rows} rows: {series / seconds:,.0f} series/s taken in"
        )
        whole = PROJECTS * RUNS * METRICS
        print(f"  extrapolated to {whole / 1e6:.1f} M series: {whole / series * seconds / 3600:.1f} h on this machine")
        chosen = [f"r{at}" for at in range(args.runs)]
        one = {"runs": chosen, "keys": ["metric.0007"]}
        cases = {
            "health": lambda: timed(to, "GET", "/api/v1/health"),
            "keys of all runs": lambda: timed(to, "POST", f"{PROJECT}/keys", {}),
            "1 metric of all runs": lambda: timed(to, "POST", f"{PROJECT}/series", one),
            "keys of one run": lambda: timed(to, "GET", f"{PROJECT}/runs/r7/keys"),
            "a page of 100 runs": lambda: timed(to, "GET", f"{PROJECT}/runs?limit=100"),
        }
        report("reading while nothing is compacted", paired(cases, args.rounds), "health", 1e3, "ms")
        print("  waiting until all is compacted", flush=True)
        time.sleep(65 + series / 20_000)
        report("reading once it is", paired(cases, args.rounds), "health", 1e3, "ms")
        size, memory = to.disk() / series, to.rss()
        print(f"  {size:.0f} B a series on disk, extrapolated {size * whole / 1e9:.0f} GB; peak {memory:.0f} MiB")


if __name__ == "__main__":
    main()
