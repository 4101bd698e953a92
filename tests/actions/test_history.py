"""History through its verbs: rows come back as they were logged, for the right run."""

from __future__ import annotations

import math
from typing import Any

import pytest

from museion.actions.changes_since import changes_since
from museion.actions.collect_garbage import collect_garbage
from museion.actions.delete_run import delete_run, empty_trash
from museion.actions.export_history import export_project, export_run
from museion.actions.fork_run import fork_run
from museion.actions.log_history import log_history, next_seq
from museion.actions.read_history import read_keys, read_rows, read_series, read_shared_keys, read_values
from museion.actions.read_run import read_run
from museion.actions.rewind_run import read_layers, rewind_run
from museion.errors import BatchCorrupt, ProjectNotFound, RunExists, RunNotFound, SequenceGap, UsageError
from museion.history.batch import Row, encode


def _batch(start: int, stop: int) -> bytes:
    return encode([Row(i, 100.0 + i, {"loss": 1 / (i + 1), "note": f"step {i}"}) for i in range(start, stop)])


def _gone(lab: Any, run: str) -> None:
    """Deleted, and the trash emptied."""
    delete_run(*lab.place, run)
    empty_trash(lab.stores, 0.0)


def test_rows_come_back_and_a_retry_adds_none(lab: Any) -> None:
    lab.run("aaa")
    assert log_history(*lab.place, "aaa", "w", 0, _batch(0, 5)) == 5
    assert log_history(*lab.place, "aaa", "w", 0, _batch(0, 5)) == 5
    assert log_history(*lab.place, "aaa", "w", 3, _batch(3, 8)) == 8
    assert next_seq(*lab.place, "aaa", "w") == 8
    rows = read_rows(*lab.place, "aaa")
    assert [row.step for row in rows] == list(range(8))
    assert rows[7].values == {"loss": 1 / 8, "note": "step 7"}
    assert [row.step for row in read_rows(*lab.place, "aaa", start=2, stop=5, keys=["loss"])] == [2, 3, 4]


def test_a_gap_says_what_comes_next_and_garbage_is_refused(lab: Any) -> None:
    lab.run("aaa")
    with pytest.raises(SequenceGap) as caught:
        log_history(*lab.place, "aaa", "w", 5, _batch(5, 6))
    assert caught.value.details["next_seq"] == 0
    with pytest.raises(BatchCorrupt):
        log_history(*lab.place, "aaa", "w", 0, b"not a batch")
    with pytest.raises(RunNotFound):
        log_history(*lab.place, "zzz", "w", 0, _batch(0, 1))
    assert read_rows(*lab.place, "aaa") == []


def test_logging_shows_that_the_run_lives_and_changed(lab: Any) -> None:
    lab.run("aaa")
    cursor, before = changes_since(*lab.place, 0).cursor, read_run(*lab.place, "aaa")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 1))
    after = read_run(*lab.place, "aaa")
    assert after.heartbeat_at > before.heartbeat_at
    assert changes_since(*lab.place, cursor).runs == ["aaa"]


def test_runs_do_not_see_each_others_rows_and_a_deleted_one_leaves_none(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 3))
    log_history(*lab.place, "bbb", "w", 0, encode([Row(0, 1.0, {"other": math.nan})]))
    assert [info.key for info in read_keys(*lab.place, "bbb")] == ["other"]
    _gone(lab, "aaa")
    lab.run("aaa")
    assert read_rows(*lab.place, "aaa") == []
    assert next_seq(*lab.place, "aaa", "w") == 0
    assert len(read_rows(*lab.place, "bbb")) == 1


def test_values_and_curves(lab: Any) -> None:
    lab.run("aaa")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 10))
    values = read_values(*lab.place, "aaa", "note", start=8)
    assert [(point.step, point.value) for point in values] == [(8, "step 8"), (9, "step 9")]
    curves = read_series(*lab.place, ["aaa", "gone"], ["loss"])
    assert len(curves) == 1


def test_rows_that_came_too_late_for_a_deleted_run_are_no_ones(lab: Any) -> None:
    lab.run("aaa")
    with lab.stores.catalog.reading() as rows:
        key = rows.runs.key(rows.projects.key("ada", "digits"), "aaa")
    _gone(lab, "aaa")
    lab.stores.history.append(key, "w", 0, _batch(0, 3))
    lab.run("bbb")
    assert read_rows(*lab.place, "bbb") == []
    collect_garbage(lab.stores)
    assert lab.stores.history.rows(key, None) == []


def _steps(lab: Any, run: str, layer: int | None = None) -> list[int]:
    return [row.step for row in read_rows(*lab.place, run, layer=layer)]


def test_a_fork_begins_with_its_parents_history_and_summary(lab: Any) -> None:
    rules = [{"name": "acc", "summary": ["max", "mean"]}, {"name": "secret", "summary": ["none"]}]
    lab.run("aaa", summary={"loss": 0.1}, metrics=rules)
    rows = [Row(i, 100.0 + i, {"loss": 1 / (i + 1), "acc": [3, 1, 2, 9][i], "secret": 1}) for i in range(4)]
    log_history(*lab.place, "aaa", "w", 0, encode(rows))
    child = fork_run(*lab.place, "bbb", "aaa", 2, user="ada")
    assert (child.forked_from, child.forked_at, child.user) == ("aaa", 2, "ada")
    assert child.summary == {"loss": 1 / 3, "acc": {"max": 3, "mean": 2.0}}
    assert child.metrics == read_run(*lab.place, "aaa").metrics
    log_history(*lab.place, "bbb", "w", 0, _batch(3, 5))
    assert (_steps(lab, "bbb"), _steps(lab, "aaa")) == ([0, 1, 2, 3, 4], [0, 1, 2, 3])
    assert fork_run(*lab.place, "bbb", "aaa", 2).forked_at == 2
    assert fork_run(*lab.place, "ccc", "bbb", 3).summary["loss"] == 1 / 4
    _gone(lab, "aaa")
    _gone(lab, "bbb")
    assert _steps(lab, "ccc") == [0, 1, 2, 3]
    assert read_layers(*lab.place, "ccc") == [[(None, 2), (None, 3), ("ccc", None)]]


def test_what_cannot_be_forked_is_refused(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    log_history(*lab.place, "bbb", "w", 0, _batch(0, 1))
    with pytest.raises(RunExists):
        fork_run(*lab.place, "bbb", "aaa", 1)
    with pytest.raises(UsageError):
        fork_run(*lab.place, "aaa", "aaa", 1)
    with pytest.raises(RunNotFound):
        fork_run(*lab.place, "ccc", "zzz", 1)
    with pytest.raises(RunNotFound):
        read_run(*lab.place, "ccc")


def test_a_rewound_run_has_the_summary_of_its_step_and_goes_on(lab: Any) -> None:
    lab.run("aaa", summary={"loss": 0.125, "note": "step 7", "by_hand": 42, "late": 1})
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 8))
    log_history(*lab.place, "aaa", "w", 8, encode([Row(8, 1.0, {"late": 1})]))
    found = rewind_run(*lab.place, "aaa", 3)
    assert found.rewound_to == 3
    assert found.summary == {"by_hand": 42, "loss": 0.25, "note": "step 3"}
    assert read_run(*lab.place, "aaa").summary == found.summary
    assert rewind_run(*lab.place, "aaa", 3).rewound_to == 3
    assert len(read_layers(*lab.place, "aaa")) == 2
    assert next_seq(*lab.place, "aaa", "w") == 9
    log_history(*lab.place, "aaa", "w", 9, encode([Row(4, 1.0, {"loss": 9.0})]))
    assert (_steps(lab, "aaa"), _steps(lab, "aaa", layer=0)) == ([0, 1, 2, 3, 4], list(range(9)))
    rewind_run(*lab.place, "aaa", 3)
    assert read_layers(*lab.place, "aaa")[1:] == [[("aaa", 3), ("aaa", None)], [("aaa", 3), ("aaa", 3), ("aaa", None)]]
    with pytest.raises(RunNotFound):
        rewind_run(*lab.place, "zzz", 3)


def test_garbage_collection_forgets_the_views_of_runs_that_are_gone(lab: Any) -> None:
    lab.run("aaa")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 3))
    fork_run(*lab.place, "bbb", "aaa", 1)
    with lab.stores.catalog.transaction() as rows:  # as a crash leaves it: the row is gone, its history is not
        home = rows.projects.key("ada", "digits")
        keys = [rows.runs.key(home, run) for run in ("aaa", "bbb")]
        for key in keys:
            rows.runs.delete(key)
    collect_garbage(lab.stores)
    assert [lab.stores.history.rows(key, None) for key in keys] == [[], []]
    assert [len(lab.stores.history.layers(key)[0]) for key in keys] == [1, 1]


def test_keys_of_a_project(lab: Any) -> None:
    lab.run("aaa")
    lab.run("bbb")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 3))
    log_history(*lab.place, "bbb", "w", 0, encode([Row(0, 1.0, {"loss": 7.0})]))
    found = [(each.key, each.runs, each.max) for each in read_shared_keys(*lab.place)]
    assert found == [("loss", 2, 7.0), ("note", 1, None)]
    assert [each.runs for each in read_shared_keys(*lab.place, ["bbb", "zzz"])] == [1]
    with pytest.raises(ProjectNotFound):
        read_shared_keys(lab.stores, "ada", "nothing")


MIXED = [
    Row(0, 10.0, {"f": 0.5, "i": 2**53 + 1, "s": "a\nb", "j": {"x": [1]}, "m": 1, "run": "own"}),
    Row(2, 12.5, {"f": math.nan, "i": -1, "s": '"☃', "m": "one", "system/cpu": 3.0}),
    Row(1, 11.0, {"half": "\ud800"}),
]


@pytest.mark.parametrize("compacted", [False, True])
def test_an_export_reads_back_as_what_was_logged(lab: Any, compacted: bool) -> None:
    import pyarrow as pa
    from pyarrow import csv, parquet

    lab.run("aaa")
    log_history(*lab.place, "aaa", "w", 0, encode(MIXED))
    lab.run("bbb")
    log_history(*lab.place, "bbb", "w", 0, _batch(0, 3))
    lab.run("ccc")
    if compacted:
        with lab.stores.catalog.reading() as rows:
            for key in rows.runs.keys_of(rows.projects.key("ada", "digits")):
                lab.stores.history.compact(key)
    whole = pa.BufferReader(b"".join(export_run(*lab.place, "aaa", "parquet")))
    table = parquet.read_table(whole)
    assert table.schema.field("j").metadata[b"content"] == b"application/json"
    assert repr(table.to_pydict()) == repr(
        {
            "_step": [0, 1, 2],
            "_timestamp": [10.0, 11.0, 12.5],
            "_runtime": [0.0, 1.0, 2.5],
            "f": [0.5, None, math.nan],
            "half": [None, '"\\ud800"', None],
            "i": [2**53 + 1, None, -1],
            "j": ['{"x":[1]}', None, None],
            "m": ["1", None, '"one"'],
            "run": ["own", None, None],
            "s": ["a\nb", None, '"☃'],
        }
    )
    stream = pa.ipc.open_stream(b"".join(export_project(*lab.place, "arrow", keys=["loss", "f", "system/cpu"])))
    found = stream.read_all().to_pydict()
    assert found["_run"] == ["aaa"] * 3 + ["bbb"] * 3
    assert found["loss"] == [None, None, None, 1.0, 0.5, 1 / 3]
    assert found["system/cpu"] == [None, None, 3.0, None, None, None]
    text = b"".join(export_project(*lab.place, "csv", ["bbb", "zzz", "ccc"]))
    assert csv.read_csv(pa.BufferReader(text)).to_pydict()["note"] == ["step 0", "step 1", "step 2"]
    assert b"".join(export_run(*lab.place, "ccc", "csv")) == b'"_step","_timestamp","_runtime"\n'
    with pytest.raises(RunNotFound):
        export_run(*lab.place, "zzz", "csv")


def test_a_deleted_run_takes_no_rows_from_that_moment_on(lab: Any) -> None:
    lab.run("aaa")
    log_history(*lab.place, "aaa", "w", 0, _batch(0, 3))
    delete_run(*lab.place, "aaa")
    with pytest.raises(RunNotFound):
        log_history(*lab.place, "aaa", "w", 3, _batch(3, 4))


def test_many_batches_touch_the_run_once_and_the_last_one_is_not_forgotten(lab: Any) -> None:
    lab.run("aaa")
    cursor = changes_since(*lab.place, 0).cursor
    for at in range(20):
        log_history(*lab.place, "aaa", "w", at, _batch(at, at + 1))
    first = changes_since(*lab.place, cursor)
    assert first.cursor < cursor + 20
    assert first.runs == ["aaa"]
    lab.stores.history.close()
    assert changes_since(*lab.place, first.cursor).runs == ["aaa"]
