"""A real server in a process of its own, and scripts run by W&B's own client, as a user would run them."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import urllib3

from museion.sdk.transport import HttpTransport

REPO = Path(__file__).parents[2]
CLIENT = Path(os.environ.get("MUSEION_WANDB_PYTHON", REPO / ".venv-wandb" / "bin" / "python"))
KEY = "local-" + "0123456789abcdef" * 4
SECONDS = 100.0


@dataclass
class Wire:
    """A server under `root`, and scripts in `work`. `key` is the local user's."""

    root: Path
    work: Path
    port: int = 0
    key: str = KEY
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve; at the port it had before, if it had one."""
        self.root.mkdir(parents=True, exist_ok=True)
        key_file = self.root / "key.json"
        key_file.write_text(json.dumps({"key": self.key}))
        if not self.port:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "museion.server", "--root", str(self.root / "data"), "--port", str(self.port)]
        with (self.root / "server.log").open("ab") as log:
            self.process = subprocess.Popen([*command, "--key-file", str(key_file)], stdout=log, stderr=log)
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if urllib3.request("GET", f"{self.url}/api/v1/health", timeout=2.0, retries=False).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                time.sleep(0.05)
        self.stop(signal.SIGKILL)
        raise AssertionError(self.log)

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(20)
            self.process = None

    @property
    def log(self) -> str:
        return (self.root / "server.log").read_text()

    def env(self, **extra: str) -> dict[str, str]:
        """An environment that knows of nothing but this server, and keeps everything in `work`."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MUSEION_", "WANDB_", "HTTP", "http"))}
        places = {
            f"WANDB_{name}": str(self.work / name.lower()) for name in ("DIR", "CACHE_DIR", "DATA_DIR", "CONFIG_DIR")
        }
        for folder in places.values():
            Path(folder).mkdir(parents=True, exist_ok=True)
        here = {"WANDB_BASE_URL": self.url, "WANDB_API_KEY": self.key, "HOME": str(self.work), "WANDB_SILENT": "true"}
        here["PATH"] = f"{CLIENT.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        return {**kept, **places, **here, "NO_PROXY": "*", "PYTHONUNBUFFERED": "1", **extra}

    def popen(self, code: str | Path, *args: str, **env: str) -> subprocess.Popen[str]:
        """Begin a script with the client's Python."""
        what = [str(code)] if isinstance(code, Path) else ["-c", code]
        return subprocess.Popen(
            [str(CLIENT), *what, *args],
            cwd=self.work,
            env=self.env(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, code: str | Path, *args: str, code_is: int = 0, **env: str) -> str:
        """Run a script with the client's Python to its end; returns what it printed."""
        process = self.popen(code, *args, **env)
        try:
            out, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, _ = process.communicate()
            raise AssertionError(f"no end after {SECONDS} s:\n{out}\n{self.log[-4000:]}") from None
        assert process.returncode == code_is, f"→ {process.returncode}\n{out}\n{self.log[-4000:]}"
        return out

    def answer(self, code: str, **env: str) -> Any:
        """Run a script whose last line of output is JSON; returns that."""
        return json.loads(self.run(code, **env).strip().splitlines()[-1])

    def cli(self, *args: str, code_is: int = 0, **env: str) -> str:
        """Run a `wandb` command."""
        return self.run("import wandb.cli.cli; wandb.cli.cli.cli()", *args, code_is=code_is, **env)

    def get(self, path: str) -> Any:
        """GET a path of our own API."""
        return HttpTransport(self.url, self.key).request("GET", path).json()

    def graphql(self, query: str, **variables: Any) -> Any:
        """Ask a GraphQL document; returns status and body."""
        body = {"query": query, "variables": variables, "operationName": ""}
        headers = urllib3.make_headers(basic_auth=f"api:{self.key}")
        found = urllib3.request("POST", f"{self.url}/graphql", json=body, headers=headers, retries=False)
        return found.status, found.json()


@pytest.fixture(scope="session")
def client_python() -> Path:
    if not CLIENT.exists():
        pytest.skip("the W&B client is not installed: make test")
    return CLIENT


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory, client_python: Path) -> Iterator[Wire]:
    """One server a file of tests; each test takes a project of its own."""
    root = tmp_path_factory.mktemp("wire")
    (root / "work").mkdir()
    found = Wire(root / "server", root / "work")
    found.start()
    yield found
    found.stop()


@pytest.fixture
def own_wire(tmp_path: Path, client_python: Path) -> Iterator[Wire]:
    """A server that the test may stop and start."""
    (tmp_path / "work").mkdir()
    found = Wire(tmp_path / "server", tmp_path / "work")
    found.start()
    yield found
    found.stop(signal.SIGKILL)


@pytest.fixture(scope="session")
def entity() -> str:
    """The local user's entity."""
    from museion.server.main import local_user

    return local_user()


@contextmanager
def cutting(port: int, seed: int) -> Iterator[int]:
    """A port that leads to `port`, and cuts or slows some of the connections."""
    chance = random.Random(seed)
    listener = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def pump(source: socket.socket, target: socket.socket, allowed: int) -> None:
        with suppress(OSError):
            while allowed > 0 and (data := source.recv(min(65536, allowed))):
                allowed -= len(data)
                time.sleep(chance.uniform(0, 0.01))
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def serve() -> None:
        with suppress(OSError):
            while True:
                here, _ = listener.accept()
                there = socket.create_connection(("127.0.0.1", port))
                open_ones.extend((here, there))
                allowed = chance.randrange(200, 6000) if chance.random() < 0.3 else 1 << 40
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=pump, args=(*pair, allowed), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in open_ones:
            one.close()
        thread.join(5)
