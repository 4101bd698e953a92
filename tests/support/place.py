"""A home with a local server of its own, and scripts in real processes, for tests that kill some of them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil

from museion.errors import NotFound
from museion.sdk.localserver import find_or_start, read
from museion.sdk.transport import HttpTransport, run_path

REPO = Path(__file__).parents[2]
PATIENCE = 60.0


class Place:
    """A home with a local server, and scripts in it. Everything started here is stopped by its id."""

    def __init__(self, root: Path) -> None:
        self.home = root / "home"
        self.work = root / "work"
        self.work.mkdir(parents=True)
        self.started: list[subprocess.Popen[str]] = []

    def env(self, **more: str) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MUSEION_")}
        return {**kept, "MUSEION_HOME": str(self.home), "MUSEION_ENTITY": "me", "PYTHONPATH": str(REPO), **more}

    def begin(self, code: str, *arguments: str, **more: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-u", "-c", textwrap.dedent(code), *arguments],
            cwd=self.work,
            env=self.env(**more),
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def script(self, code: str, expect: int = 0, **more: str) -> tuple[str, str]:
        process = self.begin(code, **more)
        out, err = process.communicate(timeout=90)
        assert process.returncode == expect, err
        return out, err

    def folder(self, run: str, project: str = "p") -> Path:
        return self.home / "runs" / "me" / project / run

    @property
    def server(self) -> HttpTransport:
        found = find_or_start(self.home)
        return HttpTransport(found.url, found.key)

    def run(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = self.server.request("GET", run_path("me", "p", run)).json()
        return found

    def over(self, run: str) -> dict[str, Any]:
        """The run, once it is over."""
        until(lambda: self.state(run) not in ("", "running"), f"{run} is over")
        return self.run(run)

    def state(self, run: str) -> str:
        """Its state; empty if the server does not know it yet."""
        try:
            return str(self.run(run)["state"])
        except NotFound:
            return ""

    def console(self, run: str) -> list[str]:
        """Lines as `stream: text`."""
        page = self.server.request("GET", run_path("me", "p", run, "console"), query={"limit": 10_000}).json()
        return [f"{line['stream']}: {line['text']}" for line in page["lines"]]

    def rows(self, run: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: int | None = 0
        while start is not None:
            query = {"start": start, "limit": 10_000}
            page = self.server.request("GET", run_path("me", "p", run, "history"), query=query).json()
            found += page["rows"]
            start = page["next"]
        return found

    def uploaders(self, run: str = "") -> list[psutil.Process]:
        """Those of a run, or all of this home."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = process.info["cmdline"] or []
            if "museion.sdk.uploader" in line and line[-1].startswith(str(self.home)) and line[-1].endswith(run):
                found.append(process)
        return found

    def close(self) -> None:
        for process in self.started:
            process.kill()
            process.communicate()
        for uploader in self.uploaders():
            uploader.kill()
        if (server := read(self.home)) is not None:
            end(server.pid)


def end(pid: int) -> None:
    """Kill a process and wait until it is gone, or a zombie that somebody else is to reap."""
    try:
        process = psutil.Process(pid)
        process.kill()
        until(lambda: not process.is_running() or process.status() == psutil.STATUS_ZOMBIE, f"{pid} ended")
    except psutil.NoSuchProcess:
        pass


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not so after {PATIENCE} s: {what}"
        time.sleep(0.05)
