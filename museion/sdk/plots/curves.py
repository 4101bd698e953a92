"""ROC and precision-recall curves: every threshold counts, then points that lie on a straight line are left out.

Definitions as in Fawcett, "An introduction to ROC analysis" (2006), and Davis and Goadrich (2006) for precision-recall:
a threshold is each distinct score; an example is called positive if its score is at least the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from museion.errors import ValueInvalid
from museion.sdk.media.plot import Plot
from museion.sdk.media.table import Table
from museion.sdk.plots.labels import flat, known, named, scores

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Curve = tuple[Array, Array]

MAX_POINTS = 10_000


def roc_curve(
    y_true: Any,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    title: str = "ROC Curve",
    split_table: bool = False,
) -> Plot:
    """True against false positive rate, a curve for each class.

    Args:
        y_true: (N,) the true labels.
        y_probas: (N, classes) probabilities; (N,) is read as those of the second of two classes.
        labels: names of the classes, in the order of the columns.
        classes_to_plot: labels to draw, all if None.

    Raises:
        ValueInvalid: shapes do not fit, or a class has no examples, or no others.
    """
    return _plot("roc", ("fpr", "tpr"), _roc, y_true, y_probas, labels, classes_to_plot, title)


def pr_curve(
    y_true: Any = None,
    y_probas: Any = None,
    labels: Sequence[str] | None = None,
    classes_to_plot: Sequence[Any] | None = None,
    interp_size: int = 21,
    title: str = "Precision-Recall Curve",
    split_table: bool = False,
) -> Plot:
    """Precision against recall, a curve for each class; arguments as of `roc_curve`. `interp_size` has no effect:
    the curve is not interpolated."""
    return _plot("pr", ("recall", "precision"), _precision_recall, y_true, y_probas, labels, classes_to_plot, title)


def _plot(
    kind: str,
    axes: tuple[str, str],
    curve: Callable[[Array, Array], Curve],
    y_true: Any,
    y_probas: Any,
    labels: Sequence[str] | None,
    wanted: Sequence[Any] | None,
    title: str,
) -> Plot:
    import numpy as np

    if y_true is None or y_probas is None:
        raise ValueInvalid("y_true and y_probas are needed.")
    truth = flat(y_true, "y_true")
    said, found = scores(y_probas, len(truth), "y_probas"), []
    for place, label in enumerate(known(truth, said.shape[1])):
        if wanted is not None and label not in wanted:
            continue
        positive = np.array([value == label for value in truth])
        xs, ys = curve(positive, said[:, place])
        found += [[named(label, place, labels), x, y] for x, y in zip(*_thin(xs, ys), strict=True)]
    if not found:
        raise ValueInvalid(f"None of the classes {list(wanted or ())!r} is there.")
    return Plot(
        kind, Table(columns=["class", *axes], data=found), {"x": axes[0], "y": axes[1], "stroke": "class"}, title
    )


def _counts(positive: Array, score: Array) -> tuple[Array, Array]:
    """At each distinct score from the highest down: how many true and how many false positives there are."""
    import numpy as np

    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(order) - 1)
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits


def _roc(positive: Array, score: Array) -> Curve:
    import numpy as np

    hits, misses = _counts(positive, score) if len(score) else (np.zeros(0), np.zeros(0))
    if not len(hits) or not hits[-1] or not misses[-1]:
        raise ValueInvalid("A ROC curve needs examples of the class and of others.")
    return np.append(0.0, misses / misses[-1]), np.append(0.0, hits / hits[-1])


def _precision_recall(positive: Array, score: Array) -> Curve:
    import numpy as np

    hits, misses = _counts(positive, score) if len(score) else (np.zeros(0), np.zeros(0))
    if not len(hits) or not hits[-1]:
        raise ValueInvalid("A precision-recall curve needs examples of the class.")
    return np.append(0.0, hits / hits[-1]), np.append(1.0, hits / (hits + misses))


def _thin(xs: Array, ys: Array) -> tuple[list[float], list[float]]:
    """Without points on the straight line between their neighbours, and at most MAX_POINTS, evenly chosen."""
    import numpy as np

    keep = np.ones(len(xs), dtype=bool)
    turn = np.diff(xs)[:-1] * np.diff(ys)[1:] - np.diff(xs)[1:] * np.diff(ys)[:-1]
    keep[1:-1] = np.abs(turn) > 1e-12
    at = np.flatnonzero(keep)
    if len(at) > MAX_POINTS:
        at = at[np.linspace(0, len(at) - 1, MAX_POINTS).round().astype(int)]
    return xs[at].tolist(), ys[at].tolist()
