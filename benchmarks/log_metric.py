"""Logging three scalars a call: what a training loop feels, from import to finish.

Each round is a fresh process that imports, opens a run, logs, and finishes, and says what each part took. Museion runs
twice: offline (the journal alone) and online, with its uploader sending to a local server on the same cores. The peers
run in environments of their own, without a server where they have such a mode; slow ones log fewer rows.

    python benchmarks/log_metric.py --calls 20000 --rounds 3 --peers wandb,trackio
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
name, mode, calls, home = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
t0 = time.perf_counter()
if name in ("museion", "wandb"):
    tracker = __import__(name)
    t1 = time.perf_counter()
    run = tracker.init(project="bench", mode=mode)
    log, finish = run.log, run.finish
elif name == "trackio":
    import trackio
    t1 = time.perf_counter()
    trackio.init(project="bench", embed=False, auto_log_gpu=False, auto_log_cpu=False)
    log, finish = trackio.log, trackio.finish
elif name == "swanlab":
    import swanlab
    t1 = time.perf_counter()
    run = swanlab.init(project="bench", mode="offline", log_dir=home + "/swanlab")
    log, finish = run.log, swanlab.finish
elif name == "aim":
    import aim
    t1 = time.perf_counter()
    run = aim.Run(repo=home, system_tracking_interval=None, capture_terminal_logs=False, log_system_params=False)
    log, finish = lambda row: [run.track(value, name=key) for key, value in row.items()], run.close
elif name == "mlflow":
    import mlflow
    t1 = time.perf_counter()
    mlflow.set_tracking_uri("sqlite:///" + home + "/mlflow.db")
    mlflow.set_experiment("bench")
    mlflow.start_run()
    log, finish = mlflow.log_metrics, mlflow.end_run
log({"loss": 1.0, "accuracy": 0.0, "lr": 0.1})
t2 = time.perf_counter()
clock, each = time.perf_counter_ns, [0] * calls
for i in range(calls):
    row = {"loss": 1.0 / (i + 1), "accuracy": i / calls, "lr": 0.1}
    a = clock()
    log(row)
    each[i] = clock() - a
t3 = time.perf_counter()
finish()
t4 = time.perf_counter()
each.sort()
rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
out = {"mean": sum(each) / calls / 1e9, "total": (t4 - t2) / calls, "p50": each[calls // 2] / 1e9,
       "p99": each[calls * 99 // 100] / 1e9, "start": t2 - t0, "import": t1 - t0, "finish": t4 - t3, "rss": rss}
print("BENCH " + json.dumps(out), flush=True)
"""
SLOWER = {"wandb": 10, "trackio": 1, "swanlab": 2, "aim": 20, "mlflow": 100}
"""How many times fewer rows a peer logs than Museion."""


def child(python: str | Path, name: str, mode: str, calls: int, home: str, log: dict[str, list[float]]) -> float:
    """One round; returns seconds a call and appends every other figure to `log`."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "MUSEION_"))}
    env |= {"MUSEION_HOME": home, "WANDB_DIR": home, "TRACKIO_DIR": f"{home}/trackio", "SWANLAB_MODE": "offline"}
    env |= {"MUSEION_SILENT": "1", "WANDB_SILENT": "true"}
    command = [str(python), "-c", LOOP, name, mode, str(calls), home]
    done = subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=900)
    line = next((x for x in done.stdout.splitlines() if x.startswith("BENCH ")), None)
    if line is None:
        raise SystemExit(f"{name} {mode} failed:\n{done.stdout}\n{done.stderr}")
    figures = json.loads(line[6:])
    for key, value in figures.items():
        log.setdefault(key, []).append(value)
    return float(figures["mean"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(SLOWER), help="joined by commas; empty for none")
    args = parser.parse_args()
    peers = {name: python for name in filter(None, args.peers.split(",")) if (python := peer(name))}
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as home:
        figures: dict[str, dict[str, list[float]]] = {}

        def case(python: str | Path, name: str, mode: str, calls: int) -> Callable[[], float]:
            log = figures.setdefault(f"{name} {mode}".strip(), {})
            return lambda: child(python, name, mode, calls, home, log)

        cases = {
            "museion offline": case(sys.executable, "museion", "offline", args.calls),
            "museion online": case(sys.executable, "museion", "online", args.calls),
        }
        for name, python in peers.items():
            mode = "offline" if name == "wandb" else ""
            cases[f"{name} {mode}".strip()] = case(python, name, mode, max(100, args.calls // SLOWER[name]))
        try:
            taken = paired(cases, args.rounds)
        finally:
            subprocess.run([sys.executable, "-m", "museion.cli", "down"], env={**os.environ, "MUSEION_HOME": home})
        show(taken, figures)


def show(taken: dict[str, list[float]], figures: dict[str, dict[str, list[float]]]) -> None:
    """One table a figure; the first, unmeasured round is left out of all."""
    report("log() of 3 scalars, mean a call", taken, "museion online", 1e6, "µs")
    titles = {
        "p50": "log(): median",
        "p99": "log(): 99th percentile",
        "total": "a call, with finish",
        "start": "import, init and first log",
        "import": "import",
        "finish": "finish",
        "rss": "peak memory of the training process",
    }
    units = {"start": (1e3, "ms"), "import": (1e3, "ms"), "finish": (1e3, "ms"), "rss": (1.0, "MiB")}
    for key, title in titles.items():
        unit, suffix = units.get(key, (1e6, "µs"))
        report(title, {name: log[key][1:] for name, log in figures.items()}, "museion online", unit, suffix)


if __name__ == "__main__":
    main()
