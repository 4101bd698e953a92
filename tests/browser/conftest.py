"""A real Chromium on a real server that holds the tutorial pipeline, run once for all these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, StorageState, sync_playwright
from support.house import PIPELINE
from support.site import Site

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


TWICE = """
import os, runpy, sys
for arguments in (["--epochs", "2"], ["--epochs", "1", "--no-normalize"]):
    sys.argv = [os.environ["PIPELINE"], *arguments]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""The tutorial, and again otherwise: one process, which loads PyTorch once."""


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    (root / "work").mkdir()
    site = Site(root / "home", root / "work")
    site.script(TWICE, PIPELINE=str(PIPELINE), timeout=300)
    site.base = site.ask("up", "--no-browser")["url"]
    site.entity = site.get("/api/v1/viewer")["entity"]
    yield site
    site.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("MUSEION_CHROMIUM", "/usr/bin/chromium")
    assert Path(path).exists(), "install Debian's chromium (requirements/system.sh does) or set MUSEION_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(chromium: Browser, site: Site) -> StorageState:
    """What a browser keeps that came through a sign-in link."""
    context = chromium.new_context()
    context.new_page().goto(site.link())
    state = context.storage_state()
    context.close()
    assert state["cookies"]
    return state


@pytest.fixture
def page(chromium: Browser, signed_in: StorageState) -> Iterator[Page]:
    """A signed-in page that fails the test if the page's own code threw."""
    context = chromium.new_context(viewport={"width": 1500, "height": 900}, storage_state=signed_in)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults, faults
