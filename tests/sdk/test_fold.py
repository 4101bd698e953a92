"""The summary as a fold: what it keeps is what the whole log says."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from museion.model.summary import Fold, MetricRule
from museion.model.values import from_json, plain, to_json

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), NUMBERS | st.text(max_size=3), min_size=1), max_size=30)


@given(ROWS)
def test_without_rules_it_is_the_last_value_of_each_key(rows: list[dict[str, Any]]) -> None:
    fold, want = Fold(), {}
    for row in rows:
        fold.row(row)
        want |= row
    assert fold.values == want


@given(st.lists(NUMBERS, min_size=1, max_size=40))
def test_statistics_are_those_of_the_whole(values: list[float]) -> None:
    fold = Fold()
    fold.define(MetricRule.of("x/*", summary="min,max,mean,best,first,last", goal="maximize"))
    for value in values:
        fold.row({"x/y": value})
    got = fold.values["x/y"]
    assert (got["min"], got["max"], got["best"]) == (min(values), max(values), max(values))
    assert (got["first"], got["last"]) == (values[0], values[-1])
    assert got["mean"] == pytest.approx(math.fsum(values) / len(values), abs=1e-6)


@given(ROWS, st.integers(0, 30))
@settings(max_examples=50)
def test_taking_changes_in_parts_is_taking_them_at_once(rows: list[dict[str, Any]], cut: int) -> None:
    """What the uploader sends in several requests adds up to the summary."""
    fold, sent = Fold(), {}
    fold.define(MetricRule.of("a", summary="min"))
    for number, row in enumerate(rows):
        fold.row(row)
        fold.note(row)
        if number % (cut + 1) == 0:
            changed, removed = fold.take()
            sent |= changed
            assert not removed
    sent |= fold.take()[0]
    assert sent == fold.values


def test_nan_is_no_minimum_and_the_exact_rule_beats_the_glob() -> None:
    fold = Fold()
    fold.define(MetricRule.of("v*", summary="max"))
    fold.define(MetricRule.of("val", summary="min"))
    for value in (2.0, math.nan, 1.0, 3.0):
        fold.row({"val": value, "vol": value})
    assert fold.values == {"val": {"min": 1.0}, "vol": {"max": 3.0}}


def test_what_is_set_by_hand_stays_until_logged_and_what_is_removed_is_told() -> None:
    fold = Fold()
    fold.row({"a": 1, "b": 1})
    fold.assign({"a": 9})
    fold.remove(["b"])
    assert fold.values == {"a": 9}
    assert fold.take() == ({"a": 9}, ["b"])
    fold.row({"a": 2})
    assert fold.values == {"a": 2}


def test_rules_travel() -> None:
    rule = MetricRule.of("val/*", "epoch", "min,max", "minimize", True)
    assert MetricRule.from_json(rule.to_json()) == rule


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_plain_data_stays_what_it_is(value: Any) -> None:
    assert repr(plain(value)) == repr(value)


@given(st.floats())
def test_odd_numbers_travel(value: float) -> None:
    assert repr(from_json(to_json({"x": [value]}))) == repr({"x": [value]})
