"""Logging three scalars a call: what a training loop feels, from import to finish.

Each round is a fresh process that imports, opens a run, logs, and finishes, and says what each part took. Museion runs
twice: offline (the journal alone) and online, with its uploader sending to a local server on the same cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from paired import paired, peer, report

LOOP = """
import json, os, resource, sys, time
name, mode, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
t0 = time.perf_counter()
if name == "museion":
    import museion as tracker
else:
    import wandb as tracker
t1 = time.perf_counter()
run = tracker.init(project="bench", mode=mode)
run.log({"loss": 1.0, "accuracy": 0.0, "lr": 0.1})
t2 = time.perf_counter()
clock, each = time.perf_counter_ns, [0] * calls
for i in range(calls):
    a = clock()
    run.log({"loss": 1.0 / (i + 1), "accuracy": i / calls, "lr": 0.1})
    each[i] = clock() - a
t3 = time.perf_counter()
run.finish()
t4 = time.perf_counter()
each.sort()
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
out = {"import": t1 - t0, "init": t2 - t1, "loop": (t3 - t2) / calls, "total": (t4 - t2) / calls, "finish": t4 - t3,
       "p50": each[calls // 2] / 1e9, "p99": each[calls * 99 // 100] / 1e9, "rss": rss}
print("BENCH " + json.dumps(out))
"""


def child(python: str | Path, name: str, mode: str, calls: int, home: str, log: dict[str, list[float]]) -> float:
    """One round; returns seconds a call and appends every other figure to `log`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "MUSEION_"))}
    env |= {"MUSEION_HOME": home, "WANDB_DIR": home, "MUSEION_SILENT": "1", "WANDB_SILENT": "true"}
    done = subprocess.run(
        [str(python), "-c", LOOP, name, mode, str(calls)],
        env=env,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("BENCH ")), None)
    if line is None:
        raise SystemExit(f"{name} {mode} failed:\n{done.stdout}\n{done.stderr}")
    figures = json.loads(line[6:])
    for key, value in figures.items():
        log.setdefault(key, []).append(value)
    return float(figures["loop"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    wandb = peer("wandb")
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as home:
        figures: dict[str, dict[str, list[float]]] = {}

        def case(python: str | Path, name: str, mode: str, calls: int) -> Callable[[], float]:
            log = figures.setdefault(f"{name} {mode}", {})
            return lambda: child(python, name, mode, calls, home, log)

        cases = {
            "museion offline": case(sys.executable, "museion", "offline", args.calls),
            "museion online": case(sys.executable, "museion", "online", args.calls),
        }
        if wandb:
            cases["wandb offline"] = case(wandb, "wandb", "offline", max(args.calls // 10, 1000))
        try:
            taken = paired(cases, args.rounds)
        finally:
            subprocess.run([sys.executable, "-m", "museion.cli", "down"], env={**os.environ, "MUSEION_HOME": home})
        report("log() of 3 scalars, a call", taken, "museion online", 1e6, "µs")
        for key in ("total", "p50", "p99"):
            rows = {name: log[key][1:] for name, log in figures.items()}
            report(f"log(): {key} a call", rows, "museion online", 1e6, "µs")
        for key in ("import", "init", "finish"):
            rows = {name: log[key][1:] for name, log in figures.items()}
            report(f"{key}", rows, "museion online", 1e3, "ms")
        report("peak memory", {n: log["rss"][1:] for n, log in figures.items()}, "museion online", 1, "MiB")


if __name__ == "__main__":
    main()
