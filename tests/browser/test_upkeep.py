"""What holds for a project as a whole, who signed a version, and a registry's places."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from playwright.sync_api import Page, expect
from support.site import Site

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser"), pytest.mark.timeout(400)]

LOG = """
import museion
with museion.init(project="kept", id="keeping1") as run:
    made = museion.Artifact("weights", type="model")
    with made.new_file("weights.txt") as file:
        file.write("1 2 3" * 1000)
    run.log_artifact(made).wait()
    run.link_artifact(made, "shelf/best", aliases=["chosen"])
"""


@pytest.fixture(scope="module")
def project(site: Site) -> str:
    site.script(LOG)
    return f"{site.base}/{site.entity}/kept"


def test_a_place_of_a_registry_leads_to_the_version_itself(page: Page, site: Site, project: str) -> None:
    page.goto(f"{site.base}/{site.entity}/shelf/artifacts/model/best")
    expect(page.get_by_text("its versions are links")).to_be_visible()
    page.get_by_role("link", name=re.compile("weights:v0")).click()
    expect(page).to_have_url(re.compile("/kept/artifacts/model/weights/v0"))
    expect(page.get_by_text("Linked as")).to_be_visible()


def test_a_version_tells_who_signed_it(page: Page, site: Site, project: str) -> None:
    keygen = shutil.which("ssh-keygen")
    assert keygen, "install openssh-client"
    key = site.work / "key"
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    site.museion("artifact", "sign", f"{site.entity}/kept/weights:v0", "--key", str(key))
    page.goto(f"{project}/artifacts/model/weights/v0")
    expect(page.get_by_text("Signed by")).to_be_visible()
    expect(page.get_by_text(re.compile("^SHA256:"))).to_be_visible()


def test_quota_and_protected_aliases_are_set_and_the_project_ends(page: Page, site: Site, project: str) -> None:
    page.goto(f"{project}/storage")
    settings = page.get_by_label("settings of the project")
    expect(settings).to_contain_text("no limit")
    settings.get_by_role("button", name="Change the quota…").click()
    page.get_by_label("The most it may hold").fill("much")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    page.get_by_label("The most it may hold").fill("20 GB")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(settings).to_contain_text("of 20.0 GB held")
    settings.get_by_role("button", name="Change protected aliases…").click()
    page.get_by_label("Aliases that only admins").fill("production, staging")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(settings).to_contain_text("production")
    assert site.get(f"/api/v1/projects/{site.entity}/kept/protected-aliases") == ["production", "staging"]
    settings.get_by_role("button", name="Delete the project…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(re.compile(r"This frees \d"))
    remove = dialog.get_by_role("button", name="Delete the project kept")
    expect(remove).to_be_disabled()
    dialog.get_by_label("Type kept to confirm").fill("kept")
    remove.click()
    expect(page.get_by_text("Deleted kept")).to_be_visible()
    expect(page.get_by_role("link", name="artifacts-example")).to_be_visible()
    expect(page.get_by_role("link", name="kept", exact=True)).to_have_count(0)
