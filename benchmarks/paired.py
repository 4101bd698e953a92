"""The referee: cases take turns, the first round warms up, the table shows best, median and ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from pathlib import Path

SCRATCH = Path(__file__).parent.parent / "scratch"
PEERS = {
    "aim": "aim==3.29.1",
    "dvc": "dvc==3.67.1",
    "mlflow": "mlflow==3.17.2",
    "swanlab": "swanlab==0.10.3",
    "trackio": "trackio==0.43.0",
    "wandb": "wandb==0.31.0",
}


def paired(cases: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Run every case `rounds` times in turns, after one unmeasured round; returns seconds by case."""
    for case in cases.values():
        case()
    taken: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, case in cases.items():
            taken[name].append(case())
    return taken


def report(title: str, taken: Mapping[str, list[float]], measure: str, unit: float = 1.0, suffix: str = "s") -> None:
    """Print one line a case: best, median, and both as multiples of `measure`'s."""
    load = os.getloadavg()[0]
    print(f"\n{title}   ({len(taken[measure])} rounds, 1-min load {load:.1f}; × = multiple of {measure!r})")
    best, median = min(taken[measure]), statistics.median(taken[measure])
    for name, times in taken.items():
        low, mid = min(times), statistics.median(times)
        print(
            f"  {name:34s} best {low * unit:10.3f} {suffix}  median {mid * unit:10.3f} {suffix}"
            f"   × {low / best:6.2f} best  × {mid / median:6.2f} median"
        )


def peer(name: str) -> Path | None:
    """The Python of an environment holding the peer, made on first use; None (said aloud) if it cannot be had."""
    home = SCRATCH / "peers" / name
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        venv.create(home, with_pip=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", PEERS[name]], check=False)
        if done.returncode:
            print(f"{PEERS[name]} could not be installed: its rows are left out", file=sys.stderr)
            return None
        (home / ".ready").touch()
    return python
