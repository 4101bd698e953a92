"""Runs: made, changed, listed, silent, deleted."""

from __future__ import annotations

import math
from typing import Any

import pytest

from museion.actions.alert_run import alert_run, list_alerts
from museion.actions.archive_runs import restore_runs
from museion.actions.changes_since import changes_since
from museion.actions.delete_run import RunDeletion, delete_run, delete_runs, empty_trash
from museion.actions.edit_runs import RunEdit, edit_runs
from museion.actions.heartbeat import heartbeat, mark_crashed
from museion.actions.list_runs import RunQuery, list_deleted, list_runs
from museion.actions.log_console import log_console
from museion.actions.log_history import log_history
from museion.actions.projects import list_projects, read_project
from museion.actions.read_artifact import read_artifact
from museion.actions.read_lineage import read_lineage
from museion.actions.read_run import read_run
from museion.actions.save_files import NewFile, save_files
from museion.actions.stop_run import stop_run, stop_runs
from museion.actions.upsert_run import RunChange, upsert_run
from museion.errors import (
    ArtifactNotFound,
    Conflict,
    NameInvalid,
    ProjectNotFound,
    RunDeleted,
    RunExists,
    RunNotFound,
    ValueInvalid,
)
from museion.history.batch import Row, encode
from museion.model.run import RunState


def test_a_run_makes_its_project_and_gets_a_number_and_a_name(lab: Any) -> None:
    first, made = upsert_run(*lab.place, "aaa", RunChange(metadata={"poetic": "sunny-smoke"}), user="ada")
    second = lab.run("bbb")
    assert (made, first.name, first.number, first.user) == (True, "sunny-smoke-1", 1, "ada")
    assert second.number == 2
    assert second.name.endswith("-2")
    assert first.state is RunState.RUNNING
    assert [project.name for project in list_projects(lab.stores)] == ["digits"]


def test_a_retry_is_no_news(lab: Any) -> None:
    change = RunChange(config={"lr": 0.1}, tags=["a", "a", "b"], state=RunState.FINISHED, finished_at=5.0)
    _, made = upsert_run(*lab.place, "aaa", change)
    again, made_again = upsert_run(*lab.place, "aaa", change)
    assert (made, made_again) == (True, False)
    assert (again.config, again.tags, again.number, again.finished_at) == ({"lr": 0.1}, ("a", "b"), 1, 5.0)
    assert read_project(*lab.place).runs == 1


def test_what_json_lacks_survives_and_keys_keep_their_order(lab: Any) -> None:
    config = {"z": math.nan, "a": math.inf, "m": {"deep": -math.inf, "big": 1 << 80}, "t": "\ud800 \0 ü"}
    lab.run("aaa", config=config, summary={"loss": math.nan})
    found = read_run(*lab.place, "aaa")
    assert list(found.config) == ["z", "a", "m", "t"]
    assert math.isnan(found.config["z"])
    assert (found.config["a"], found.config["m"], found.config["t"]) == (math.inf, config["m"], config["t"])
    assert math.isnan(found.summary["loss"])


def test_config_and_summary_are_merged_and_keys_can_go(lab: Any) -> None:
    lab.run("aaa", config={"a": 1, "b": {"c": 2}}, summary={"x": 1})
    run = lab.run("aaa", config={"b": {"d": 3}, "e": 4}, remove_config=["a"], remove_summary=["x"])
    assert run.config == {"b": {"d": 3}, "e": 4}
    assert run.summary == {}


def test_resume_never_refuses_a_run_that_is_there_but_not_its_own_retry(lab: Any) -> None:
    lab.run("aaa", resume="never", created_at=50.0)
    lab.run("aaa", resume="never", created_at=50.0)
    with pytest.raises(RunExists):
        lab.run("aaa", resume="never", created_at=51.0)


def test_resume_must_refuses_a_run_that_is_not_there_and_makes_nothing(lab: Any) -> None:
    with pytest.raises(RunNotFound):
        lab.run("aaa", resume="must")
    assert list_projects(lab.stores) == []


def test_a_run_that_goes_on_is_not_finished_any_more(lab: Any) -> None:
    lab.run("aaa", state=RunState.FAILED, exit_code=3)
    run = lab.run("aaa", state=RunState.RUNNING)
    assert (run.finished_at, run.exit_code) == (None, None)


@pytest.mark.parametrize("run", ["", "a/b", "latest", "..", "x" * 200, "a\0b"])
def test_bad_run_ids_are_refused(lab: Any, run: str) -> None:
    with pytest.raises(NameInvalid):
        lab.run(run)


def test_notes_no_database_could_store_are_refused(lab: Any) -> None:
    for notes in ("a\0b", "\ud800", "x" * 200_000):
        with pytest.raises(ValueInvalid):
            lab.run("aaa", notes=notes)


def test_values_json_has_no_form_for_are_refused_and_change_nothing(lab: Any) -> None:
    lab.run("aaa", config={"a": 1})
    with pytest.raises(ValueInvalid):
        lab.run("aaa", config={"b": {1, 2}})
    assert read_run(*lab.place, "aaa").config == {"a": 1}


def test_latest_is_the_newest_run(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    lab.run("aaa")
    assert read_run(*lab.place, "latest").id == "bbb"


def test_what_is_not_there_is_named(lab: Any) -> None:
    with pytest.raises(ProjectNotFound, match="ada/digits"):
        read_run(*lab.place, "aaa")
    lab.run("aaa")
    with pytest.raises(RunNotFound, match="bbb"):
        read_run(*lab.place, "bbb")


# Lists


def _ids(lab: Any, **query: Any) -> list[str]:
    return [run.id for run in list_runs(*lab.place, RunQuery(**query)).runs]


def test_runs_are_filtered_by_state_job_type_group_and_text(lab: Any) -> None:
    lab.run("aaa", name="first", job_type="train", group="g1", tags=["100%", "größe"])
    lab.run("bbb", name="second", job_type="train", notes="A_strange Thing", state=RunState.FINISHED)
    lab.run("ccc", name="third", job_type="eval", group="g1", state=RunState.FAILED)
    assert _ids(lab, job_type="train", sort="+name") == ["aaa", "bbb"]
    assert _ids(lab, group="g1", sort="+name") == ["aaa", "ccc"]
    assert _ids(lab, state="finished,failed", sort="+name") == ["bbb", "ccc"]
    assert _ids(lab, q="a_strange thing") == ["bbb"]
    assert _ids(lab, q="100%") == ["aaa"]
    assert _ids(lab, q="größe") == ["aaa"]
    assert _ids(lab, q="ir") == ["ccc", "aaa"]
    assert _ids(lab, q="%") == ["aaa"]


@pytest.mark.parametrize(
    "sort", ["-created_at", "+created_at", "+name", "-state", "+config.lr", "-config.lr", "-summary.a.b"]
)
@pytest.mark.parametrize("limit", [1, 7])
def test_pages_follow_each_other_without_gap_or_repeat(lab: Any, sort: str, limit: int) -> None:
    values = [3, 1.5, None, math.nan, "text", 3, True, [1], math.inf, 1 << 70]
    for i, value in enumerate(values):
        state = RunState.FINISHED if i % 2 else RunState.RUNNING
        lab.run(f"r{i}", name=f"n{i % 3}", config={"lr": value}, summary={"a": {"b": i % 4}}, state=state)
    whole = list_runs(*lab.place, RunQuery(sort=sort))
    found, cursor = [], None
    while True:
        page = list_runs(*lab.place, RunQuery(sort=sort, limit=limit, cursor=cursor))
        assert page.total == len(values)
        found += [run.id for run in page.runs]
        cursor = page.next
        if cursor is None:
            break
    assert found == [run.id for run in whole.runs]
    assert sorted(found) == sorted(f"r{i}" for i in range(len(values)))


def test_sorting_by_a_value_puts_runs_without_it_last(lab: Any) -> None:
    for run, value in (("a", 2), ("b", None), ("c", 10), ("d", math.nan)):
        lab.run(run, config={} if value is None else {"opt.lr": value})
    assert _ids(lab, sort="-config.opt.lr")[:2] == ["c", "a"]
    assert _ids(lab, sort="+config.opt.lr")[:2] == ["a", "c"]


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "state is finished"},
        {"filter": "colour = red"},
        {"filter": '{"$near": 1}'},
        {"sort": "password"},
        {"sort": "-config"},
        {"cursor": "%%%"},
        {"cursor": "bnVsbA"},
        {"cursor": "WyJ4IiwgMV0", "sort": "-created_at"},
        {"limit": 0},
        {"limit": 100_000},
    ],
)
def test_a_query_that_cannot_be_read_is_refused(lab: Any, query: dict[str, Any]) -> None:
    lab.run("aaa")
    with pytest.raises(ValueInvalid):
        list_runs(*lab.place, RunQuery(**query))


# Life


def test_a_silent_run_is_crashed_until_it_is_heard_again(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb", state=RunState.FINISHED)
    heard = read_run(*lab.place, "aaa").heartbeat_at
    lab.clock.now += 1_000
    lab.run("ccc")
    assert mark_crashed(lab.stores, silence=300) == 1
    crashed = read_run(*lab.place, "aaa")
    assert (crashed.state, crashed.finished_at) == (RunState.CRASHED, heard)
    assert read_run(*lab.place, "bbb").state is RunState.FINISHED
    assert read_run(*lab.place, "ccc").state is RunState.RUNNING
    assert mark_crashed(lab.stores, silence=300) == 0
    heartbeat(*lab.place, "aaa")
    revived = read_run(*lab.place, "aaa")
    assert (revived.state, revived.finished_at) == (RunState.RUNNING, None)


def test_a_deleted_run_frees_only_what_nothing_else_names(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    contents = {"own": b"x" * 10, "shared": b"y" * 100, "kept": b"z" * 1000}
    digests = {path: lab.stores.blobs.put_bytes(data, "ada/digits") for path, data in contents.items()}
    save_files(*lab.place, "aaa", [NewFile(p, d, len(contents[p])) for p, d in digests.items()])
    save_files(*lab.place, "bbb", [NewFile("other", digests["shared"], 100)])
    lab.commit("model", {"kept": contents["kept"]})
    assert delete_run(*lab.place, "aaa") == 10
    with pytest.raises(RunNotFound):
        read_run(*lab.place, "aaa")
    assert delete_run(*lab.place, "bbb") == 100


def test_a_run_number_is_never_given_twice(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    delete_run(*lab.place, "bbb")
    assert lab.run("ccc").number == 3


def test_changes_are_told_once_each_since_a_cursor(lab: Any) -> None:
    lab.run("aaa")
    start = changes_since(*lab.place, 0)
    assert (start.runs, start.collections) == (["aaa"], [])
    assert changes_since(*lab.place, start.cursor).runs == []
    lab.run("bbb")
    lab.run("bbb", summary={"x": 1})
    lab.commit("raw", {"a": b"1"}, run="aaa")
    later = changes_since(*lab.place, start.cursor)
    assert (sorted(later.runs), later.collections) == (["aaa", "bbb"], ["raw"])
    delete_run(*lab.place, "bbb")
    assert changes_since(*lab.place, later.cursor).runs == ["bbb"]


# Stop, alerts, trash


def test_a_stop_is_told_with_the_heartbeat_until_the_run_begins_again(lab: Any) -> None:
    lab.run("aaa")
    assert heartbeat(*lab.place, "aaa") is False
    stop_run(*lab.place, "aaa")
    stop_run(*lab.place, "aaa")
    assert heartbeat(*lab.place, "aaa") is True
    assert lab.run("aaa", state=RunState.RUNNING).stop is True, "the run that is to stop says that it lives"
    assert lab.run("aaa", state=RunState.KILLED).stop is True
    with pytest.raises(Conflict, match="killed"):
        stop_run(*lab.place, "aaa")
    assert lab.run("aaa", state=RunState.RUNNING).stop is False
    assert heartbeat(*lab.place, "aaa") is False


def test_a_run_that_was_asked_to_stop_and_fell_silent_was_killed(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb", state=RunState.FINISHED)
    assert stop_runs(*lab.place, ["aaa", "bbb"], dry_run=True) == 1
    assert heartbeat(*lab.place, "aaa") is False
    assert stop_runs(*lab.place, ["aaa", "bbb"]) == 1
    lab.clock.now += 1_000
    mark_crashed(lab.stores, silence=300)
    assert read_run(*lab.place, "aaa").state is RunState.KILLED


def test_an_alert_is_kept_once_and_not_repeated_while_one_waits(lab: Any) -> None:
    lab.run("aaa", name="sunny")
    first, new = alert_run(*lab.place, "aaa", "Loss is NaN", "at step 3", "error", uid="u1")
    assert (new, first.run, first.run_name, first.level) == (True, "aaa", "sunny", "error")
    assert alert_run(*lab.place, "aaa", "Loss is NaN", "at step 3", "error", uid="u1") == (first, False)
    assert alert_run(*lab.place, "aaa", "Loss is NaN", wait=60.0) == (first, False)
    assert alert_run(*lab.place, "aaa", "Something else", wait=60.0)[1] is True
    lab.clock.now += 100
    assert alert_run(*lab.place, "aaa", "Loss is NaN", wait=60.0)[1] is True
    page = list_alerts(*lab.place, limit=2)
    assert [alert.title for alert in page.alerts] == ["Loss is NaN", "Something else"]
    rest = list_alerts(*lab.place, "aaa", before=page.next)
    assert ([alert.number for alert in rest.alerts], rest.next) == ([first.number], None)
    assert "aaa" in changes_since(*lab.place, 0).runs
    for bad in ({"title": " "}, {"title": "x" * 500}, {"title": "a", "level": "loud"}, {"title": "a", "wait": -1}):
        with pytest.raises(ValueInvalid):
            alert_run(*lab.place, "aaa", **bad)


def test_a_deleted_run_is_nowhere_until_it_is_restored(lab: Any) -> None:
    lab.run("aaa", config={"lr": 1})
    lab.run("bbb")
    made = lab.commit("net", {"f": b"1"}, run="aaa")
    lab.use("bbb", "net:latest")
    delete_run(*lab.place, "aaa")
    assert [run.id for run in list_runs(*lab.place).runs] == ["bbb"]
    assert [run.id for run in list_deleted(*lab.place)] == ["aaa"]
    assert read_project(*lab.place).runs == 1
    assert read_artifact(*lab.place, "net", made.artifact.version).made_by is None
    assert [node.id for node in read_lineage(*lab.place).nodes if node.kind == "run"] != []
    assert "aaa" not in {node.name for node in read_lineage(*lab.place, detail="instances").nodes}
    for verb in (read_run, heartbeat, stop_run, delete_run):
        with pytest.raises(RunNotFound):
            verb(*lab.place, "aaa")
    with pytest.raises(RunDeleted, match="restore"):
        lab.run("aaa")
    assert restore_runs(*lab.place, ["aaa"]) == 1
    assert read_run(*lab.place, "aaa").config == {"lr": 1}
    assert read_artifact(*lab.place, "net", made.artifact.version).made_by is not None
    assert list_deleted(*lab.place) == []
    with pytest.raises(RunNotFound):
        restore_runs(*lab.place, ["zzz"])


def test_a_dry_run_says_exactly_what_deletion_and_collection_then_free(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    data = {"own": b"x" * 1_000, "shared": b"y" * 100}
    digests = {path: lab.stores.blobs.put_bytes(content, "ada/digits") for path, content in data.items()}
    save_files(*lab.place, "aaa", [NewFile(p, d, len(data[p])) for p, d in digests.items()])
    save_files(*lab.place, "bbb", [NewFile("f", digests["shared"], 100)])
    log_console(*lab.place, "aaa", "w", 0, [(1.0, "stdout", "hello")])
    batch = encode([Row(i, 1.0, {"loss": i / 7}) for i in range(100)])
    log_history(*lab.place, "aaa", "w", 0, batch)
    lab.commit("net", {"f": b"z" * 5_000}, run="aaa")
    lab.commit("keep", {"f": b"w" * 7_000}, run="aaa", aliases=["best"])
    looked = delete_runs(*lab.place, ["aaa"], dry_run=True)
    numbers, console = _stored(lab, "aaa")
    assert numbers > 0
    assert console > 0
    assert looked == RunDeletion(1, 0, 1_000 + numbers + console)
    with_outputs = delete_runs(*lab.place, ["aaa"], artifacts=True, dry_run=True)
    assert with_outputs == RunDeletion(1, 1, looked.freed + 5_000)
    assert read_run(*lab.place, "aaa").deleted_at is None
    assert delete_runs(*lab.place, ["aaa"], artifacts=True) == with_outputs
    assert read_artifact(*lab.place, "keep", "best").files == 1
    with pytest.raises(ArtifactNotFound):
        read_artifact(*lab.place, "net", "latest")
    lab.clock.now += 10
    assert empty_trash(lab.stores, grace=1_000) == 0
    assert empty_trash(lab.stores, grace=1) == 1
    with pytest.raises(RunNotFound):
        restore_runs(*lab.place, ["aaa"])
    assert lab.run("aaa").number == 3, "the id is free again, the number is not"


def _stored(lab: Any, run: str) -> tuple[int, int]:
    """Bytes of numbers and of console lines that the database has of a run."""
    with lab.stores.catalog.reading() as rows:
        key = rows.runs.key(1, run)
        columns = (
            ("history_tail", "data"),
            ("history_chunk", "data"),
            ("history_series", "pyramid"),
            ("console_block", "data"),
        )
        sql = "SELECT coalesce(sum(length({1})), 0) FROM {0} WHERE run = {2}"
        sizes = [rows.connection.exec_driver_sql(sql.format(*one, key)).scalar_one() for one in columns]
    return sum(sizes[:3]), sizes[3]


def test_what_cannot_be_changed_changes_nothing(lab: Any) -> None:
    lab.run("aaa", name="sunny")
    for bad in (RunEdit(name=""), RunEdit(tags=["\0"]), RunEdit(group="a/b"), RunEdit(notes="\ud800")):
        with pytest.raises(ValueError, match=r"."):
            edit_runs(*lab.place, ["aaa"], bad)
    with pytest.raises(RunNotFound, match="zzz"):
        edit_runs(*lab.place, ["aaa", "zzz"], RunEdit(name="x"))
    assert read_run(*lab.place, "aaa").name == "sunny"
