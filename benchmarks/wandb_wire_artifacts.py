"""Artifacts sent and fetched by W&B's own client against Museion, beside the same client offline and beside our SDK.

    python benchmarks/wandb_wire_artifacts.py [--mib 64] [--files 300] [--rounds 2]

Cases take turns. "log" is from `add_dir` to the answer to the commit, "fetch" is `download()` into an empty folder
without the cache. The server's own CPU seconds are counted over all rounds and told per MiB, with those of the client.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from paired import paired, peer, report

KEY = "local-" + "0123456789abcdef" * 4
CLIENT = """
import os, pathlib, shutil, sys, time, {package} as wandb
source, target, mode = sys.argv[1:4]
run = wandb.init(project="bench", mode=mode)
artifact = wandb.Artifact("bench", "dataset")
start = time.perf_counter()
artifact.add_dir(source)
logged = run.log_artifact(artifact)
if mode == "online":
    logged.wait()
logging = time.perf_counter() - start
fetching = 0.0
if mode == "online":
    start = time.perf_counter()
    logged.download(target, skip_cache=True)
    fetching = time.perf_counter() - start
run.finish()
print("BENCH", logging, fetching)
"""


class Server:
    """A server of its own, and what its processor did."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True)
        (root / "key.json").write_text(json.dumps({"key": KEY}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "museion.server", "--root", str(root / "data"), "--port", str(port)]
        with (root / "log").open("w") as log:
            self._process = subprocess.Popen([*command, "--key-file", str(root / "key.json")], stderr=log)
        for _ in range(300):
            with socket.socket() as there:
                if there.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.1)
        raise SystemExit("the server does not start")

    def cpu(self) -> float:
        """Seconds so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)


def fill(folder: Path, files: int, size: int) -> Path:
    """A folder of fresh content."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number in range(files):
        (folder / f"{number}.bin").write_bytes(os.urandom(size))
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=64)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=2)
    args = parser.parse_args()
    python = peer("wandb")
    if python is None:
        raise SystemExit(1)
    scratch = Path(tempfile.mkdtemp(prefix="museion-bench-"))
    server = Server(scratch / "server")
    try:
        for title, count, size in (("large file", 1, args.mib << 20), ("small files", args.files, 10_000)):
            compare(f"{title}: {count} × {size:,} B", scratch, server, python, (count, size), args.rounds)
    finally:
        server.close()
        shutil.rmtree(scratch, ignore_errors=True)


def compare(title: str, scratch: Path, server: Server, python: Path, shape: tuple[int, int], rounds: int) -> None:
    """Log and fetch in turns; `fetch` is what the last log of the same client took."""
    fetched: dict[str, list[float]] = {}
    used = {"client": 0.0, "server": 0.0}

    def case(name: str, command: Path | str, package: str, mode: str) -> Callable[[], float]:
        def run() -> float:
            source = fill(scratch / "source", *shape)
            before = server.cpu()
            logging, fetching, cpu = said(command, package, server.url, scratch, source, mode)
            if name == "wandb → Museion":
                used["server"] += server.cpu() - before
                used["client"] += cpu
            fetched.setdefault(name, []).append(fetching)
            return logging

        return run

    cases = {
        "wandb → Museion": case("wandb → Museion", python, "wandb", "online"),
        "wandb offline": case("wandb offline", python, "wandb", "offline"),
        "museion": case("museion", sys.executable, "museion", "online"),
    }
    report(f"log {title}", paired(cases, rounds), "wandb offline")
    online = {name: times[1:] for name, times in fetched.items() if any(times)}
    report(f"fetch {title}", online, "museion")
    mib = shape[0] * shape[1] / (1 << 20) * (rounds + 1)
    print(f"  CPU per MiB logged and fetched: server {used['server'] / mib:.4f} s, client {used['client'] / mib:.4f} s")


def said(
    python: Path | str, package: str, url: str, scratch: Path, source: Path, mode: str
) -> tuple[float, float, float]:
    """Seconds to log, to fetch, and of the client's processor."""
    work, target = scratch / "work", scratch / "target"
    for folder in (work, target):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WANDB_", "MUSEION_"))}
    theirs = {f"WANDB_{name}": str(work) for name in ("DIR", "CACHE_DIR", "DATA_DIR", "CONFIG_DIR")}
    theirs |= {"WANDB_BASE_URL": url, "WANDB_API_KEY": KEY, "WANDB_SILENT": "true"}
    ours = {"MUSEION_HOME": str(work / "home"), "MUSEION_BASE_URL": url, "MUSEION_API_KEY": KEY}
    code = CLIENT.format(package=package)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [str(python), "-c", code, str(source), str(target), mode]
    done = subprocess.run(
        command, cwd=work, env={**kept, **theirs, **ours}, capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    line = next(line for line in done.stdout.splitlines() if line.startswith("BENCH"))
    logging, fetching = map(float, line.split()[1:])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return logging, fetching, cpu


if __name__ == "__main__":
    main()
