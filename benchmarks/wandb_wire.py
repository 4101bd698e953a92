"""W&B's own client against Museion: beside the same client offline, and beside our SDK.

Each case is a whole process, from `init` to the end of `finish`, that logs rows of 3 scalars. Beside the time, the CPU
that the server took a row is compared with what the client took a row (its Go process included).

    python benchmarks/wandb_wire.py [--rows 5000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import urllib3
from paired import paired, report

REPO = Path(__file__).parents[1]
CLIENT = Path(os.environ.get("MUSEION_WANDB_PYTHON", REPO / ".venv-wandb" / "bin" / "python"))
KEY = "local-" + "0123456789abcdef" * 4

SCRIPT = """
import sys
import {name} as wandb
run = wandb.init(project="bench", mode=sys.argv[2] if sys.argv[2] != "online" else None)
for i in range(int(sys.argv[1])):
    run.log({{"loss": 1 / (i + 1), "acc": i * 0.5, "lr": 0.1}})
run.finish()
"""


class Server:
    """A server process under `root`."""

    def __init__(self, root: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        key_file = root / "key.json"
        key_file.write_text(json.dumps({"key": KEY}))
        port = self.url.rpartition(":")[2]
        command = [sys.executable, "-m", "museion.server", "--root", str(root / "data"), "--port", port]
        with (root / "server.log").open("wb") as log:
            self.process = subprocess.Popen([*command, "--key-file", str(key_file)], stdout=log, stderr=log)
        while True:
            try:
                urllib3.request("GET", f"{self.url}/api/v1/health", retries=False)
                return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.1)

    def cpu(self) -> float:
        """Seconds of CPU so far."""
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system


def children_cpu() -> float:
    """Seconds of CPU of all processes that ended under this one, and under them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Cases:
    """What is measured; `spent` gathers CPU seconds a row of client and server."""

    def __init__(self, server: Server, work: Path, rows: int) -> None:
        self._server, self._work, self._rows = server, work, rows
        self.spent: dict[str, list[tuple[float, float]]] = {}

    def run(self, case: str, python: Path, module: str, mode: str) -> float:
        names = ("DIR", "CACHE_DIR", "DATA_DIR", "CONFIG_DIR")
        places = {f"WANDB_{name}": str(self._work) for name in names}
        known = {
            "WANDB_BASE_URL": self._server.url,
            "WANDB_API_KEY": KEY,
            "WANDB_SILENT": "true",
            "WANDB_CONSOLE": "off",
        }
        ours = {"MUSEION_BASE_URL": self._server.url, "MUSEION_API_KEY": KEY, "MUSEION_HOME": str(self._work / "home")}
        env = {**os.environ, **places, **known, **ours, "HOME": str(self._work)}
        before = children_cpu(), self._server.cpu()
        begun = time.perf_counter()
        script = SCRIPT.format(name=module)
        command = [str(python), "-c", script, str(self._rows), mode]
        subprocess.run(command, env=env, cwd=self._work, check=True, stdout=subprocess.DEVNULL, timeout=300)
        taken = time.perf_counter() - begun
        client, server = children_cpu() - before[0], self._server.cpu() - before[1]
        self.spent.setdefault(case, []).append((client / self._rows, server / self._rows))
        return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="museion-bench-", ignore_cleanup_errors=True) as folder:
        root = Path(folder)
        (root / "work").mkdir()
        server = Server(root)
        cases = Cases(server, root / "work", asked.rows)
        try:
            taken = paired(
                {
                    "wandb offline": lambda: cases.run("wandb offline", CLIENT, "wandb", "offline"),
                    "wandb → museion": lambda: cases.run("wandb → museion", CLIENT, "wandb", "online"),
                    "museion": lambda: cases.run("museion", Path(sys.executable), "museion", "online"),
                },
                asked.rounds,
            )
        finally:
            server.process.terminate()
            server.process.wait(20)
    report(f"a run of {asked.rows:,} rows, init to finish", taken, "wandb offline")
    print("\nCPU a row, µs (best)")
    for case, spent in cases.spent.items():
        client, at_server = min(one[0] for one in spent), min(one[1] for one in spent)
        share = f"   server ÷ client {at_server / client:5.2f}" if client and case != "wandb offline" else ""
        print(f"  {case:20s} client {client * 1e6:8.1f}   server {at_server * 1e6:8.1f}{share}")


if __name__ == "__main__":
    main()
