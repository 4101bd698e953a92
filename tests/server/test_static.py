"""The web UI's files, and what comes in their place."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
from support.server import Site, TestClient

from museion.actions.stores import Stores
from museion.server.app import create_app
from museion.server.settings import Settings

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def browser(stores: Stores, settings: Settings, tmp_path: Path) -> TestClient:
    ui = tmp_path / "ui"
    (ui / "assets").mkdir(parents=True)
    (ui / "index.html").write_text("<!doctype html><title>ui</title>")
    (ui / "assets" / "index-Ab3_x9Yz.js").write_text("let a=1")
    (ui / "assets" / "index-Ab3_x9Yz.js.gz").write_bytes(gzip.compress(b"let a=1"))
    (ui / "assets" / "theme.js").write_text("let t=1")
    (tmp_path / "secret.txt").write_text("secret")
    (ui / "assets" / "out.js").symlink_to(tmp_path / "secret.txt")
    app = create_app(stores, replace(settings, ui=ui))
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/ada", "/ada/digits/artifacts/model/net.pt/v1.2/files/a.png", "/ada/digits/runs/x/files/b.html"]
)
def test_any_page_is_the_ui_whatever_dots_it_has(browser: TestClient, path: str) -> None:
    answer = browser.get(path, headers=HTML)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>ui</title>")
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    again = browser.get(path, headers={**HTML, "If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_what_is_no_page_is_not_answered_by_one(browser: TestClient) -> None:
    assert browser.get("/ada/digits", headers={"Accept": "application/json"}).status_code == 404
    for path in ("/api/v1/none", "/api/none", "/assets/none", "/-/none"):
        assert browser.get(path, headers=HTML).status_code == 404, path
    assert browser.post("/ada/digits", headers=HTML).status_code == 404, "what no door speaks is not there"


def test_assets_are_kept_for_ever_if_their_name_has_a_hash(browser: TestClient) -> None:
    packed = browser.get("/assets/index-Ab3_x9Yz.js", headers={"Accept-Encoding": "gzip"})
    assert (packed.text, packed.headers["content-encoding"]) == ("let a=1", "gzip")
    assert packed.headers["content-type"].startswith("text/javascript")
    plain = browser.get("/assets/index-Ab3_x9Yz.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert "immutable" in plain.headers["cache-control"]
    assert browser.get("/assets/theme.js").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["../index.html", "%2e%2e/%2e%2e/secret.txt", "out.js", "index-Ab3_x9Yz.js.gz", ""])
def test_assets_never_lead_out(browser: TestClient, path: str) -> None:
    answer = browser.get(f"/assets/{path}")
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_without_a_build_one_page_says_how(site: Site) -> None:
    answer = site.client().get("/ada/digits", headers=HTML)
    assert answer.status_code == 200
    assert "make web" in answer.text
    assert site.client().get("/api/v1/health").json()["ui"] is False
