"""What people do again and again: find runs, change many, look closer, compare, save a view, clean up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from support.axe import obstacles
from support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]


def rows(page: Page) -> Locator:
    return page.locator("[data-run]")


def open_runs(page: Page, site: Site, query: str = "") -> None:
    page.goto(site.url(f"/runs{query}"))
    expect(page.get_by_role("table", name="runs")).to_be_visible()


def test_a_filter_narrows_the_table_and_its_mistake_is_shown_in_its_place(page: Page, site: Site) -> None:
    open_runs(page, site)
    expect(rows(page)).to_have_count(10)
    box = page.get_by_label("Filter runs")
    box.fill('job_type = "train" and state = finished')
    expect(rows(page)).to_have_count(2)
    page.reload()
    expect(rows(page)).to_have_count(2)
    expect(box).to_have_value('job_type = "train" and state = finished')
    box.fill("job_type = train andd x")
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("^")
    shown = problem.locator("pre").inner_text().split("\n")
    assert shown[1].index("^") == shown[0].index("andd"), shown


def test_columns_are_sorted_by_several_and_chosen_by_name(page: Page, site: Site) -> None:
    open_runs(page, site, "?cols=state")
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    page.get_by_role("columnheader", name="State").get_by_role("button").click(modifiers=["Shift"])
    expect(page).to_have_url(re.compile(r"sort=-name,-state"))
    last = max(run["name"] for run in site.ask("run", "ls", "-p", "artifacts-example"))
    expect(rows(page).first).to_contain_text(last)
    page.get_by_role("button", name="Columns").click()
    page.get_by_label("find a column").fill("^notes$")
    page.get_by_role("checkbox", name="notes").check()
    expect(page.get_by_role("columnheader", name="Notes")).to_be_attached()


def test_runs_in_groups_open_and_close(page: Page, site: Site) -> None:
    open_runs(page, site, "?group=job_type")
    group = page.get_by_role("button", name=re.compile("job_type: train"))
    expect(group).to_contain_text("2 runs")
    expect(rows(page)).to_have_count(0)
    group.click()
    expect(rows(page)).to_have_count(2)


def test_marked_runs_are_tagged_archived_and_brought_back(page: Page, site: Site) -> None:
    open_runs(page, site, "?q=job_type+%3D+initialize")
    mark = page.get_by_label("mark all listed runs")
    mark.click()
    page.get_by_role("button", name="Tag…").click()
    page.get_by_label("Add tags").fill("keep me, browser")
    page.get_by_role("button", name="Tag", exact=True).click()
    expect(rows(page).first).to_contain_text("keep me")
    mark.click()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_text("No run matches.")).to_be_visible()
    page.goto(site.url("/runs?archived=1"))
    expect(rows(page)).to_have_count(2)
    mark.click()
    page.get_by_role("button", name="Take out of the archive").click()
    expect(rows(page)).to_have_count(0)


def test_a_deletion_says_what_it_frees_and_can_be_undone(page: Page, site: Site) -> None:
    open_runs(page, site, "?q=job_type+%3D+report")
    expect(rows(page)).to_have_count(2)
    rows(page).first.get_by_role("checkbox").click()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text("This frees")
    page.get_by_role("button", name="Delete 1 run").click()
    expect(rows(page)).to_have_count(1)
    page.goto(site.url("/storage"))
    page.get_by_role("button", name="Bring back").first.click()
    expect(page.get_by_text("It is back.")).to_be_visible()
    open_runs(page, site, "?q=job_type+%3D+report")
    expect(rows(page)).to_have_count(2)


def test_two_runs_are_compared(page: Page, site: Site) -> None:
    open_runs(page, site, "?q=job_type+%3D+train")
    page.get_by_label("mark all listed runs").click()
    page.get_by_role("link", name="Compare").click()
    expect(page.get_by_role("heading", name="Compare 2 runs")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^epochs"))).to_be_visible()
    chart = page.get_by_role("figure", name=re.compile("train.loss"))
    chart.scroll_into_view_if_needed()
    expect(chart).to_have_attribute("data-lines", "2")


def test_charts_smooth_on_the_server_group_and_fill_the_window(page: Page, site: Site) -> None:
    asked: list[dict[str, Any]] = []
    page.on("request", lambda request: asked.append(request.post_data_json) if "/series" in request.url else None)
    page.goto(site.url("?sw=0.6&mq=train.loss"))
    chart = page.get_by_role("figure", name=re.compile("train.loss")).first
    expect(chart.locator("canvas").first).to_be_visible()
    assert asked[0]["smoothing"] == {"kind": "ema", "strength": 0.6}
    chart.hover()
    chart.get_by_role("button", name=re.compile("enlarge")).click()
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page).to_have_url(re.compile("full="))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(site.url("?group=job_type&mq=train.loss"))
    expect(chart).to_have_attribute("data-lines", "1")


def test_a_view_is_saved_under_a_name_and_opened_again(page: Page, site: Site) -> None:
    open_runs(page, site, "?q=job_type+%3D+train&cols=state,notes")
    page.get_by_role("button", name=re.compile("^views")).click()
    page.get_by_role("button", name="Save this view…").click()
    page.get_by_label("Name", exact=True).fill("Only training")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved the view")).to_be_visible()
    open_runs(page, site)
    expect(rows(page)).to_have_count(10)
    page.get_by_role("button", name=re.compile("^views")).click()
    page.get_by_role("button", name="Only training", exact=True).click()
    expect(rows(page)).to_have_count(2)
    expect(page.get_by_role("columnheader", name="Notes")).to_be_attached()


def test_the_palette_goes_to_a_run_by_its_name(page: Page, site: Site) -> None:
    run = site.ask("run", "ls", "-p", "artifacts-example")[0]
    page.goto(site.url("/artifacts"))
    expect(page.get_by_role("heading", name="Artifacts")).to_be_visible()
    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to").fill(run["name"])
    expect(page.get_by_role("option", name=re.compile(run["name"]))).to_be_visible()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/runs/{run['id']}"))


def test_a_run_is_edited_on_its_page(page: Page, site: Site) -> None:
    run = next(r for r in site.ask("run", "ls", "-p", "artifacts-example") if r["job_type"] == "load-data")
    page.goto(site.url(f"/runs/{run['id']}/overview"))
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Notes").fill("Looked at by a browser.")
    page.get_by_label("Tags").fill("seen")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Looked at by a browser.")).to_be_visible()
    page.reload()
    expect(page.locator("header .pill", has_text="seen")).to_be_visible()


def test_versions_are_compared_edited_and_say_what_deleting_them_frees(page: Page, site: Site) -> None:
    page.goto(site.url("/artifacts/dataset/mnist-preprocess"))
    for version in ("v0", "v1"):
        page.get_by_label(f"mark {version}").check()
    page.get_by_role("link", name="Compare v0 with v1").click()
    expect(page.get_by_text("3 changed")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("normalize"))).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_label("Tags").fill("from-the-browser")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("from-the-browser")).to_be_visible()
    page.get_by_role("button", name="more", exact=True).click()
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("dialog")).to_contain_text(re.compile(r"This frees \d[\d.]* [kM]?B"))


PAGES = [
    "",
    "/runs",
    "/runs?group=job_type",
    "/runs/latest/overview",
    "/artifacts/dataset/mnist-preprocess/v1",
    "/storage",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_stands_in_the_way_of_people_who_use_a_reader_or_the_keyboard(
    page: Page, site: Site, theme: str
) -> None:
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    found: list[str] = []
    for path in PAGES:
        page.goto(site.url(path))
        expect(page.locator("canvas, [role=table], table, dl").first).to_be_visible()
        found += obstacles(page)
    assert not found, "\n".join(found)
