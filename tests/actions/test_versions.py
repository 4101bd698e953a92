"""What surrounds versions: protected aliases, lifetimes, links, drafts, trash, deletion by query, reach, signatures."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from museion.actions.actor import Actor
from museion.actions.collect_garbage import collect_garbage
from museion.actions.commit_artifact import Draft
from museion.actions.delete_artifact import delete_collection, delete_version, delete_versions
from museion.actions.delete_run import delete_run, delete_runs
from museion.actions.diff_artifacts import diff_artifacts
from museion.actions.edit_artifact import Change, edit_artifact, read_edits
from museion.actions.edit_collection import CollectionChange, edit_collection, make_collection
from museion.actions.expire_artifacts import expire_artifacts
from museion.actions.link_artifact import Target, link_artifact, read_links, unlink_artifact
from museion.actions.list_artifacts import list_artifacts, search_versions
from museion.actions.protect_aliases import protect_aliases, read_protected
from museion.actions.read_artifact import read_artifact, read_by_client_id, read_manifest, read_version, read_versions
from museion.actions.read_lineage import read_lineage
from museion.actions.read_reach import read_freshness, read_reach
from museion.actions.restore_artifact import read_trash, restore_artifact
from museion.actions.share_draft import add_to_draft, finish_draft
from museion.actions.sign_artifact import read_signatures, remove_signature, sign_artifact
from museion.catalog.artifacts import Wanted
from museion.errors import (
    ArtifactNotFound,
    BlobCorrupt,
    Conflict,
    Forbidden,
    NameInvalid,
    NotFound,
    TypeMismatch,
    ValueInvalid,
)
from museion.model.manifest import Manifest
from museion.model.signature import NAMESPACE
from museion.model.sshsig import read_signature, sign

ONE, TWO, THREE = {"f": b"one"}, {"f": b"two!"}, {"f": b"three"}
MEMBER = Actor("bea", lambda permission, entity: permission != "admin")
REGISTRY = Target("ada", "registry", "net")


def test_only_an_admin_moves_a_protected_alias(lab: Any) -> None:
    lab.commit("net", ONE, aliases=["prod"])
    lab.commit("net", TWO)
    assert protect_aliases(*lab.place, ["prod"]) == read_protected(*lab.place) == ["prod"]
    for change in (Change(add_aliases=["prod"]),):
        with pytest.raises(Forbidden, match="prod"):
            edit_artifact(*lab.place, "net", "v1", change, MEMBER)
    with pytest.raises(Forbidden):
        edit_artifact(*lab.place, "net", "v0", Change(remove_aliases=["prod"]), MEMBER)
    with pytest.raises(Forbidden):
        delete_version(*lab.place, "net", "v0", actor=MEMBER)
    with pytest.raises(Forbidden):
        delete_collection(*lab.place, "net", MEMBER)
    edit_artifact(*lab.place, "net", "v0", Change(add_aliases=["prod"], description="d"), MEMBER)  # it has it already
    assert edit_artifact(*lab.place, "net", "v1", Change(add_aliases=["prod"])).aliases == ("latest", "prod")
    with pytest.raises(ValueInvalid):
        protect_aliases(*lab.place, ["latest"])


def test_edits_say_who_changed_what(lab: Any) -> None:
    lab.commit("net", ONE, tags=["a"])
    edit_artifact(*lab.place, "net", "v0", Change(description="d", add_tags=["b"], add_aliases=["best"]), MEMBER)
    edit_artifact(*lab.place, "net", "v0", Change(description="d"), MEMBER)  # no news
    edits = read_edits(*lab.place, "net", "v0")
    assert {edit.by for edit in edits} == {"bea"}
    merged = {key: pair for edit in edits for key, pair in edit.changes.items()}
    assert merged["description"] == [None, "d"]
    assert merged["tags"] == [["a"], ["a", "b"]]
    assert merged["aliases"] == [["latest"], ["best", "latest"]]
    assert len(edits) == 2


def test_versions_expire_by_their_own_time_or_the_collections(lab: Any) -> None:
    for files, ttl in ((ONE, 100), (TWO, None), (THREE, 0)):
        lab.commit("net", files, ttl=ttl)
    edit_collection(*lab.place, "net", CollectionChange(ttl=10_000))
    lab.clock.now += 1_000
    assert expire_artifacts(lab.stores).deleted == 1
    assert [v.version for v in read_versions(*lab.place, "net").versions] == ["v2", "v1"]
    lab.clock.now += 20_000
    expire_artifacts(lab.stores)
    assert [v.version for v in read_versions(*lab.place, "net").versions] == ["v2"]
    assert restore_artifact(*lab.place, "net", "v0")[0].version == "v0"
    assert read_trash(*lab.place)[0].by == "expiry"


def test_what_is_linked_or_holds_a_protected_alias_does_not_expire(lab: Any) -> None:
    lab.commit("net", ONE, ttl=10)
    lab.commit("net", TWO, ttl=10, aliases=["prod"])
    lab.commit("net", THREE, ttl=10)
    link_artifact(*lab.place, "net", "v0", REGISTRY)
    protect_aliases(*lab.place, ["prod"])
    lab.clock.now += 1_000
    assert expire_artifacts(lab.stores).deleted == 1
    assert {v.version: v.aliases for v in read_versions(*lab.place, "net").versions} == {
        "v1": ("latest", "prod"),
        "v0": (),
    }
    with pytest.raises(Conflict, match="registry"):
        edit_artifact(*lab.place, "net", "v0", Change(ttl=5))


@pytest.mark.parametrize("kind", ["code", "job", "run_table", "wandb-history"])
def test_what_was_made_automatically_has_no_lifetime(lab: Any, kind: str) -> None:
    with pytest.raises(ValueInvalid, match="automatically"):
        lab.commit("net", ONE, type=kind, ttl=10)


def test_a_link_is_another_name_for_the_version(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("net", ONE, type="model", run="aaa")
    lab.commit("net", TWO, type="model")
    link_artifact(*lab.place, "net", "v1", REGISTRY)
    shown = link_artifact(*lab.place, "net", "v0", REGISTRY, ["prod"], MEMBER)
    assert (shown.qualified, shown.source) == ("ada/registry/net:v1", "ada/digits/net:v0")
    assert shown.aliases == ("latest", "prod")
    assert link_artifact(*lab.place, "net", "v0", REGISTRY).number == 1  # again is no news
    (link,) = read_links(*lab.place, "net", "v0")
    assert (link.name, link.version, link.by) == ("net", "v1", "bea")
    used = lab.use("aaa", "ada/registry/net:prod")
    assert used.id == read_artifact(*lab.place, "net", "v0").id
    (portfolio,) = list_artifacts(lab.stores, "ada", "registry")
    assert (portfolio.kind, portfolio.versions, portfolio.latest, portfolio.size) == ("portfolio", 2, "v1", 7)
    edit_artifact(lab.stores, "ada", "registry", "net", "prod", Change(description="there", add_aliases=["eu"]))
    assert read_artifact(*lab.place, "net", "v0").description == "there"
    assert read_artifact(*lab.place, "net", "v0").aliases == ()
    assert read_artifact(lab.stores, "ada", "registry", "net", "eu").version == "v1"


def test_a_portfolio_takes_links_and_a_sequence_versions(lab: Any) -> None:
    lab.commit("net", ONE, type="model")
    lab.commit("raw", ONE)
    with pytest.raises(Conflict):
        link_artifact(*lab.place, "raw", "v0", Target("ada", "digits", "net"))
    link_artifact(*lab.place, "net", "v0", Target("ada", "digits", "best-nets"))
    with pytest.raises(Conflict):
        lab.commit("best-nets", ONE, type="model")
    with pytest.raises(TypeMismatch):
        link_artifact(*lab.place, "raw", "v0", Target("ada", "digits", "best-nets"))
    viewer = Actor("eve", lambda permission, entity: permission == "read")
    with pytest.raises(Forbidden):
        link_artifact(*lab.place, "net", "v0", REGISTRY, (), viewer)
    with pytest.raises(NameInvalid):
        Target.parse("registry/net:v1", "ada", "digits")


def test_deleting_a_link_leaves_the_version_and_deleting_the_version_takes_its_links(lab: Any) -> None:
    lab.commit("net", ONE)
    lab.commit("net", TWO)
    for pointer in ("v0", "v1"):
        link_artifact(*lab.place, "net", pointer, REGISTRY)
    assert delete_version(lab.stores, "ada", "registry", "net", "latest").deleted == 0
    assert read_artifact(lab.stores, "ada", "registry", "net").source == "ada/digits/net:v0"
    assert read_versions(*lab.place, "net").total == 2
    delete_version(*lab.place, "net", "v0")
    with pytest.raises(ArtifactNotFound):
        read_artifact(lab.stores, "ada", "registry", "net", "v0")
    link_artifact(*lab.place, "net", "v1", REGISTRY)
    assert delete_collection(lab.stores, "ada", "registry", "net").deleted == 0
    assert read_versions(*lab.place, "net").total == 1
    with pytest.raises(ValueInvalid, match="no link"):
        unlink_artifact(*lab.place, "net", "v1")


def test_many_runs_add_and_one_finishes(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    part = Draft("raw", "dataset", lab.manifest({"a": b"1", "b": b"1"}), run="aaa", metadata={"x": 1}, tags=["t"])
    assert add_to_draft(*lab.place, "night", part).files == 2
    collect_garbage(lab.stores, 0)
    last = Draft("raw", "dataset", lab.manifest({"b": b"22", "c": b"3"}), run="bbb", metadata={"y": 2}, client_id="c1")
    done = finish_draft(*lab.place, "night", last)
    assert (done.artifact.files, done.artifact.metadata, done.artifact.tags) == (3, {"x": 1, "y": 2}, ("t",))
    assert read_manifest(*lab.place, "raw", "v0").entries["b"].size == 2
    assert finish_draft(*lab.place, "night", last).artifact.version == "v0"  # the answer was lost
    assert read_by_client_id(lab.stores, "c1") == done.artifact == read_version(lab.stores, done.artifact.id)
    reach = read_reach(*lab.place, "raw", "v0", "up")
    assert {run.id for run in reach.runs} == {"aaa", "bbb"}
    with pytest.raises(TypeMismatch):
        add_to_draft(*lab.place, "night", replace(part, type="model"))


def test_a_draft_nobody_finishes_goes(lab: Any) -> None:
    add_to_draft(*lab.place, "night", Draft("raw", "dataset", lab.manifest({"a": b"left over"})))
    lab.clock.now += 40 * 86_400
    expire_artifacts(lab.stores)
    done = finish_draft(*lab.place, "night", Draft("raw", "dataset", lab.manifest({"b": b"1"})))
    assert done.artifact.files == 1


def test_incremental_puts_entries_upon_the_newest(lab: Any) -> None:
    lab.commit("raw", {"a": b"1", "b": b"1"})
    lab.commit("raw", {"b": b"22", "c": b"3"}, incremental=True)
    entries = read_manifest(*lab.place, "raw", "v1").entries
    assert {path: entry.size for path, entry in entries.items()} == {"a": 1, "b": 2, "c": 1}
    assert lab.commit("raw", {"c": b"3"}, incremental=True).existing


def test_a_deleted_version_comes_back_with_everything(lab: Any) -> None:
    for run in ("aaa", "bbb", "ccc"):
        lab.run(run)
    lab.commit("raw", ONE, run="aaa", aliases=["best"], metadata={"n": 1}, step=3)
    before = read_artifact(*lab.place, "raw", "v0")
    lab.use("bbb", "raw:v0")
    lab.commit("raw", TWO)
    gone = delete_version(*lab.place, "raw", "v0", actor=MEMBER)
    assert (gone.deleted, gone.freed) == (1, 3)
    (thrown,) = read_trash(*lab.place, "raw")
    assert (thrown.version, thrown.by) == ("v0", "bea")
    (back,) = restore_artifact(*lab.place, "raw", "v0")
    assert replace(back, id=before.id, updated_at=before.updated_at, aliases=("best", "latest")) == before
    assert back.aliases == ("best",)
    assert b"".join(lab.stores.blobs.open(read_manifest(*lab.place, "raw", "v0").entries["f"].digest)) == b"one"
    assert [run.id for run in read_reach(*lab.place, "raw", "v0", "down").runs] == ["bbb"]
    assert read_trash(*lab.place) == []


def test_a_whole_collection_comes_back_until_the_collector_forgets_it(lab: Any) -> None:
    lab.commit("raw", ONE, aliases=["old"])
    lab.commit("raw", TWO)
    delete_collection(*lab.place, "raw")
    assert [v.version for v in restore_artifact(*lab.place, "raw")] == ["v0", "v1"]
    assert {a: v.version for v in read_versions(*lab.place, "raw").versions for a in v.aliases} == {
        "old": "v0",
        "latest": "v1",
    }
    assert lab.commit("raw", THREE).artifact.version == "v2"
    delete_collection(*lab.place, "raw")
    lab.clock.now += 1_000
    collect_garbage(lab.stores, 10)
    with pytest.raises(ArtifactNotFound, match="restored"):
        restore_artifact(*lab.place, "raw")


def test_deletion_by_query_says_before_what_it_does(lab: Any) -> None:
    for number in range(5):
        lab.commit("raw", {"f": b"x" * (number + 1), "same": b"shared"})
    edit_artifact(*lab.place, "raw", "v1", Change(add_aliases=["keep"], add_tags=["gold"]))
    link_artifact(*lab.place, "raw", "v2", REGISTRY)
    wanted = Wanted(collections=["r*"], keep=1)
    look = delete_versions(*lab.place, wanted, dry_run=True)
    assert (look.deleted, look.freed) == (2, 1 + 4)
    assert [name[-2:] for name in look.kept] == ["v2", "v1"]
    assert read_versions(*lab.place, "raw").total == 5
    assert delete_versions(*lab.place, wanted) == look
    assert [v.version for v in search_versions(*lab.place, Wanted()).versions] == ["v4", "v2", "v1"]
    assert delete_versions(*lab.place, Wanted(tags=["gold"], aliased=True)).deleted == 1


def test_versions_are_found_by_what_is_known_of_them(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", ONE, run="aaa", tags=['a"b'], description="hello")
    lab.commit("net", {"f": b"x" * 100}, type="model")
    names = lambda **wanted: [v.name for v in search_versions(*lab.place, Wanted(**wanted)).versions]  # noqa: E731
    assert names(type="model") == ["net"]
    assert names(tags=['a"b']) == ["raw"]
    assert names(tags=["a"]) == []
    assert names(run="aaa") == names(q="hell") == ["raw"]
    assert names(larger_than=50) == ["net"]
    assert names(alias="latest") == ["net", "raw"]
    found = search_versions(*lab.place, Wanted(), order="size", limit=1)
    assert ([v.name for v in found.versions], found.total, found.size) == (["raw"], 2, 103)
    with pytest.raises(NameInvalid):
        search_versions(*lab.place, Wanted(), order="-nonsense")


def test_a_runs_outputs_go_unless_somebody_needs_them(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", ONE, run="aaa")
    lab.commit("raw", TWO, run="aaa", aliases=["best"])
    lab.commit("raw", THREE, run="aaa")
    assert delete_runs(*lab.place, ["aaa"], artifacts=True).versions == 2
    assert [v.version for v in read_versions(*lab.place, "raw").versions] == ["v1"]


def test_a_collection_is_renamed_tagged_and_made_empty(lab: Any) -> None:
    lab.commit("raw", ONE)
    changed = edit_collection(*lab.place, "raw", CollectionChange(name="clean", add_tags=["x"], description="d"))
    assert (changed.name, changed.tags, changed.description) == ("clean", ("x",), "d")
    assert read_artifact(*lab.place, "clean").name == "clean"
    assert make_collection(*lab.place, "shelf", "model", "portfolio").versions == 0
    with pytest.raises(Conflict):
        make_collection(*lab.place, "shelf", "model")
    with pytest.raises(Conflict):
        edit_collection(*lab.place, "clean", CollectionChange(name="shelf"))


def test_reach_goes_to_any_depth_and_bears_a_cycle(lab: Any) -> None:
    for number in range(12):
        run = f"run{number:05}"
        lab.run(run, job_type="step")
        if number:
            lab.use(run, f"d{number - 1}:v0")
        lab.commit(f"d{number}", {"f": str(number).encode()}, run=run)
    lab.use("run00000", "d11:v0")  # a cycle
    down = read_reach(*lab.place, "d3", "v0", "down", limit=3)
    assert down.versions_by_type == {"dataset": 11}
    assert down.runs_by_type == {"step": 12}
    assert (len(down.versions), down.truncated) == (3, True)
    assert read_reach(*lab.place, "d3", "v0", "up").versions_by_type == {"dataset": 11}
    delete_run(*lab.place, "run00005")
    assert read_reach(*lab.place, "d3", "v0", "down").versions_by_type == {"dataset": 1}
    hidden = read_reach(*lab.place, "d3", "v0", "up", may_read=lambda entity, project: False)
    assert (hidden.versions, hidden.runs) == ([], [])


def test_what_is_out_of_date_in_a_project(lab: Any) -> None:
    for run in ("aaa", "bbb"):
        lab.run(run)
    lab.commit("raw", ONE)
    lab.use("aaa", "raw:v0")
    lab.commit("mid", ONE, run="aaa")
    lab.use("bbb", "mid:v0")
    lab.commit("net", ONE, run="bbb", type="model")
    assert read_freshness(*lab.place).outdated == []
    lab.commit("raw", TWO)
    found = {(o.version.name, o.input.qualified[-6:], o.newest.version) for o in read_freshness(*lab.place).outdated}
    assert found == {("mid", "raw:v0", "v1"), ("net", "raw:v0", "v1")}
    assert len(read_freshness(*lab.place, "net").outdated) == 1
    assert read_freshness(*lab.place, limit=1).truncated


def test_a_diff_counts_bytes_once(lab: Any) -> None:
    lab.commit("raw", {"a": b"same", "b": b"same", "c": b"old"}, metadata={"k": 1, "z": 0})
    lab.commit("raw", {"a": b"same", "c": b"fresh", "d": b"fresh"}, metadata={"k": 2, "z": 0})
    found = diff_artifacts(*lab.place, "raw", "v1", ":v0")
    assert (found.added, found.removed, found.changed, found.same) == (("d",), ("b",), ("c",), 1)
    assert (found.shared_bytes, found.new_bytes, found.gone_bytes) == (4, 5, 3)
    assert found.metadata == {"k": [1, 2]}


def test_a_signature_of_ssh_keygen_is_kept_and_another_refused(lab: Any, tmp_path: Path) -> None:
    lab.commit("raw", ONE)
    lab.commit("raw", TWO)
    key, manifest = tmp_path / "key", tmp_path / "manifest.json"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    manifest.write_bytes(read_manifest(*lab.place, "raw", "v0").canonical())
    subprocess.run(["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", key, manifest], check=True)
    body = (tmp_path / "manifest.json.sig").read_text()
    (kept,) = sign_artifact(*lab.place, "raw", "v0", "ada@lab", body, MEMBER)
    printed = subprocess.run(["ssh-keygen", "-l", "-f", key], check=True, capture_output=True, text=True).stdout
    assert kept.fingerprint in printed
    assert (kept.signer, kept.by) == ("ada@lab", "bea")
    with pytest.raises(BlobCorrupt, match="does not fit"):
        sign_artifact(*lab.place, "raw", "v1", "ada@lab", body)
    remove_signature(*lab.place, "raw", "v0", kept.fingerprint)
    assert read_signatures(*lab.place, "raw", "v0") == []
    with pytest.raises(NotFound):
        remove_signature(*lab.place, "raw", "v0", kept.fingerprint)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_our_signatures_are_what_ssh_keygen_takes(tmp_path: Path, kind: str) -> None:
    key, message = tmp_path / "key", Manifest().canonical()
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", key], check=True)
    (tmp_path / "sig").write_text(sign(key.read_bytes(), message))
    (tmp_path / "allowed").write_text("me " + key.with_suffix(".pub").read_text())
    command = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-n",
        NAMESPACE,
        "-f",
        tmp_path / "allowed",
        "-I",
        "me",
        "-s",
        tmp_path / "sig",
    ]
    done = subprocess.run(command, input=message, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no signature",
        "-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----",
        "-----BEGIN SSH SIGNATURE-----\n!!\n-----END SSH SIGNATURE-----",
    ],
)
def test_what_is_no_signature(body: str) -> None:
    with pytest.raises(ValueInvalid):
        read_signature(body)


def test_an_edge_knows_the_step_it_happened_at(lab: Any) -> None:
    lab.run("aaa")
    lab.commit("raw", ONE)
    lab.use("aaa", "raw:v0", step=3)
    lab.commit("net", TWO, run="aaa", step=8)
    graph = read_lineage(*lab.place, detail="instances")
    assert {edge.role: edge.step for edge in graph.edges} == {"used": 3, "made": 8}


def test_a_number_no_version_has_is_not_found(lab: Any) -> None:
    lab.commit("raw", ONE)
    for pointer in ("v7", "v" + "9" * 30, "v" + "9" * 120):
        with pytest.raises(ArtifactNotFound):
            read_artifact(*lab.place, "raw", pointer)
        with pytest.raises(ArtifactNotFound):
            restore_artifact(*lab.place, "raw", pointer)
