"""A real Chromium on a real server that holds the tutorial pipeline, run once for all these tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
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


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    (root / "work").mkdir()
    site = Site(root / "home", root / "work")
    site.python(PIPELINE, "--epochs", "2", timeout=200)
    site.python(PIPELINE, "--epochs", "1", "--no-normalize", timeout=200)
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


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A signed-in page that fails the test if the page's own code threw."""
    context = chromium.new_context(viewport={"width": 1500, "height": 900})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(site.link())
    yield page
    context.close()
    assert not faults, faults
