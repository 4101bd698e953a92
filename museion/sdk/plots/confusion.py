"""The confusion matrix: how often each class was taken for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.plot import Plot
from museion.sdk.media.table import Table
from museion.sdk.plots.labels import flat, scores

MAX_CLASSES = 1_000


def confusion_matrix(
    probs: Any = None,
    y_true: Any = None,
    preds: Any = None,
    class_names: Sequence[str] | None = None,
    title: str = "Confusion Matrix Curve",
    split_table: bool = False,
) -> Plot:
    """A count for each pair of true and predicted class.

    Args:
        probs: (N, classes) probabilities; the greatest is the prediction. Or:
        preds: (N,) predicted classes.
        y_true: (N,) true classes: places in `class_names`, or labels.
        class_names: what the classes are called; if None, the labels that occur.

    Raises:
        ValueInvalid: both or neither of probs and preds are given, lengths differ, or a label is not a class.
    """
    if (probs is None) == (preds is None) or y_true is None:
        raise ValueInvalid("Give y_true and either probs or preds.")
    truth = flat(y_true, "y_true")
    said = flat(preds, "preds") if preds is not None else scores(probs, len(truth), "probs").argmax(axis=1).tolist()
    if len(said) != len(truth):
        raise ValueInvalid(f"There are {len(said)} predictions for {len(truth)} examples.")
    names, place = _classes(truth, said, class_names)
    if len(names) > MAX_CLASSES:
        raise ValueInvalid(f"There are {len(names):,} classes, more than {MAX_CLASSES:,}.")
    counts = Counter((place(a), place(b)) for a, b in zip(truth, said, strict=True))
    rows = [[names[a], names[b], counts[a, b]] for a in range(len(names)) for b in range(len(names))]
    table = Table(columns=["Actual", "Predicted", "nPredictions"], data=rows)
    fields = {"Actual": "Actual", "Predicted": "Predicted", "nPredictions": "nPredictions"}
    return Plot("confusion_matrix", table, fields, title)


def _classes(truth: list[Any], said: list[Any], class_names: Sequence[str] | None) -> tuple[list[str], Any]:
    """Names of the classes, and the function from a label to its place among them."""
    labels = sorted(set(truth) | set(said), key=lambda label: (isinstance(label, str), label))
    if class_names is None:
        places = {label: place for place, label in enumerate(labels)}
        return [f"Class_{x}" if isinstance(x, int) else str(x) for x in labels], places.__getitem__
    names = [str(name) for name in class_names]
    by_label = {name: place for place, name in enumerate(names)}
    by_label.update({place: place for place in range(len(names))})  # type: ignore[misc]
    strangers = [label for label in labels if label not in by_label]
    if strangers:
        raise ValueInvalid(f"The label {strangers[0]!r} is none of the {len(names)} classes.")
    return names, by_label.__getitem__
