"""History through its verbs: rows come back as they were logged, for the right run."""

from __future__ import annotations

import math
from typing import Any

import pytest

from museion.actions.changes_since import changes_since
from museion.actions.collect_garbage import collect_garbage
from museion.actions.delete_run import delete_run
from museion.actions.log_history import log_history, next_seq
from museion.actions.read_history import read_keys, read_rows, read_series, read_values
from museion.actions.read_run import read_run
from museion.errors import BatchCorrupt, RunNotFound, SequenceGap
from museion.history.batch import Row, encode


def _batch(start: int, stop: int) -> bytes:
    return encode([Row(i, 100.0 + i, {"loss": 1 / (i + 1), "note": f"step {i}"}) for i in range(start, stop)])


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
    delete_run(*lab.place, "aaa")
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
    delete_run(*lab.place, "aaa")
    lab.stores.history.append(key, "w", 0, _batch(0, 3))
    lab.run("bbb")
    assert read_rows(*lab.place, "bbb") == []
    collect_garbage(lab.stores)
    assert lab.stores.history.rows(key, None) == []
