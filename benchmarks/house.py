"""What benchmarks of the history share: data of known shapes, a server of their own, and many connections to it."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import numpy as np

from museion.history.batch import Row, encode

PROJECT = "/api/v1/projects/me/bench"
Batch = tuple[int, bytes]
"""The number of the first row, and the encoded rows."""


def columns(count: int, seed: int) -> dict[str, list[float]]:
    """Five metrics as training logs them: three born as float32, a smooth double, a whole number."""
    rng = np.random.default_rng(seed)
    steps = np.arange(count)
    loss = (2.5 * np.exp(-steps / (count / 4 + 1)) + 0.1 + rng.normal(0, 0.05, count)).astype(np.float32)
    accuracy = (1 - np.exp(-steps / (count / 3 + 1)) + rng.normal(0, 0.01, count)).astype(np.float32)
    norm = rng.lognormal(0, 0.5, count).astype(np.float32)
    rate = 0.5e-3 * (1 + np.cos(math.pi * steps / max(1, count)))
    shapes = {"loss": loss, "accuracy": accuracy, "grad_norm": norm, "lr": rate, "epoch": steps // 500}
    return {name: values.tolist() for name, values in shapes.items()}


def rows(count: int, keys: int, seed: int = 0) -> list[Row]:
    """`count` rows of `keys` metrics, ten a second."""
    made: dict[str, list[float]] = {}
    for at in range(0, keys, 5):
        part = columns(count, seed * 1000 + at)
        made.update({(name if at == 0 else f"{name}_{at // 5}"): values for name, values in part.items()})
    names = list(made)[:keys]
    start = 1.75e9 + seed
    lines = zip(*(made[name] for name in names), strict=True)
    return [Row(i, start + i / 10, dict(zip(names, line, strict=True))) for i, line in enumerate(lines)]


def wide_rows(count: int, keys: int, share: float, seed: int = 0) -> list[Row]:
    """Rows that each have a random share of many keys."""
    pick = random.Random(seed)
    names = [f"layer.{i}/grad" for i in range(keys)]
    each = int(keys * share)
    return [
        Row(i, 1.75e9 + i / 10, {key: pick.gauss(0, 1) for key in sorted(pick.sample(names, each))})
        for i in range(count)
    ]


def batches(logged: Sequence[Row], size: int, first: int = 0) -> list[Batch]:
    """As an uploader would send them."""
    return [(first + at, encode(logged[at : at + size])) for at in range(0, len(logged), size)]


def points(logged: Sequence[Row]) -> int:
    """Values, each row's time counted as one."""
    return sum(len(row.values) + 1 for row in logged)


@dataclass
class Server:
    """A server process of its own."""

    url: str
    port: int
    key: str
    root: Path
    process: subprocess.Popen[bytes]

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        data = json.dumps(body).encode() if body is not None else None
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers, method=method), timeout=600) as answer:
            return bytes(answer.read())

    def rss(self, peak: bool = True) -> float:
        """MiB the process holds (or held at most)."""
        wanted = "VmHWM" if peak else "VmRSS"
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(wanted))

    def disk(self) -> int:
        return sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())


@contextmanager
def server(database: str | None = None) -> Iterator[Server]:
    """Started on a free port over an empty folder, stopped at the end."""
    key = "b" * 40
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        root = Path(folder)
        (root / "key.json").write_text(json.dumps({"key": key, "user": "me"}))
        port = _free_port()
        command = [sys.executable, "-m", "museion.server", "--root", str(root / "data"), "--port", str(port)]
        command += ["--key-file", str(root / "key.json")] + (["--database", database] if database else [])
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command, stdout=quiet, stderr=(root / "log").open("wb"), env=os.environ | {"USER": "me"}
        )
        try:
            found = Server(f"http://127.0.0.1:{port}", port, key, root / "data", process)
            _wait(found)
            yield found
        finally:
            process.terminate()
            process.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(found: Server) -> None:
    for _ in range(300):
        try:
            found.ask("GET", "/api/v1/health")
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the server did not start")


@dataclass(frozen=True)
class Load:
    """What sending took: seconds in all, and seconds from each batch's first byte to its answer, sorted."""

    seconds: float
    each: Sequence[float]


def send(to: Server, streams: Sequence[tuple[str, Sequence[Batch]]], connections: int) -> Load:
    """Send each run's batches in order, over so many connections at once."""
    return asyncio.run(_send(to, streams, connections))


async def _send(to: Server, streams: Sequence[tuple[str, Sequence[Batch]]], connections: int) -> Load:
    waiting, each = deque(streams), list[float]()

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", to.port)
        while waiting:
            run, sent = waiting.popleft()
            for seq, data in sent:
                begun = time.perf_counter()
                head = f"POST {PROJECT}/runs/{run}/history?writer=w&seq={seq} HTTP/1.1\r\nHost: 127.0.0.1:{to.port}\r\n"
                head += f"Authorization: Bearer {to.key}\r\nContent-Length: {len(data)}\r\n\r\n"
                writer.write(head.encode() + data)
                await _answer(reader)
                each.append(time.perf_counter() - begun)
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(connections)))
    return Load(time.perf_counter() - start, sorted(each))


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    size = int(head.split("content-length:")[1].split("\r\n")[0])
    body = await reader.readexactly(size)
    if " 200 " not in head.split("\r\n")[0]:
        raise SystemExit(f"{head}{body.decode()}")
