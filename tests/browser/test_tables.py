"""Logged tables: sorted, searched, with pictures, side by side; and what the server tells of a table's columns."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect
from support.axe import obstacles
from support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]

LOG = """
import museion, numpy as np
pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
with museion.init(project="tables", id="tabular1") as run:
    scores = [0.5, float("nan"), -2.0, 10.0]
    data = [[i, museion.Image(pixels + i, caption=f"picture {i}"), score] for i, score in enumerate(scores)]
    shown = museion.Table(columns=["id", "image", "score"], data=data)
    other = museion.Table(columns=["id", "score"], data=[[3, 7.0], [9, 8.0]])
    plain = museion.Table(columns=["id", "score"], data=[[0, 1.0], [3, 2.0]])
    run.log({"shown": shown, "both": museion.JoinedTable(plain, other, "id")})
    kept = museion.Artifact("kept", type="dataset")
    kept.add(shown, "shown")
    with kept.new_file("many.csv") as file:
        file.write("n,word\\n" + "".join(f"{i},{'even' if i % 2 == 0 else 'odd'}\\n" for i in range(5000)))
    with kept.new_file("lines.jsonl") as file:
        file.write('{"a": 1}\\n{"a": 2, "b": "x"}\\n')
    run.log_artifact(kept)
"""


@pytest.fixture(scope="module")
def project(site: Site) -> str:
    """The address of a project with tables."""
    site.script(LOG)
    return f"{site.base}/{site.entity}/tables"


def cells(box: Locator, place: int) -> list[str]:
    """The texts of one column, in the order of the rows."""
    rows = box.get_by_role("row").all()[1:]
    return [row.get_by_role("cell").nth(place).inner_text() for row in rows]


def test_a_table_is_sorted_by_its_heads_and_shows_pictures(page: Page, project: str) -> None:
    page.goto(f"{project}/runs/tabular1/media")
    panel = page.get_by_role("figure", name="media of shown")
    score = panel.get_by_role("columnheader", name="score")
    expect(score).to_have_attribute("aria-sort", "none")
    orders = {"ascending": ["2", "0", "3", "1"], "descending": ["3", "0", "2", "1"], "none": ["0", "1", "2", "3"]}
    for way, order in orders.items():
        score.get_by_role("button").click()
        expect(score).to_have_attribute("aria-sort", way)
        assert cells(panel, 0) == order
    picture = panel.get_by_role("img", name="picture 2")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth }") == 8
    panel.get_by_label("find in rows").fill("PICTURE 3")
    expect(panel.get_by_text("1 of 4 rows")).to_be_visible()
    assert cells(panel, 0) == ["3"]


def test_two_tables_stand_side_by_side_by_their_key(page: Page, project: str) -> None:
    page.goto(f"{project}/runs/tabular1/media")
    panel = page.get_by_role("figure", name="media of both")
    expect(panel.get_by_role("columnheader")).to_have_text(["id", "score_1", "score_2"])
    assert [cells(panel, place) for place in range(3)] == [["0", "3", "9"], ["1", "2", ""], ["", "7", "8"]]


def test_a_table_in_a_version_shows_the_versions_pictures(page: Page, project: str) -> None:
    page.goto(f"{project}/artifacts/dataset/kept/v0/files/shown.table.json")
    picture = page.get_by_role("img", name="picture 1")
    expect(picture).to_be_visible()
    assert picture.evaluate("async (image) => { await image.decode(); return image.naturalWidth }") == 8
    assert not obstacles(page)
    with page.expect_popup() as opened:
        picture.click()
    assert re.search(r"/artifacts/kept/v0/files/media/", opened.value.url)


def test_rows_of_files_are_found_and_their_columns_told(page: Page, project: str) -> None:
    page.goto(f"{project}/artifacts/dataset/kept/v0/files/many.csv")
    page.get_by_role("columnheader", name="n", exact=True).get_by_role("button").dblclick()
    page.get_by_label("find in rows").fill("49")
    expect(page.get_by_role("cell", name="4999")).to_be_visible()
    assert cells(page.get_by_role("table", name="rows of the file"), 0)[:3] == ["4999", "4998", "4997"]
    page.get_by_role("button", name="Columns", exact=True).click()
    expect(page.get_by_role("row", name=re.compile("^word"))).to_contain_text("even 50 %, odd 50 %")
    page.goto(f"{project}/artifacts/dataset/kept/v0/files/lines.jsonl")
    expect(page.get_by_role("cell")).to_have_text(["1", "", "2", "x"])
