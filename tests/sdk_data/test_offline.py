"""Versions known on this machine: numbers, aliases, one version for one content, many processes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from museion.errors import ArtifactNotFound, TypeMismatch
from museion.model.manifest import Content, Manifest
from museion.model.names import ArtifactRef
from museion.sdk.offline import OfflineCatalog

ROOT = Path(__file__).parents[2]


def body(content="0", **changes):
    manifest = Manifest.of({"f": Content("blake3:" + content * 64, 1)}).to_json()
    fields = {"name": "data", "type": "dataset", "manifest": manifest, "description": None, "metadata": {}}
    return {**fields, "aliases": [], "tags": [], **changes}


@pytest.fixture
def catalog(tmp_path):
    return OfflineCatalog(tmp_path, clock=lambda: 7.0)


def test_versions_are_numbered_and_equal_content_is_one_version(catalog):
    assert catalog.commit("me", "p", body("0"))["version"] == "v0"
    assert catalog.commit("me", "p", body("1", aliases=["best"]))["aliases"] == ["best", "latest"]
    again = catalog.commit("me", "p", body("0", aliases=["best"]))
    assert again["version"] == "v0"
    assert set(again["aliases"]) == {"best", "latest"}
    assert catalog.find("me", "p", ArtifactRef("data", "v1"))["aliases"] == []


def test_finding(catalog):
    catalog.commit("me", "p", body("0"))
    papers = catalog.commit("me", "p", body("1", aliases=["best"]))
    for pointer in ("latest", "v1", "best", papers["digest"][7:19]):
        assert catalog.find("me", "p", ArtifactRef("data", pointer))["version"] == "v1"
    assert catalog.find("you", "q", ArtifactRef("data", "v0", "p", "me"))["version"] == "v0"
    with pytest.raises(ArtifactNotFound, match="It has v0, v1, best, latest"):
        catalog.find("me", "p", ArtifactRef("data", "worst"))
    with pytest.raises(ArtifactNotFound, match="known on this machine"):
        catalog.find("me", "p", ArtifactRef("other"))


def test_a_name_has_one_type(catalog):
    catalog.commit("me", "p", body())
    with pytest.raises(TypeMismatch, match="'dataset'"):
        catalog.commit("me", "p", body("1", type="model"))
    assert catalog.find("me", "p", ArtifactRef("data"))["version"] == "v0"


def test_editing(catalog):
    first = catalog.commit("me", "p", body("0"))
    catalog.commit("me", "p", body("1"))
    edited = catalog.patch(first, {"metadata": {"a": 1}, "add_aliases": ["latest", "x"], "tags": ["t"]})
    assert (edited["metadata"], edited["tags"], edited["aliases"]) == ({"a": 1}, ["t"], ["latest", "x"])
    assert catalog.find("me", "p", ArtifactRef("data"))["version"] == "v0"
    assert catalog.patch(edited, {"remove_aliases": ["x"]})["aliases"] == ["latest"]


def test_the_manifest_is_checked(catalog):
    papers = catalog.commit("me", "p", body())
    assert catalog.manifest(papers["digest"]).digest == papers["digest"]
    from museion.errors import Corrupt

    (file,) = (catalog.root / ".manifests").iterdir()
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(Corrupt):
        catalog.manifest(papers["digest"])


def test_processes_do_not_give_a_number_twice(catalog):
    code = """
import sys
from pathlib import Path
from museion.model.manifest import Content, Manifest
from museion.sdk.offline import OfflineCatalog
catalog = OfflineCatalog(Path(sys.argv[1]))
for i in range(20):
    manifest = Manifest.of({"f": Content(f"blake3:{int(sys.argv[2]) * 100 + i:064x}", 1)}).to_json()
    catalog.commit("me", "p", {"name": "data", "type": "d", "manifest": manifest, "description": None,
                               "metadata": {}, "aliases": [], "tags": []})
"""
    started = [subprocess.Popen([sys.executable, "-c", code, str(catalog.root), str(i)], cwd=ROOT) for i in range(3)]
    assert [process.wait() for process in started] == [0, 0, 0]
    assert catalog.find("me", "p", ArtifactRef("data", "latest"))["version"] == "v59"
