"""Plots say what the numbers say: ROC, precision-recall and confusion agree with scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from support.shelf import there_and_back

import museion
from museion import plot
from museion.errors import ValueInvalid
from museion.sdk.media import Table


@st.composite
def judged(draw):
    truth = draw(st.lists(st.integers(0, 2), min_size=6, max_size=60).filter(lambda found: len(set(found)) == 3))
    scores = draw(
        st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), min_size=len(truth), max_size=len(truth))
    )
    return truth, np.array(scores) / 8


def curve(found, name):
    return np.array([row[1:] for row in found.table.data if row[0] == name])


@given(judged())
@settings(max_examples=60, deadline=None)
def test_a_roc_curve_is_that_of_scikit_learn(said):
    truth, scores = said
    found = plot.roc_curve(truth, scores, labels=["a", "b", "c"])
    for place, name in enumerate("abc"):
        fpr, tpr, _ = metrics.roc_curve([label == place for label in truth], scores[:, place])
        mine = curve(found, name)
        assert np.trapezoid(mine[:, 1], mine[:, 0]) == pytest.approx(metrics.auc(fpr, tpr))
        assert {tuple(np.round(p, 9)) for p in mine} <= {tuple(np.round(p, 9)) for p in zip(fpr, tpr, strict=True)} | {
            (0, 0)
        }


@given(judged())
@settings(max_examples=60, deadline=None)
def test_a_precision_recall_curve_is_that_of_scikit_learn(said):
    truth, scores = said
    found = plot.pr_curve(truth, scores)
    for place in range(3):
        precision, recall, _ = metrics.precision_recall_curve([label == place for label in truth], scores[:, place])
        mine = curve(found, str(place))
        theirs = {tuple(np.round(p, 9)) for p in zip(recall, precision, strict=True)}
        assert {tuple(np.round(p, 9)) for p in mine} <= theirs
        assert mine[-1, 0] == pytest.approx(1)


@given(judged())
@settings(max_examples=40, deadline=None)
def test_a_confusion_matrix_is_that_of_scikit_learn(said):
    truth, scores = said
    found = plot.confusion_matrix(probs=scores, y_true=truth, class_names=["a", "b", "c"])
    counts = np.array([row[2] for row in found.table.data]).reshape(3, 3)
    assert (counts == metrics.confusion_matrix(truth, scores.argmax(1), labels=[0, 1, 2])).all()
    assert found.table.data[1][:2] == ["a", "b"]


def test_predictions_may_be_names():
    found = plot.confusion_matrix(y_true=["cat", "dog", "dog"], preds=["cat", "cat", "dog"])
    assert found.table.data == [["cat", "cat", 1], ["cat", "dog", 0], ["dog", "cat", 1], ["dog", "dog", 1]]


def test_one_column_is_the_second_of_two_classes():
    both = plot.roc_curve([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6])
    assert both == plot.roc_curve([0, 1, 1, 0], [[0.8, 0.2], [0.1, 0.9], [0.6, 0.4], [0.4, 0.6]])
    only = plot.roc_curve([0, 1, 1, 0], [0.2, 0.9, 0.4, 0.6], classes_to_plot=[1])
    assert {row[0] for row in only.table.data} == {"1"}


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: plot.roc_curve([0, 0], [[1, 0], [1, 0]]), "examples"),
        (lambda: plot.roc_curve([0, 1], [[1, 0]]), r"\(1, 2\)"),
        (lambda: plot.pr_curve(), "needed"),
        (lambda: plot.roc_curve([0, 1], [[np.nan, 0], [1, 0]]), "finite"),
        (lambda: plot.roc_curve([0, 1], [[1, 0], [0, 1]], classes_to_plot=[9]), "9"),
        (lambda: plot.confusion_matrix(y_true=[0, 1]), "either"),
        (lambda: plot.confusion_matrix(y_true=[0, 7], preds=[0, 1], class_names=["a", "b"]), "7"),
        (lambda: plot.confusion_matrix(y_true=[0], preds=[0, 1]), "2 predictions"),
        (lambda: plot.line_series([1, 2], [[1, 2], [3]]), "key_1"),
        (lambda: plot.line(Table(columns=["a"], data=[[1]]), "a", "b"), "'b'"),
    ],
)
def test_what_cannot_be_drawn_is_named(call, named):
    with pytest.raises(ValueInvalid, match=named):
        call()


def test_series_share_places_or_have_their_own():
    shared = plot.line_series([0, 1], [[5, 6], [7, 8]], keys=["a", "b"], xname="epoch")
    assert shared.table.data == [[0, "a", 5], [1, "a", 6], [0, "b", 7], [1, "b", 8]]
    assert shared.options == {"x_title": "epoch"}
    assert plot.line_series([[0, 1], [0, 1]], [[5, 6], [7, 8]], keys=["a", "b"]).table == shared.table


def test_a_plot_comes_back():
    table = Table(columns=["x", "y", "who"], data=[[1, 0.5, "a"], [2, 0.25, "b"]])
    for made in (
        plot.line(table, "x", "y", stroke="who", title="t"),
        plot.scatter(table, "x", "y"),
        plot.bar(table, "who", "y"),
        plot.histogram(table, "y"),
        museion.plot_table("me/unknown", table, {"x": "x"}, {"title": "mine"}),
    ):
        assert there_and_back(made) == made
    assert museion.plot_table("wandb/bar/v0", table, {"label": "who", "value": "y"}).kind == "bar"
