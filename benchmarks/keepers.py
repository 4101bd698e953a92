"""How others keep a file or a folder as an artifact: the shortest way that each documents, in a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from paired import peer

_HEAD = """
import os, sys, time
home, source = sys.argv[1], sys.argv[2]
os.makedirs(home, exist_ok=True)
os.chdir(home)
many = os.path.isdir(source)
"""
_TAIL = """
print("BENCH", time.perf_counter() - start)
"""
_WAYS = {
    "wandb": """
import wandb
with wandb.init(project="bench", mode="offline", dir=home, settings=wandb.Settings(silent=True)) as run:
    start = time.perf_counter()
    artifact = wandb.Artifact("bench", type="dataset")
    artifact.add_dir(source) if many else artifact.add_file(source)
    run.log_artifact(artifact)
""",
    "mlflow": """
import mlflow
mlflow.set_tracking_uri("sqlite:///" + home + "/mlflow.db")
mlflow.create_experiment("bench", artifact_location="file://" + home + "/artifacts")
mlflow.set_experiment("bench")
with mlflow.start_run():
    start = time.perf_counter()
    mlflow.log_artifacts(source) if many else mlflow.log_artifact(source)
""",
    "trackio": """
os.environ["TRACKIO_DIR"] = home + "/trackio"
import trackio
trackio.init(project="bench", embed=False, auto_log_gpu=False, auto_log_cpu=False)
start = time.perf_counter()
artifact = trackio.Artifact("bench", type="dataset")
artifact.add_dir(source) if many else artifact.add_file(source)
trackio.log_artifact(artifact).wait()
trackio.finish()
""",
    "dvc": """
import shutil
from dvc.repo import Repo
repo = Repo.init(no_scm=True)
shutil.copytree(source, "data") if many else shutil.copy(source, "data")  # it takes files over: not measured
start = time.perf_counter()
repo.add("data")
""",
}
KEEPERS = tuple(_WAYS)

Measure = Callable[[str, Path, str, Path, Path], float]


def script(name: str) -> str:
    """What the peer runs; it takes a folder of its own and the source, and prints how long it took."""
    return _HEAD + _WAYS[name] + _TAIL


def keepers(names: Sequence[str], measure: Measure, scratch: Path, source: Path) -> dict[str, Callable[[], float]]:
    """A case for each of those that can be had; `measure` gets what `said` of `log_artifact.py` takes."""
    found: dict[str, Callable[[], float]] = {}
    for name in names:
        if python := peer(name):
            found[name] = _case(name, python, measure, scratch, source)
    return found


def _case(name: str, python: Path, measure: Measure, scratch: Path, source: Path) -> Callable[[], float]:
    rounds = iter(range(1_000_000))
    code = script(name)
    return lambda: measure("BENCH", python, code, scratch / f"{name}-{source.name}-{next(rounds)}", source)
