"""A server as a process: start, stop, kill, and start again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.server import LOCAL_KEY

from museion.history.batch import Row, encode

RUN = "/api/v1/projects/ada/digits/runs/aaaaaaaa"


class Process:
    """A server on a free port of loopback, its socket handed over as the SDK does it."""

    def __init__(self, root: Path, *more: str, key: str = LOCAL_KEY) -> None:
        root.parent.mkdir(exist_ok=True)
        key_file = root.parent / "server.json"
        key_file.write_text(json.dumps({"key": key}))
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            fd = listener.fileno()
            command = [sys.executable, "-m", "museion.server", "--root", str(root), "--fd", str(fd)]
            command += ["--key-file", str(key_file), *more]
            self.process = subprocess.Popen(command, pass_fds=[fd], stderr=subprocess.PIPE, text=True)

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        """The JSON of an answer; requests wait in the socket's queue until the server is up."""
        headers = {"Authorization": f"Bearer {LOCAL_KEY}", "Content-Type": kind}
        request = urllib.request.Request(self.url + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def log(self, seq: int, count: int = 10) -> int:
        rows = [Row(seq + i, 1.0 + seq + i, {"x": seq + i}) for i in range(count)]
        found = self.ask("POST", f"{RUN}/history?writer=w&seq={seq}", encode(rows), "application/octet-stream")
        return int(found["next_seq"])

    def stop(self, sig: int = signal.SIGTERM) -> int:
        """Send `sig` and wait for the end; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            return self.process.wait(15)
        finally:
            assert self.process.stderr
            self.process.stderr.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "home" / "server"


@pytest.fixture
def server(root: Path) -> Iterator[Process]:
    server = Process(root)
    yield server
    server.stop(signal.SIGKILL)


def test_it_serves_at_once_and_stops_when_asked(server: Process, root: Path) -> None:
    assert server.ask("GET", "/api/v1/health")["status"] == "ok"
    server.ask("PUT", RUN, b"{}")
    # An open event stream must not hold it.
    request = urllib.request.Request(f"{server.url}/api/v1/projects/ada/digits/events")
    request.add_header("Authorization", f"Bearer {LOCAL_KEY}")
    with urllib.request.urlopen(request, timeout=10) as stream:
        assert stream.readline() == b"retry: 2000\n"
        began = time.monotonic()
        assert server.stop() in (0, -signal.SIGTERM)
        assert time.monotonic() - began < 5
    assert (root / "secret").stat().st_mode & 0o77 == 0
    assert root.stat().st_mode & 0o77 == 0


@pytest.mark.crash
def test_nothing_acknowledged_is_lost_by_kill_9(server: Process, root: Path) -> None:
    server.ask("PUT", RUN, b"{}")
    acknowledged, enough = 0, threading.Event()

    def ingest() -> None:
        nonlocal acknowledged
        try:
            while True:
                acknowledged = server.log(acknowledged)
                if acknowledged >= 300:
                    enough.set()
        except (OSError, urllib.error.URLError):
            enough.set()

    writer = threading.Thread(target=ingest)
    writer.start()
    assert enough.wait(60)
    server.stop(signal.SIGKILL)
    writer.join(30)
    assert acknowledged >= 300
    again = Process(root)
    try:
        stored = again.ask("GET", f"{RUN}/history/next?writer=w")["next_seq"]
        assert stored >= acknowledged
        rows = again.ask("GET", f"{RUN}/history?limit=10000")["rows"]
        assert [row["x"] for row in rows] == list(range(stored))
        assert again.log(acknowledged) >= stored, "the writer goes on where its last answer left it"
    finally:
        again.stop()


def test_two_servers_never_open_one_folder(server: Process, root: Path) -> None:
    server.ask("GET", "/api/v1/health")
    second = subprocess.run(
        [sys.executable, "-m", "museion.server", "--root", str(root), "--port", "0"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert second.returncode == 1
    assert f"process {server.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_listening_wider_demands_accounts(root: Path) -> None:
    command = [sys.executable, "-m", "museion.server", "--root", str(root), "--host", "0.0.0.0", "--port", "0"]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "museion user add" in refused.stderr


def test_a_taken_port_is_told(root: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        command = [sys.executable, "-m", "museion.server", "--root", str(root), "--port", str(taken.getsockname()[1])]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert refused.returncode == 1
    assert "Cannot listen" in refused.stderr


def test_it_goes_home_when_nobody_comes(root: Path) -> None:
    server = Process(root, "--idle-exit", "0.3")
    server.ask("GET", "/api/v1/health")
    assert server.process.wait(20) in (0, -signal.SIGTERM)
    server.stop()


def test_a_key_file_that_is_none_is_told(root: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    command = [sys.executable, "-m", "museion.server", "--root", str(root), "--port", "0"]
    refused = subprocess.run(
        [*command, "--key-file", str(tmp_path / "bad.json")], capture_output=True, text=True, timeout=60
    )
    assert (refused.returncode, "cannot be read" in refused.stderr) == (1, True)
    assert os.listdir(root)
