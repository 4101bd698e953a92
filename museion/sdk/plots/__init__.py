"""`museion.plot`: plots out of tables, of series, and of what a classifier said.

    run.log({"roc": museion.plot.roc_curve(y_true, y_probas, labels=["cat", "dog"])})

Each gives a Plot, to be logged like any value. They take the arguments that W&B's functions of the same names take.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from museion.errors import ValueInvalid
from museion.model.charts import chart_of
from museion.sdk.media.plot import Plot
from museion.sdk.media.table import Table
from museion.sdk.plots.confusion import confusion_matrix
from museion.sdk.plots.curves import pr_curve, roc_curve

__all__ = [
    "bar",
    "confusion_matrix",
    "histogram",
    "line",
    "line_series",
    "plot_table",
    "pr_curve",
    "roc_curve",
    "scatter",
]


def line(table: Table, x: str, y: str, stroke: str | None = None, title: str = "", split_table: bool = False) -> Plot:
    """One line through the rows in order of `x`, or one for each value of the column `stroke`."""
    fields = {"x": x, "y": y, **({"stroke": stroke} if stroke else {})}
    return Plot("line", table, fields, title)


def scatter(table: Table, x: str, y: str, title: str = "", split_table: bool = False) -> Plot:
    """A dot for each row."""
    return Plot("scatter", table, {"x": x, "y": y}, title)


def bar(table: Table, label: str, value: str, title: str = "", split_table: bool = False) -> Plot:
    """A bar for each row, as long as `value`."""
    return Plot("bar", table, {"label": label, "value": value}, title)


def histogram(table: Table, value: str, title: str = "", split_table: bool = False) -> Plot:
    """How the values of one column are distributed."""
    return Plot("histogram", table, {"value": value}, title)


def line_series(
    xs: Iterable[Any],
    ys: Iterable[Iterable[Any]],
    keys: Iterable[str] | None = None,
    title: str = "",
    xname: str = "x",
    split_table: bool = False,
) -> Plot:
    """Several lines: `ys` holds their values, `xs` the places of all of them, or a list of places for each.

    Raises ValueInvalid if the lengths do not fit.
    """
    values = [list(series) for series in ys]
    shared = list(xs)
    each = shared if shared and isinstance(shared[0], Iterable) else [shared] * len(values)
    places = [list(series) for series in each]
    names = list(keys) if keys is not None else [f"key_{i}" for i in range(len(values))]
    if not len(places) == len(values) == len(names):
        raise ValueInvalid(f"There are {len(places)} xs, {len(values)} ys and {len(names)} keys.")
    rows = []
    for name, at, series in zip(names, places, values, strict=True):
        if len(at) != len(series):
            raise ValueInvalid(f"The line {name!r} has {len(at)} xs and {len(series)} ys.")
        rows += [[x, name, y] for x, y in zip(at, series, strict=True)]
    table = Table(columns=["step", "lineKey", "lineVal"], data=rows, allow_mixed_types=True)
    return Plot("line", table, {"x": "step", "y": "lineVal", "stroke": "lineKey"}, title, {"x_title": xname})


def plot_table(
    vega_spec_name: str,
    data_table: Table,
    fields: Mapping[str, Any],
    string_fields: Mapping[str, Any] | None = None,
    split_table: bool = False,
) -> Plot:
    """A table under the name of a chart of W&B. Its built-in charts are drawn; of others the table is shown."""
    chart = chart_of(vega_spec_name, fields, string_fields or {})
    return Plot(chart.kind, data_table, chart.fields, chart.title, chart.options)
