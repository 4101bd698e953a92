"""What a person sees: the tutorial's pages in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]


def nodes(page: Page) -> int:
    return int(page.locator("[data-nodes]").get_attribute("data-nodes") or 0)


def test_the_graph_shows_types_first_and_every_instance_when_exploded(page: Page, site: Site) -> None:
    page.goto(site.url("/graph"))
    for name in ("dataset", "model", "load-data", "preprocess-data", "initialize", "train", "report"):
        expect(page.get_by_role("link", name=re.compile(name)).first).to_be_visible()
    assert nodes(page) == 7
    page.get_by_role("button", name="Explode").click()
    for name in ("mnist-raw:v0", "mnist-preprocess:v1", "convnet:v0", "trained-model:v1"):
        expect(page.get_by_role("link", name=re.compile(name)).first).to_be_visible()
    assert nodes(page) == 16, "ten runs and six versions"


def test_a_selected_node_shows_its_metadata_and_the_url_brings_it_back(page: Page, site: Site) -> None:
    page.goto(site.url("/graph?detail=instances"))
    page.get_by_role("link", name=re.compile("mnist-preprocess:v1")).first.click()
    expect(page.get_by_text("normalize").first).to_be_visible()
    page.reload()
    expect(page.get_by_text("normalize").first).to_be_visible()


def test_the_workspace_draws_curves_of_the_training_runs(page: Page, site: Site) -> None:
    page.goto(site.url())
    expect(page.get_by_role("figure", name=re.compile("train.loss")).first).to_be_visible()
    expect(page.locator("canvas").first).to_be_visible()


def test_a_run_page_shows_pictures_with_captions(page: Page, site: Site) -> None:
    report = next(r for r in site.ask("run", "ls", "-p", "artifacts-example") if r["job_type"] == "report")
    page.goto(site.url(f"/runs/{report['id']}"))
    expect(page.get_by_text(re.compile(r"\d is really \d")).first).to_be_visible()


def test_a_version_page_shows_files_and_how_to_use_it(page: Page, site: Site) -> None:
    page.goto(site.url("/artifacts/dataset/mnist-raw/v0/files"))
    expect(page.get_by_text("training.pt").first).to_be_visible()
    page.goto(site.url("/artifacts/dataset/mnist-raw/latest/usage"))
    expect(page.get_by_text("use_artifact").first).to_be_visible()


@pytest.mark.parametrize("path", ["/workspace", "/table", "/artifacts/model/convnet/v0/lineage"])
def test_urls_as_w_and_b_writes_them_land(page: Page, site: Site, path: str) -> None:
    page.goto(site.url(path))
    expect(page.get_by_text(re.compile("not found|no such page", re.I))).to_have_count(0)
    expect(page.get_by_role("navigation").first).to_be_visible()


def test_a_stranger_is_sent_to_the_login_page(site: Site, chromium) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.url("/graph"))
    expect(page.get_by_label("API key")).to_be_visible()
    context.close()


def test_a_sign_in_link_is_good_once(site: Site, chromium) -> None:  # type: ignore[no-untyped-def]
    link = site.link("/graph")
    for turn in range(2):
        context = chromium.new_context()
        answer = context.new_page().goto(link)
        assert answer is not None
        assert (answer.status < 400) is (turn == 0)
        context.close()
