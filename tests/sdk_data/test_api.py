"""Runs as `museion.Api()` shows them."""

from __future__ import annotations

import math

import pytest

from museion.errors import Conflict, RunNotFound, UsageError, ValueInvalid
from museion.history.batch import Row, encode
from museion.sdk.api import Api
from museion.sdk.transport import run_path


@pytest.fixture
def api(transport):
    return Api({"entity": "me", "project": "p"}, transport=transport)


@pytest.fixture
def three(transport):
    """Three runs, a, b and c, with losses 3, 2 and 1, and ten rows each."""
    for place, name in enumerate("abc"):
        here = run_path("me", "p", name * 8)
        body = {
            "name": name,
            "job_type": "train" if name != "c" else "eval",
            "tags": ["even"] if place % 2 == 0 else [],
            "config": {"lr": place / 10, "net": {"depth": place}},
            "summary": {"loss": 3 - place},
            "state": "finished",
            "created_at": 1000.0 + place,
        }
        transport.request("PUT", here, json=body)
        rows = [Row(i, 1000.0 + i, {"loss": 10.0 - i, **({"acc": i / 10} if i % 2 else {})}) for i in range(10)]
        headers = {"content-type": "application/octet-stream"}
        query = {"writer": "w", "seq": 0}
        transport.request("POST", f"{here}/history", query=query, body=encode(rows), headers=headers)


def names(runs):
    return "".join(run.name for run in runs)


def test_runs_are_listed_filtered_and_ordered(api, three):
    assert names(api.runs("me/p")) == "abc"
    assert names(api.runs(order="+created_at", per_page=1)) == "abc"
    assert names(api.runs(order="+summary_metrics.loss")) == "cba"
    for filters, expected in [
        ({"job_type": "train"}, "ab"),
        ({"config.lr": 0.1}, "b"),
        ({"config.net.depth": 2}, "c"),
        ({"summary_metrics.loss": {"$gt": 1}}, "ab"),
        ({"tags": "even"}, "ac"),
        ({"tags": {"$in": ["even"]}}, "ac"),
        ({"$or": [{"display_name": "a"}, {"config.lr": {"$gte": 0.2}}]}, "ac"),
        ({"state": "running"}, ""),
        ({"config.nothing": {"$exists": True}}, ""),
    ]:
        assert names(api.runs(filters=filters)) == expected, filters
        assert len(api.runs(filters=filters)) == len(expected)
    with pytest.raises(ValueInvalid, match="\\$near"):
        api.runs(filters={"config.lr": {"$near": 1}})


def test_a_list_of_runs_is_fetched_as_it_is_looked_at(api, three, transport):
    del transport.asked[:]
    runs = api.runs(per_page=1, order="-created_at")
    assert transport.asked == []
    assert runs[0].name == "c"
    assert len(transport.asked) == 1
    assert (len(runs), len(transport.asked)) == (3, 1)
    assert names(runs[0:2]) == "cb"
    assert runs[-1].name == "a"
    with pytest.raises(IndexError):
        runs[3]


def test_one_run(api, three):
    run = api.run("p/aaaaaaaa")
    assert (run.name, run.state, run.config["net"], run.summary["loss"]) == ("a", "finished", {"depth": 0}, 3)
    assert (run.created_at, run.path) == ("1970-01-01T00:16:40Z", ["me", "p", "aaaaaaaa"])
    assert run.last_step == 9
    with pytest.raises(RunNotFound):
        api.run("p/zzzzzzzz")
    with pytest.raises(ValueInvalid):
        api.run("")


def test_history(api, three):
    run = api.run("aaaaaaaa")
    rows = list(run.scan_history(page_size=3))
    assert [row["_step"] for row in rows] == list(range(10))
    assert list(run.scan_history(keys=["_step", "acc"])) == [{"_step": i, "acc": i / 10} for i in range(1, 10, 2)]
    sampled = run.history(samples=4, pandas=False)
    assert [row["_step"] for row in sampled] == [0, 3, 6, 9]
    frame = run.history(keys=["acc"])
    assert list(frame.columns) == ["_step", "acc"]
    assert len(frame) == 5
    with pytest.raises(ValueInvalid):
        run.history(samples=0)


@pytest.mark.parametrize(
    "asked", [{}, {"keys": ["acc"]}, {"keys": ["loss", "acc", "odd"], "x_axis": "_runtime"}, {"keys": ["no"]}]
)
def test_a_sample_of_columns_is_the_sample_of_rows(api, three, transport, monkeypatch, asked):
    """Long runs are sampled from an export; what comes is the same."""
    headers = {"content-type": "application/octet-stream"}
    values = [{"n": 1}, "text", math.nan, 7, None, [1.5], True]
    rows = [Row(20 + i, 1020.0 + i, {"odd": value, "word": str(i)}) for i, value in enumerate(values)]
    path = run_path("me", "p", "a" * 8, "history")
    transport.request("POST", path, query={"writer": "x", "seq": 0}, body=encode(rows), headers=headers)
    run = api.run("aaaaaaaa")
    for samples in (1, 4, 100):
        of_rows = run.history(samples=samples, pandas=False, **asked)
        with monkeypatch.context() as patch:
            patch.setattr("museion.sdk.api.history.LONG", 0)
            del transport.asked[:]
            of_columns = run.history(samples=samples, pandas=False, **asked)
            assert any(path.endswith("/export") for _, path in transport.asked)
        assert repr(of_columns) == repr(of_rows)


def test_editing_a_run(api, three):
    run = api.run("aaaaaaaa")
    run.tags.append("new")
    run.notes = "words"
    run.config["added"] = [1, 2]
    del run.config["lr"]
    run.summary["best"] = math.inf
    run.update()
    again = api.run("aaaaaaaa")
    assert (again.tags, again.notes, again.config) == (["even", "new"], "words", {"net": {"depth": 0}, "added": [1, 2]})
    assert again.summary == {"loss": 3, "best": math.inf}
    run.delete()
    with pytest.raises(RunNotFound):
        api.run("aaaaaaaa")


def test_projects_and_the_viewer(api, three):
    assert [project.name for project in api.projects("me")] == ["p"]
    assert api.project("p").runs == 3
    assert set(api.viewer) >= {"name", "entity", "role"}
    assert api.default_entity == "me"
    with pytest.raises(ValueInvalid, match="too many parts"):
        api.runs("a/b/c")


def test_files_of_a_run(api, three, transport, tmp_path):
    from museion.errors import FileMissing
    from museion.sdk import local
    from museion.sdk.upload import upload

    recipe = local.staging().add_bytes(b"content")
    lease = upload(transport, "me", "p", local.staging(), [recipe.digest])
    files = [{"path": "sub/f.txt", "digest": recipe.digest, "size": 7}]
    transport.request("POST", run_path("me", "p", "aaaaaaaa", "files"), json={"upload": lease, "files": files})
    run = api.run("aaaaaaaa")
    assert [file.name for file in run.files()] == ["sub/f.txt"]
    with run.file("sub/f.txt").download(tmp_path) as opened:
        assert opened.read() == "content"
    with pytest.raises(FileExistsError):
        run.file("sub/f.txt").download(tmp_path)
    with pytest.raises(FileMissing):
        run.file("none")


def test_filters_in_our_own_words_are_decided_by_the_server(api, three, transport):
    assert names(api.runs(filters="config.lr > 0.05 and summary.loss >= 1", order="-summary_metrics.loss")) == "bc"
    del transport.asked[:]
    assert len(api.runs(filters={"config.lr": {"$gt": 0.15}}, per_page=1)) == 1
    assert len(transport.asked) == 1, "nothing is fetched to be thrown away"
    with pytest.raises(ValueInvalid, match="At character 13"):
        api.runs(filters="config.lr ! 3")
    with pytest.raises(ValueInvalid, match="no field"):
        api.runs(order="-password")


def test_the_summary_sends_what_it_is_updated_with(api, three):
    run = api.run("aaaaaaaa")
    run.summary.update({"acc": 0.9}, best=True)
    assert api.run("aaaaaaaa").summary == {"loss": 3, "acc": 0.9, "best": True}
    run.summary["later"] = 1
    del run.summary["acc"]
    run.summary.update()
    assert api.run("aaaaaaaa").summary == {"loss": 3, "best": True, "later": 1}


def test_papers_can_be_taken_away(api, three):
    run = api.run("aaaaaaaa")
    run.notes, run.group = "words", "g"
    run.update()
    assert (api.run("aaaaaaaa").notes, api.run("aaaaaaaa").group) == ("words", "g")
    run.notes = run.group = None
    run.save()
    assert (api.run("aaaaaaaa").notes, api.run("aaaaaaaa").group) == (None, None)


def test_the_life_of_a_run_from_a_script(api, three, transport):
    run = api.run("aaaaaaaa")
    run.archive()
    assert (run.archived, names(api.runs())) == (True, "bc")
    assert names(api.runs(filters="archived = true")) == "a"
    run.delete()
    with pytest.raises(RunNotFound):
        run.load()
    run.restore()
    assert (run.archived, names(api.runs())) == (False, "abc")
    with pytest.raises(Conflict):
        run.stop()
    transport.request("PUT", run_path("me", "p", "aaaaaaaa"), json={"state": "running"})
    with pytest.raises(TimeoutError):
        run.wait_until_finished(timeout=0)
    run.load().stop()
    assert transport.request("POST", run_path("me", "p", "aaaaaaaa", "heartbeat")).json() == {"stop": True}
    transport.request("PUT", run_path("me", "p", "aaaaaaaa"), json={"state": "killed"})
    assert run.wait_until_finished(timeout=5).state == "killed"
    transport.request("POST", run_path("me", "p", "aaaaaaaa", "alerts"), json={"title": "Loss is NaN"})
    assert [alert["title"] for alert in run.alerts()] == ["Loss is NaN"]


def test_what_scripts_for_wandb_ask_for(api, three):
    run = api.run("me/p/runs/aaaaaaaa")
    assert (run.lastHistoryStep, run.sweep, run.display_name, run.rawconfig) == (9, None, "a", run.config)
    assert (run.summary_metrics, run.heartbeatAt, run.username) == ({"loss": 3}, run.heartbeat_at, "me")
    assert run.history_keys["loss"]["last_step"] == 9
    assert run.system_metrics == {}
    assert run.url.endswith("/me/p/runs/aaaaaaaa")
    assert api.run(f"http://127.0.0.1:1/{'/'.join(run.path[:2])}/runs/{run.id}").id == run.id
    assert (api.from_path("me/p/aaaaaaaa").id, api.from_path("p").name) == (run.id, "p")
    with pytest.raises(UsageError, match="no sweep"):
        api.sweep("me/p/abc")
    rows = api.runs().histories(keys=["loss"], samples=2)
    assert [(row["run_id"][0], row["loss"]) for row in rows] == [(run, loss) for run in "abc" for loss in (10.0, 1.0)]
    assert len(api.runs().histories(keys=["acc"], format="pandas")) == 15
