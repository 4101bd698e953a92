"""A home of one's own for each test, and the real server's app over real stores."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.app import CountedTransport, fresh_server

import museion
from museion.sdk import local, session
from museion.sdk.run import Run


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MUSEION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MUSEION_SILENT", "1")
    monkeypatch.setenv("MUSEION_ENTITY", "me")
    monkeypatch.setenv("MUSEION_SYSTEM_INTERVAL", "0")  # offline: no process beside the run
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield tmp_path / "home"
    for run in session.every():
        run.finish(quiet=True)
    local._staging.cache_clear()
    local._file_cache.cache_clear()


@pytest.fixture
def offline() -> Callable[..., Run]:
    """Begins an offline run of the project `p`."""

    def begin(**options: Any) -> Run:
        return museion.init(**{"project": "p", "mode": "offline", "settings": {"console": "off"}, **options})

    return begin


@pytest.fixture
def server(tmp_path: Path) -> Iterator[CountedTransport]:
    with fresh_server(tmp_path / "server") as transport:
        yield transport
