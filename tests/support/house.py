"""A Museion of its own for a test: a home folder, and scripts and commands run in it as a user would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).parents[2]
PIPELINE = REPO / "examples" / "mnist_pipeline.py"
JOBS = ["load-data", "preprocess-data", "initialize", "train", "report"]


@dataclass
class House:
    """`home` is MUSEION_HOME, `work` the folder scripts run in."""

    home: Path
    work: Path

    def env(self, **extra: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSEION_", "WANDB_"))}
        return {**kept, "MUSEION_HOME": str(self.home), "PYTHONUNBUFFERED": "1", **extra}

    def python(self, *args: str | Path, timeout: float = 110, **env: str) -> subprocess.CompletedProcess[str]:
        """Run Python with `args`; fails with its whole output unless it exits with 0."""
        command = [sys.executable, *map(str, args)]
        done = subprocess.run(
            command, cwd=self.work, env=self.env(**env), capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"{command} → {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def script(self, code: str, timeout: float = 110, **env: str) -> str:
        """Run `code` in a fresh process and return what it printed."""
        return self.python("-c", code, timeout=timeout, **env).stdout

    def museion(self, *args: str, **env: str) -> str:
        """Run a `museion` command and return what it printed."""
        return self.python("-m", "museion.cli", *args, **env).stdout

    def ask(self, *args: str) -> Any:
        """Run a `museion` command with --json and return its answer."""
        return json.loads(self.museion(*args, "--json"))

    def get(self, path: str) -> Any:
        """GET an API path from the local server, starting it if need be."""
        from museion.sdk.transport import HttpTransport

        self.museion("up", "--no-browser")
        server = json.loads((self.home / "server.json").read_text())
        return HttpTransport(server["url"], server["key"]).request("GET", path).json()

    def close(self) -> None:
        subprocess.run(
            [sys.executable, "-m", "museion.cli", "down"],
            env=self.env(),
            cwd=self.work,
            capture_output=True,
            timeout=30,
        )


def shape(graph: dict[str, Any]) -> tuple[list[str], list[tuple[str, str]]]:
    """A graph as it looks to a person: run names differ from house to house, so runs go by their job type."""
    name = {n["id"]: n["type"] if n["kind"] == "run" else f"{n['name']}:{n['version']}" for n in graph["nodes"]}
    edges = sorted((name[e["source"]], name[e["target"]]) for e in graph["edges"])
    return sorted(name.values()), edges


TUTORIAL = (
    sorted([*JOBS, "mnist-raw:v0", "mnist-preprocess:v0", "convnet:v0", "trained-model:v0"]),
    sorted(
        [
            ("load-data", "mnist-raw:v0"),
            ("mnist-raw:v0", "preprocess-data"),
            ("preprocess-data", "mnist-preprocess:v0"),
            ("initialize", "convnet:v0"),
            ("convnet:v0", "train"),
            ("mnist-preprocess:v0", "train"),
            ("train", "trained-model:v0"),
            ("mnist-preprocess:v0", "report"),
            ("trained-model:v0", "report"),
        ]
    ),
)
