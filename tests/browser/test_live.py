"""A run that goes on while somebody looks at it."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect
from support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]

RUN = """
import sys, museion
with museion.init(project="live", id="growing1") as run:
    for line in sys.stdin:
        for value in line.split():
            run.log({"loss": float(value)})
"""


def test_a_running_runs_chart_grows_by_the_points_that_come(page: Page, site: Site) -> None:
    """The curve is read until its points come by themselves, and not once for each of them."""
    command = [sys.executable, "-c", RUN]
    running = subprocess.Popen(command, cwd=site.work, env=site.env(), stdin=subprocess.PIPE, text=True)
    assert running.stdin is not None
    read: list[str] = []
    page.on("request", lambda request: read.append(request.url) if "/series" in request.url else None)

    def log(values: str) -> None:
        running.stdin.write(values + "\n")  # type: ignore[union-attr]
        running.stdin.flush()  # type: ignore[union-attr]

    try:
        log("1 2 3")
        page.goto(f"{site.base}/{site.entity}/live")
        chart = page.get_by_role("figure", name="chart of loss")
        expect(chart.get_by_text("3", exact=True)).to_be_visible(timeout=30_000)
        with page.expect_response(re.compile("/live[?]"), timeout=30_000):
            log("4")
        expect(chart.get_by_text("4", exact=True)).to_be_visible(timeout=30_000)
        read.clear()
        for value in ("5.25", "6.5", "6.75", "7.5", "7.75"):
            log(value)
            expect(chart.get_by_text(value, exact=True)).to_be_visible(timeout=30_000)
        assert len(read) <= 1, "the curve was read again and again, though its points had come"
    finally:
        running.stdin.close()
        assert running.wait(60) == 0
    chart.hover()
    chart.get_by_role("button", name="enlarge loss").click()
    page.get_by_role("dialog").get_by_text("As a table").click()
    row = page.get_by_role("table", name="values of loss").get_by_role("row").nth(1)
    expect(row.get_by_role("cell")).to_have_text(["9", "1", "7.75", "7.75"])
