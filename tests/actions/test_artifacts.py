"""Versions: committed, used, edited, deleted."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import pytest

from museion.actions.commit_artifact import Draft, commit_artifact
from museion.actions.delete_artifact import delete_collection, delete_version
from museion.actions.delete_run import delete_run
from museion.actions.edit_artifact import Change, edit_artifact
from museion.actions.list_artifacts import list_artifacts
from museion.actions.projects import delete_project, read_project
from museion.actions.read_artifact import (
    find_entry,
    read_artifact,
    read_entries,
    read_manifest,
    read_run_artifacts,
    read_version_runs,
    read_versions,
)
from museion.actions.upsert_run import RunChange, upsert_run
from museion.actions.use_artifact import use_artifact
from museion.errors import (
    ArtifactNotFound,
    BlobsMissing,
    FileMissing,
    NameInvalid,
    ProjectNotFound,
    RunNotFound,
    TypeMismatch,
    ValueInvalid,
)
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Manifest, Reference

ONE, TWO, THREE = {"f": b"one"}, {"f": b"two"}, {"f": b"three"}


def test_versions_number_from_v0_and_latest_moves(lab: Any) -> None:
    lab.run("aaa")
    first = lab.commit("raw", ONE, run="aaa", step=7, description="d", metadata={"n": math.nan, "a": 1}, tags=["t"])
    second = lab.commit("raw", TWO)
    assert (first.existing, first.artifact.version, second.artifact.version) == (False, "v0", "v1")
    assert first.artifact.aliases == ("latest",)
    read = read_artifact(*lab.place, "raw", "v0")
    assert (read.made_by, read.step, read.description, read.tags, read.aliases) == ("aaa", 7, "d", ("t",), ())
    assert list(read.metadata) == ["n", "a"]
    assert math.isnan(read.metadata["n"])
    assert read_artifact(*lab.place, "raw", "latest").version == "v1"


def test_a_retry_is_not_a_new_version(lab: Any) -> None:
    lab.run("aaa")
    first = lab.commit("raw", ONE, run="aaa", aliases=["best"])
    again = lab.commit("raw", ONE, run="aaa", aliases=["best"])
    assert again.existing
    assert again.artifact.version == first.artifact.version
    assert read_versions(*lab.place, "raw").total == 1
    assert [v.version for v in read_run_artifacts(*lab.place, "aaa").outputs] == ["v0"]


def test_content_of_any_version_gives_that_version_and_moves_the_aliases(lab: Any) -> None:
    lab.commit("raw", ONE, description="first", metadata={"a": 1})
    lab.commit("raw", TWO, aliases=["best"])
    back = lab.commit("raw", ONE, description="other", metadata={"b": 2}, aliases=["best"])
    assert back.existing
    assert (back.artifact.version, back.artifact.aliases) == ("v0", ("best", "latest"))
    assert (back.artifact.description, back.artifact.metadata) == ("first", {"a": 1})
    assert read_artifact(*lab.place, "raw", "v1").aliases == ()


def test_a_commit_without_its_bytes_lists_what_is_missing(lab: Any) -> None:
    lab.run("aaa")
    here = lab.stores.blobs.put_bytes(b"here", "ada/digits")
    gone = digest_bytes(b"gone")
    manifest = Manifest.of({"a": Content(here, 4), "b": Content(gone, 4)})
    with pytest.raises(BlobsMissing) as caught:
        commit_artifact(*lab.place, Draft("raw", "dataset", manifest))
    assert caught.value.details["missing"] == [gone]
    assert list_artifacts(*lab.place) == []


def test_knowing_a_digest_of_another_project_is_no_right_to_its_bytes(lab: Any) -> None:
    lab.run("aaa")
    secret = lab.stores.blobs.put_bytes(b"secret", "bob/vault")
    with pytest.raises(BlobsMissing):
        commit_artifact(*lab.place, Draft("raw", "dataset", Manifest.of({"a": Content(secret, 6)})))


def test_a_size_that_lies_is_refused(lab: Any) -> None:
    lab.run("aaa")
    digest = lab.stores.blobs.put_bytes(b"four", "ada/digits")
    for entries in ({"a": Content(digest, 5)}, {"a": Content(digest, 4), "b": Content(digest, 5)}):
        with pytest.raises(ValueInvalid, match=r"size|bytes"):
            commit_artifact(*lab.place, Draft("raw", "dataset", Manifest.of(entries)))


@pytest.mark.parametrize(
    "change",
    [
        {"name": "a/b"},
        {"name": "ünï"},
        {"name": ".."},
        {"type": "a:b"},
        {"aliases": ["v3"]},
        {"aliases": ["a b/c"]},
        {"tags": [""]},
    ],
)
def test_bad_names_are_refused(lab: Any, change: dict[str, Any]) -> None:
    lab.run("aaa")
    with pytest.raises(NameInvalid):
        commit_artifact(*lab.place, Draft(**{"name": "raw", "type": "dataset", "manifest": Manifest(), **change}))


def test_metadata_that_is_not_json_is_refused(lab: Any) -> None:
    lab.run("aaa")
    with pytest.raises(ValueInvalid, match="metadata"):
        commit_artifact(*lab.place, Draft("raw", "dataset", Manifest(), metadata={"x": object()}))


def test_a_name_has_one_type(lab: Any) -> None:
    lab.commit("raw", ONE, type="dataset")
    with pytest.raises(TypeMismatch, match="dataset"):
        lab.commit("raw", TWO, type="model")


def test_a_commit_by_a_run_that_is_not_there_makes_nothing(lab: Any) -> None:
    lab.run("aaa")
    with pytest.raises(RunNotFound):
        lab.commit("raw", ONE, run="zzz")
    assert list_artifacts(*lab.place) == []


def test_threads_committing_to_one_collection_get_distinct_versions(lab: Any) -> None:
    lab.run("aaa")
    manifests = [lab.manifest({"f": str(i).encode()}) for i in range(24)]
    found: list[int] = []

    def commit(part: list[Manifest]) -> None:
        for manifest in part:
            draft = Draft("raw", "dataset", manifest, run="aaa")
            found.append(commit_artifact(*lab.place, draft).artifact.number)

    threads = [threading.Thread(target=commit, args=(manifests[i::3],)) for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(24))


# Reading


def test_a_version_is_found_by_number_alias_and_digest(lab: Any) -> None:
    version = lab.commit("raw", ONE, aliases=["best"]).artifact
    digest = version.digest.removeprefix("blake3:")
    for pointer in ("v0", "best", "latest", digest[:8], digest, version.digest[:20]):
        if ":" not in pointer or pointer.startswith("blake3:"):
            assert read_artifact(*lab.place, "raw", pointer) == version
    for pointer in ("v1", "worst", digest[:7], "0" * 8):
        with pytest.raises(ArtifactNotFound):
            read_artifact(*lab.place, "raw", pointer)


def test_entries_come_in_pages_in_order(lab: Any) -> None:
    files = {f"{folder}/{i}": f"{folder}{i}".encode() for folder in ("a", "ä", "b") for i in range(5)}
    lab.commit("raw", files)
    manifest = read_manifest(*lab.place, "raw", "v0")
    assert manifest == lab.manifest(files)
    found: list[str] = []
    cursor = None
    while True:
        page = read_entries(*lab.place, "raw", "v0", cursor=cursor, limit=4)
        assert page.total == 15
        found += page.entries
        cursor = page.next
        if cursor is None:
            break
    assert found == sorted(files, key=str.encode)
    assert read_entries(*lab.place, "raw", "v0", prefix="b/").total == 5


def test_an_entry_is_found_or_named(lab: Any) -> None:
    manifest = Manifest.of({"r": Reference("s3://bucket/key", "etag:1", 5), **lab.manifest(ONE).entries})
    lab.run("aaa")
    commit_artifact(*lab.place, Draft("raw", "dataset", manifest))
    entry = find_entry(*lab.place, "raw", "latest", "f")
    assert b"".join(lab.stores.blobs.open(entry.digest)) == b"one"
    assert find_entry(*lab.place, "raw", "latest", "r") == Reference("s3://bucket/key", "etag:1", 5)
    with pytest.raises(FileMissing, match=r"missing\.txt"):
        find_entry(*lab.place, "raw", "latest", "missing.txt")


def test_collections_are_listed_with_their_sums(lab: Any) -> None:
    lab.commit("raw", {"f": b"12345"})
    lab.commit("raw", {"f": b"1234567"})
    lab.commit("net", ONE, type="model")
    raw = list_artifacts(*lab.place, type="dataset")[0]
    assert (raw.name, raw.versions, raw.size, raw.latest) == ("raw", 2, 12, "v1")
    assert [c.name for c in list_artifacts(*lab.place)] == ["net", "raw"]
    assert [c.name for c in list_artifacts(*lab.place, q="RA")] == ["raw"]
    project = read_project(*lab.place)
    assert (project.artifacts, project.size) == (2, 15)


# Using


def test_using_records_an_edge_once(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    lab.commit("raw", ONE, run="aaa")
    for _ in range(2):
        assert lab.use("bbb", "raw:latest").version == "v0"
    runs = read_version_runs(*lab.place, "raw", "v0")
    assert runs.made_by is not None
    assert (runs.made_by.id, [run.id for run in runs.used_by]) == ("aaa", ["bbb"])
    assert [v.name for v in read_run_artifacts(*lab.place, "bbb").inputs] == ["raw"]


def test_a_digest_pins_what_was_used_offline(lab: Any) -> None:
    lab.run("aaa")
    old = lab.commit("raw", ONE).artifact
    lab.commit("raw", TWO)
    assert lab.use("aaa", "raw:latest", digest=old.digest).version == "v0"
    with pytest.raises(ArtifactNotFound):
        lab.use("aaa", "raw:latest", digest=digest_bytes(b"never"))
    with pytest.raises(ValueInvalid):
        lab.use("aaa", "raw:latest", digest="md5:1234")


def test_a_use_checks_type_name_and_run(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", ONE)
    with pytest.raises(TypeMismatch):
        lab.use("aaa", "raw", type="model")
    with pytest.raises(NameInvalid):
        lab.use("aaa", "a/b/c/d:v0")
    with pytest.raises(RunNotFound):
        lab.use("zzz", "raw")
    with pytest.raises(ProjectNotFound):
        lab.use("aaa", "elsewhere/raw")
    assert read_run_artifacts(*lab.place, "aaa").inputs == []


def test_another_project_is_used_by_those_who_may_read_it(lab: Any) -> None:
    lab.commit("raw", ONE)
    upsert_run(lab.stores, "bob", "other", "bbb", RunChange())
    asked: list[tuple[str, str]] = []

    def refuse(entity: str, project: str) -> bool:
        asked.append((entity, project))
        return False

    with pytest.raises(ArtifactNotFound):
        use_artifact(lab.stores, "bob", "other", "bbb", "ada/digits/raw:v0", may_read=refuse)
    assert asked == [("ada", "digits")]
    found = use_artifact(lab.stores, "bob", "other", "bbb", "ada/digits/raw:v0", may_read=lambda *_: True)
    assert found.qualified == "ada/digits/raw:v0"


def test_no_edge_leads_in_a_circle_of_two(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    lab.commit("raw", ONE, run="aaa")
    lab.use("aaa", "raw:v0")
    assert read_run_artifacts(*lab.place, "aaa").inputs == []
    lab.use("bbb", "raw:v0")
    lab.commit("raw", ONE, run="bbb", aliases=["best"])
    assert read_run_artifacts(*lab.place, "bbb").outputs == []
    assert read_artifact(*lab.place, "raw", "best").version == "v0"


# Editing and deleting


def test_papers_can_be_edited_and_content_cannot(lab: Any) -> None:
    before = lab.commit("raw", ONE).artifact
    lab.commit("raw", TWO, aliases=["best", "old"])
    now = edit_artifact(
        *lab.place, "raw", "v0", Change(description="new", metadata={"k": 1}, add_aliases=["best"], tags=["x"])
    )
    assert (now.description, now.metadata, now.aliases, now.tags) == ("new", {"k": 1}, ("best",), ("x",))
    assert (now.digest, now.number) == (before.digest, 0)
    other = edit_artifact(*lab.place, "raw", "v1", Change(remove_aliases=["old", "never-had"]))
    assert other.aliases == ("latest",)
    with pytest.raises(ValueInvalid):
        edit_artifact(*lab.place, "raw", "v1", Change(remove_aliases=["latest"]))


def test_deleting_the_latest_moves_latest_to_the_newest_left(lab: Any) -> None:
    for files in (ONE, TWO, THREE):
        lab.commit("raw", files)
    delete_version(*lab.place, "raw", "latest")
    assert read_artifact(*lab.place, "raw").version == "v1"
    delete_version(*lab.place, "raw", "v0")
    assert read_artifact(*lab.place, "raw").version == "v1"
    assert lab.commit("raw", THREE).artifact.version == "v3"


def test_deleting_the_last_version_leaves_an_empty_collection_that_counts_on(lab: Any) -> None:
    lab.commit("raw", ONE)
    delete_version(*lab.place, "raw", "v0")
    assert list_artifacts(*lab.place)[0].versions == 0
    with pytest.raises(ArtifactNotFound):
        read_artifact(*lab.place, "raw")
    assert lab.commit("raw", ONE).artifact.version == "v1"


def test_a_deletion_says_exactly_what_it_frees(lab: Any) -> None:
    lab.commit("raw", {"a": b"x" * 10, "b": b"y" * 100})
    lab.commit("raw", {"a": b"x" * 10, "c": b"z" * 1000})
    lab.commit("copy", {"again": b"z" * 1000, "own": b"o" * 7})
    assert delete_version(*lab.place, "raw", "v0").freed == 100
    gone = delete_version(*lab.place, "raw", "v1")
    assert (gone.deleted, gone.freed) == (1, 10)
    gone = delete_collection(*lab.place, "copy")
    assert (gone.deleted, gone.freed) == (1, 1007)


def test_the_versions_of_a_deleted_run_stay(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", ONE, run="aaa")
    delete_run(*lab.place, "aaa")
    assert read_artifact(*lab.place, "raw", "v0").made_by is None
    assert read_version_runs(*lab.place, "raw", "v0").made_by is None


def test_a_deleted_project_is_gone_with_all_it_had(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", {"f": b"12345"}, run="aaa")
    gone = delete_project(*lab.place)
    assert (gone.deleted, gone.freed) == (1, 5)
    with pytest.raises(ProjectNotFound):
        read_project(*lab.place)
    lab.run("aaa")
    assert list_artifacts(*lab.place) == []


@pytest.mark.slow
def test_a_version_of_100_000_files_commits_in_reasonable_time(lab: Any) -> None:
    digests = [lab.stores.blobs.put_bytes(str(i).encode(), "ada/digits") for i in range(200)]
    entries = {f"d{i % 100}/{i:06}.bin": Content(digests[i % 200], len(str(i % 200))) for i in range(100_000)}
    manifest = Manifest.of(entries)
    lab.run("aaa")
    start = time.perf_counter()
    commit_artifact(*lab.place, Draft("big", "dataset", manifest))
    page = read_entries(*lab.place, "big", "v0", prefix="d7/", limit=10)
    assert page.total == 1_000
    assert time.perf_counter() - start < 20
