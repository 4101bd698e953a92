"""What stands in the way of people who use a reader or the keyboard, as axe finds it."""

from __future__ import annotations

from playwright.sync_api import Page
from support.house import REPO

AXE = REPO / "web" / "node_modules" / "axe-core" / "axe.min.js"


def obstacles(page: Page) -> list[str]:
    """The rules of WCAG 2.0 A and AA that the page breaks, each with the first place."""
    page.evaluate(AXE.read_text())
    answer = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa']})")
    return [f"{page.url} {found['id']}: {found['nodes'][0]['html'][:160]}" for found in answer["violations"]]
