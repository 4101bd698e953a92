"""A house with the tutorial in it, and the addresses of its pages."""

from __future__ import annotations

from support.house import House

PROJECT = "artifacts-example"


class Site(House):
    """A house with the tutorial in it; `url(path)` is a page of it, `link(path)` one that signs the browser in."""

    entity: str
    base: str

    def url(self, path: str = "") -> str:
        return f"{self.base}/{self.entity}/{PROJECT}{path}"

    def link(self, path: str = "") -> str:
        page = f"{self.entity}/{PROJECT}{path}"
        return str(self.ask("up", "--no-browser", "--page", page)["link"])
