"""Versions as a script handles them: lifetimes, registries, drafts made together, edits, reach, differences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from museion import Artifact, ArtifactTTL, Table
from museion.errors import ArtifactUnlogged, Conflict, NameInvalid, UsageError, ValueInvalid
from museion.sdk import artifacts, registry
from museion.sdk.api import Api


def made(name="data", kind="dataset", **files):
    artifact = Artifact(name, kind)
    for path, text in files.items():
        with artifact.new_file(path) as file:
            file.write(text)
    return artifact


def logged(run, *args, aliases=None, **files):
    return artifacts.log_artifact(run, made(*args, **files), aliases=aliases).wait()


def text(artifact, path):
    with artifact.get_entry(path).open() as file:
        return file.read()


def test_a_lifetime_is_set_inherited_and_taken_away(run, transport):
    artifact = made(a="1")
    assert artifact.ttl is ArtifactTTL.INHERIT
    artifact.ttl = timedelta(days=2)
    artifacts.log_artifact(run, artifact).wait()
    assert artifact.expires_at == artifact.created_at + 2 * 86_400
    artifact.ttl = None
    artifact.save()
    assert (artifact.ttl, artifact.expires_at) == (None, None)
    Api({"project": "p"}, transport=transport).artifact_collection("dataset", "data").set_ttl(timedelta(hours=1))
    artifact.ttl = ArtifactTTL.INHERIT
    artifact.save()
    assert artifact.expires_at == artifact.created_at + 3600
    with pytest.raises(ValueInvalid, match="ttl"):
        artifact.ttl = 7


def test_a_link_shows_the_version_under_the_registrys_name(run):
    source = logged(run, "net", "model", w="1")
    logged(run, "net", "model", w="2").link("registry/convnet")
    shown = source.link("registry/convnet", aliases=["production"])
    assert (shown.qualified_name, shown.is_link) == ("me/registry/convnet:v1", True)
    assert shown.source_qualified_name == "me/p/net:v0"
    assert set(shown.aliases) == {"latest", "production"}
    assert shown.source_artifact.qualified_name == source.qualified_name
    assert [link.qualified_name for link in source.linked_artifacts] == ["me/registry/convnet:v1"]
    used = artifacts.use_artifact(run, "registry/convnet:production")
    assert text(used, "w") == b"1"
    source.ttl = timedelta(days=1)
    with pytest.raises(Conflict, match="registry"):
        source.save()
    source.ttl = ArtifactTTL.INHERIT
    shown.unlink()
    assert source.linked_artifacts == []
    with pytest.raises(UsageError):
        source.unlink()


def test_a_run_links_what_it_logs_and_an_offline_run_when_it_is_synced(runs, transport):
    run = runs(transport)
    shown = registry.link_artifact(run, made("net", "model", w="1"), "wandb-registry-model/convnet", ["best"])
    assert shown.qualified_name == "me/wandb-registry-model/convnet:v0"
    away = runs()
    assert registry.link_artifact(away, made("net", "model", w="2"), "wandb-registry-model/convnet", None) is None
    away.sync(transport)
    api = Api({"project": "wandb-registry-model"}, transport=transport)
    assert [a.source_qualified_name for a in api.artifacts("model", "convnet")] == ["me/p/net:v1", "me/p/net:v0"]
    with pytest.raises(UsageError):
        registry.link_artifact(run, shown, "registry/convnet:best", None)
    with pytest.raises(NameInvalid):
        registry.link_artifact(run, shown, "a/b/c/d", None)


def test_a_model_is_linked_into_the_model_registry(run, tmp_path):
    (tmp_path / "m.pt").write_bytes(b"weights")
    shown = artifacts.link_model(run, tmp_path / "m.pt", "convnet", "net", ["prod"])
    assert (shown.qualified_name, shown.type) == ("me/model-registry/convnet:v0", "model")
    assert artifacts.use_model(run, "model-registry/convnet:prod").endswith("m.pt")


def test_many_runs_make_one_version(runs, transport):
    first, second = runs(transport), runs(transport)
    part = artifacts.upsert_artifact(first, made(a="1", b="1"), "night-7", aliases=["big"])
    with pytest.raises(ArtifactUnlogged, match="finish_artifact"):
        part.wait()
    whole = artifacts.finish_artifact(second, made(b="2", c="3"), "night-7").wait()
    assert whole.version == "v0"
    assert sorted(whole.manifest) == ["a", "b", "c"]
    assert text(whole, "b") == b"2"
    assert "big" in whole.aliases
    makers = Api({"project": "p"}, transport=transport)
    assert [a.name for r in (first, second) for a in makers.run(r.id).logged_artifacts()] == ["data:v0"] * 2
    with pytest.raises(UsageError, match="distributed"):
        artifacts.upsert_artifact(first, made(a="1"))
    with pytest.raises(UsageError, match="offline"):
        artifacts.upsert_artifact(runs(), made(a="1"), "x")


def test_an_incremental_artifact_builds_on_whatever_is_newest_when_it_is_committed(runs, transport):
    away = runs()
    late = made(late="3")
    late.incremental = True
    artifacts.log_artifact(away, late)
    logged(runs(transport), a="1")
    logged(runs(transport), a="1", b="2")
    away.sync(transport)
    newest = Api({"project": "p"}, transport=transport).artifact("data:latest")
    assert sorted(newest.manifest) == ["a", "b", "late"]


def test_edits_are_remembered_with_who_and_what(run):
    artifact = logged(run, a="1")
    artifact.description, artifact.metadata = "new", {"rows": 2}
    artifact.aliases.append("best")
    artifact.save()
    seen = {}
    for edit in artifact.edits():
        assert edit["by"] == "me"
        seen |= edit["changes"]
    assert seen == {
        "description": [None, "new"],
        "metadata": [{}, {"rows": 2}],
        "aliases": [["latest"], ["best", "latest"]],
    }


def test_what_differs_between_versions_down_to_rows(run):
    old, new = made(same="s" * 100, gone="g", text="1"), made(same="s" * 100, fresh="ff", text="22")
    old.add(Table(["x"], [[1], [2]]), "t")
    new.add(Table(["x"], [[1], [3]]), "t")
    new.metadata = {"n": 1}
    artifacts.log_artifact(run, old).wait()
    artifacts.log_artifact(run, new).wait()
    found = new.diff(":v0")
    assert (found.added, found.removed, found.changed) == (["fresh"], ["gone"], ["t.table.json", "text"])
    assert (found.before, found.after, found.same) == ("me/p/data:v0", "me/p/data:v1", 1)
    assert found.metadata == {"n": [None, 1]}
    rows = found.inside["t.table.json"]
    assert (rows.kind, rows.added, rows.removed, rows.same) == ("rows", ["[3]"], ["[2]"], 1)
    table = new.manifest["t.table.json"].size
    assert (found.shared_bytes, found.new_bytes) == (100, 2 + 2 + table)
    assert not new.diff(new)


def test_reach_and_freshness_over_a_chain(runs, transport):
    maker, trainer, user = runs(transport), runs(transport), runs(transport)
    logged(maker, "raw", a="1")
    artifacts.use_artifact(trainer, "raw:latest")
    net = logged(trainer, "net", "model", w="1")
    artifacts.use_artifact(user, "net:latest")
    logged(user, "report", "report", r="1")
    assert net.stale_inputs() == []
    raw = logged(maker, "raw", a="2")
    report = Api({"project": "p"}, transport=transport).artifact("report:latest")
    up = report.upstream()
    assert sorted(a.name for a in up.artifacts) == ["net:v0", "raw:v0"]
    assert up.artifacts_by_type == {"dataset": 1, "model": 1}
    assert {r.id for r in up.runs} == {maker.id, trainer.id, user.id}
    assert raw.downstream().artifacts == []
    down = Api({"project": "p"}, transport=transport).artifact("raw:v0").downstream()
    assert sorted(a.name for a in down.artifacts) == ["net:v0", "report:v0"]
    (stale,) = report.stale_inputs()
    assert (stale.input.name, stale.newest.name) == ("raw:v0", "raw:v1")


def test_a_media_object_comes_back_out_of_a_version(run):
    artifact = Artifact("preds", "table")
    artifact.add(Table(["a", "b"], [[1, "x"], [2, "y"]]), "preds")
    artifacts.log_artifact(run, artifact).wait()
    assert artifacts.use_artifact(run, "preds:latest").get("preds").data == [[1, "x"], [2, "y"]]
