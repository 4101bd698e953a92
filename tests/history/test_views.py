"""Forks, rewinds and layers; smoothing, outliers and bands; keys of many runs; windows: against plain arithmetic."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from museion.errors import RunNotFound, ValueInvalid
from museion.history import stats
from museion.history.bands import bands
from museion.history.batch import Row, encode
from museion.history.buckets import single
from museion.history.outliers import outside
from museion.history.sampling import Ask
from museion.history.smoothing import Smoothing
from museion.history.store import HistoryStore
from museion.history.tables import chunk, mark, series, span, tail

P, C, G = 1, 2, 3


def put(store: HistoryStore, run: int, rows: list[Row]) -> None:
    seq = store.next_seq(run, "w")
    store.append(run, "w", seq, encode(rows))


def line(first: int, last: int, scale: float = 1.0, **more: Any) -> list[Row]:
    return [Row(i, 100.0 + i, {"v": i * scale, **more}) for i in range(first, last)]


def seen(store: HistoryStore, run: int, layer: int | None = None) -> dict[int, Any]:
    return {row.step: row.values["v"] for row in store.rows(run, None, layer=layer, limit=10**6)}


# --- forks and rewinds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compacted", [False, True])
def test_a_fork_shows_the_parent_up_to_a_step_and_its_forks_do_too(store: HistoryStore, compacted: bool) -> None:
    put(store, P, line(0, 10))
    assert store.fork(P, C, 4)
    put(store, C, line(5, 8, 10.0))
    assert store.fork(C, G, 6)
    put(store, G, line(7, 9, 100.0))
    if compacted:
        for run in (P, C, G):
            store.compact(run)
    put(store, P, [Row(2, 0.0, {"v": -1.0}), Row(9, 0.0, {"v": -2.0})])
    child = {0: 0.0, 1: 1.0, 2: -1.0, 3: 3.0, 4: 4.0, 5: 50.0, 6: 60.0, 7: 70.0}
    assert seen(store, C) == child
    assert seen(store, G) == {**{s: v for s, v in child.items() if s <= 6}, 7: 700.0, 8: 800.0}
    assert store.last_step(G) == 8
    (curve,) = store.series({"g": G}, ["v"])
    assert dict(zip(curve.columns["x"].tolist(), curve.columns["y"].tolist(), strict=True)) == seen(store, G)
    (info,) = store.keys(G)
    assert (info.count, info.first_step, info.last_step, info.min, info.max, info.last) == (9, 0, 8, -1.0, 800.0, 800.0)


def test_a_rewind_hides_and_keeps_and_the_run_goes_on(store: HistoryStore) -> None:
    put(store, P, line(0, 10))
    assert store.rewind(P, 5) == 1
    assert seen(store, P) == {i: float(i) for i in range(6)}
    assert store.is_fresh(P)
    put(store, P, line(6, 8, 10.0))
    assert not store.is_fresh(P)
    assert store.rewind(P, 2) == 2
    put(store, P, line(3, 4, 100.0))
    for _ in range(2):
        assert seen(store, P) == {0: 0.0, 1: 1.0, 2: 2.0, 3: 300.0}
        assert seen(store, P, 0) == {i: float(i) for i in range(10)}
        assert seen(store, P, 1) == {**{i: float(i) for i in range(6)}, 6: 60.0, 7: 70.0}
        assert seen(store, P, 2) == seen(store, P)
        (old,) = store.series({"p": P}, ["v"], Ask(layer=0))
        assert old.last == 9.0
        with pytest.raises(RunNotFound):
            store.rows(P, None, layer=3)
        for view in store.layers(P):
            store.compact(view[-1].source)
    assert store.next_seq(P, "w") == 13


def test_pyramids_end_where_a_span_ends(store: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "PYRAMID_FROM", 100)
    noise = np.random.default_rng(4).normal(size=3000)
    put(store, P, [Row(i, float(i), {"v": v}) for i, v in enumerate(noise.tolist())])
    store.compact(P)
    store.fork(P, C, 1500)
    put(store, C, [Row(i, float(i), {"v": 7.0 + i}) for i in range(1501, 1700)])
    wanted = np.concatenate([noise[:1501], 7.0 + np.arange(1501, 1700)])
    for _ in range(2):
        (curve,) = store.series({"c": C}, ["v"], Ask(width=40))
        assert (curve.points, curve.minimum, curve.maximum, curve.last) == (1700, wanted.min(), 1706.0, 1706.0)
        assert curve.columns["count"].sum() == 1700
        (info,) = store.keys(C)
        assert (info.count, info.max, info.last_step) == (1700, 1706.0, 1699)
        store.compact(C)


def test_rows_stay_as_long_as_a_fork_needs_them_and_no_longer(store: HistoryStore, engine: Engine) -> None:
    put(store, P, line(0, 10))
    store.rewind(P, 7)
    put(store, P, line(8, 9))
    store.fork(P, C, 3)
    store.compact(P)
    store.delete(P)
    assert seen(store, C) == {i: float(i) for i in range(4)}
    store.delete(C)
    with engine.connect() as connection:
        for table in (tail, chunk, series, span, mark):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name


def test_only_a_run_without_a_history_can_become_a_fork(store: HistoryStore) -> None:
    put(store, P, line(0, 3))
    put(store, G, line(0, 3))
    assert not store.fork(P, G, 1)
    assert store.fork(P, C, 1)
    assert store.fork(P, C, 1)
    assert not store.fork(P, C, 2)
    assert seen(store, C) == {0: 0.0, 1: 1.0}


# --- smoothing --------------------------------------------------------------------------------------------------------


def brute(kind: str, strength: float, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Each definition, one point after another."""
    real = np.flatnonzero(np.isfinite(y))
    out = np.full(len(y), np.nan)
    total = mass = 0.0
    weight = strength if kind == "ema" else min(math.sqrt(strength), 0.999)
    for at, i in enumerate(real.tolist()):
        if kind in ("ema", "time_ema"):
            gap = 1.0 if kind == "ema" else (x[i] - x[real[at - 1]]) / (x[real[-1]] - x[real[0]]) * 1000 if at else 0.0
            total, mass = total * weight**gap + y[i], mass * weight**gap + 1
            out[i] = total / mass
        elif kind == "mean":
            half = int(strength) // 2
            out[i] = y[real[max(0, at - half) : at + half + 1]].mean()
        else:
            bell = np.exp(-0.5 * ((np.arange(len(real)) - at) / strength) ** 2)
            bell[np.abs(np.arange(len(real)) - at) > math.ceil(4 * strength)] = 0
            out[i] = (bell * y[real]).sum() / bell.sum()
    return out


@pytest.mark.parametrize(
    ("kind", "strength"),
    [
        *(("ema", weight) for weight in (0.01, 0.6, 0.999)),
        *(("time_ema", weight) for weight in (0.5, 0.99)),
        *(("gaussian", points) for points in (3.0, 400.0)),
        *(("mean", points) for points in (7, 5000)),
    ],
)
def test_smoothing_is_what_its_definition_says(kind: Any, strength: float) -> None:
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.exponential(size=1500))
    y = rng.normal(size=1500) * 1e3 + 5e3
    y[[3, 700, 701]] = [np.nan, np.inf, -np.inf]
    smooth = Smoothing(kind, strength).apply(x, y)
    np.testing.assert_allclose(smooth, brute(kind, strength, x, y), rtol=1e-9)
    assert np.isnan(smooth[[3, 700, 701]]).all()


@pytest.mark.parametrize("kind", ["ema", "time_ema", "gaussian", "mean"])
def test_a_constant_stays_and_nothing_leaves_the_range(kind: Any) -> None:
    strength = 0.9 if "ema" in kind else 50.0
    x = np.arange(200_000.0)
    np.testing.assert_array_equal(Smoothing(kind, strength).apply(x, np.full(len(x), 1e300)), 1e300)
    y = np.random.default_rng(2).normal(size=len(x))
    smooth = Smoothing(kind, strength).apply(x, y)
    assert y.min() <= smooth.min() <= smooth.max() <= y.max()
    for odd in (np.array([np.nan, np.nan]), np.empty(0), np.array([5.0])):
        np.testing.assert_array_equal(Smoothing(kind, strength).apply(x[: len(odd)], odd), odd)


@pytest.mark.parametrize(("kind", "strength"), [("ema", 1.0), ("ema", -0.1), ("mean", 2e6), ("gaussian", math.nan)])
def test_a_strength_that_cannot_be_is_refused(kind: Any, strength: float) -> None:
    with pytest.raises(ValueInvalid):
        Smoothing(kind, strength)


@pytest.mark.parametrize("x", ["_step", "_timestamp", "e"])
def test_curves_are_smoothed_over_the_full_series_before_bucketing(store: HistoryStore, x: str) -> None:
    y = np.random.default_rng(3).normal(size=9000)
    y[4321] = 1000.0
    rows = [Row(i, 2.0 * i, {"v": v, "e": i / 2}) for i, v in enumerate(y.tolist())]
    put(store, P, rows)
    smoothing = Smoothing("ema", 0.5)
    whole = smoothing.apply(np.arange(9000.0), y)
    scale = {"_step": 1.0, "_timestamp": 2.0, "e": 0.5}[x]
    for compacted in (False, True):
        for low, high in ((None, None), (4000, 4999), (4300, 4400)):
            ends = [None if end is None else end * scale for end in (low, high)]
            (curve,) = store.series({"p": P}, ["v"], Ask(x, 200, *ends, smoothing=smoothing))
            part = slice(low or 0, 9000 if high is None else high + 1)
            assert curve.maximum == 1000.0
            if curve.layout == "raw_smooth":
                np.testing.assert_array_equal(curve.columns["y"], y[part])
                np.testing.assert_allclose(curve.columns["smooth"], whole[part])
                continue
            assert curve.columns["x_max"][curve.columns["max"].argmax()] == 4321 * scale
            at = curve.columns["smooth_max"].argmax()
            assert curve.columns["smooth_max"][at] == pytest.approx(whole[part].max())
            assert curve.columns["smooth_x_max"][at] == ((low or 0) + whole[part].argmax()) * scale
            assert curve.columns["smooth_min"].min() == pytest.approx(whole[part].min())
        if not compacted:
            store.compact(P)


def test_what_is_remembered_of_a_curve_is_forgotten_with_the_next_point(store: HistoryStore) -> None:
    put(store, P, line(0, 100))
    ask = Ask(smoothing=Smoothing("mean", 3))
    assert store.series({"p": P}, ["v"], ask)[0].last == 99.0
    put(store, P, line(100, 101))
    assert store.series({"q": P}, ["v"], ask)[0].last == 100.0
    store.compact(P)
    put(store, P, [Row(100, 0.0, {"v": 5.0})])
    found = store.series({"q": P}, ["v"], ask)[0]
    assert (found.run, found.last) == ("q", 5.0)


# --- outliers ---------------------------------------------------------------------------------------------------------


def test_outliers_are_left_out_and_counted_and_the_range_still_tells_of_them(store: HistoryStore) -> None:
    y = np.random.default_rng(5).normal(size=5000)
    y[[7, 2500]] = [1e6, -1e6]
    put(store, P, [Row(i, 1.0, {"v": v}) for i, v in enumerate(y.tolist())])
    (curve,) = store.series({"p": P}, ["v"], Ask(outliers="iqr", width=100))
    assert (curve.excluded, curve.points, curve.minimum, curve.maximum) == (2, 5000, -1e6, 1e6)
    assert curve.columns["max"].max() < 10
    (cut,) = store.series({"p": P}, ["v"], Ask(outliers="percentile", smoothing=Smoothing("mean", 9)))
    assert cut.excluded == 500
    assert abs(cut.columns["smooth_max"]).max() < 2


def test_what_counts_as_an_outlier() -> None:
    odd = np.array([math.nan, math.inf, -math.inf, *range(100)])
    assert outside(odd, "iqr").tolist() == [False, True, True] + [False] * 100
    assert outside(odd, "percentile")[3:].sum() == 10
    assert not outside(np.array([math.nan, math.inf]), "iqr").any()
    assert not outside(np.full(9, 2.0), "percentile").any()


# --- bands ------------------------------------------------------------------------------------------------------------


def test_a_band_is_the_mean_over_runs_and_what_was_asked_around_it(store: HistoryStore) -> None:
    y = np.random.default_rng(6).normal(size=(3, 50))
    for run in range(3):
        put(store, run + 1, [Row(i, 1.0, {"v": v}) for i, v in enumerate(y[run].tolist())])
    runs = {f"r{i}": i for i in (1, 2, 3, 4)}
    groups = {"all": ["r1", "r2", "r3", "r4", "gone"], "one": ["r2"], "none": ["r4"]}
    spread = y.std(axis=0, ddof=1)
    for band, low, high in (
        ("std", y.mean(axis=0) - spread, y.mean(axis=0) + spread),
        ("stderr", y.mean(axis=0) - spread / math.sqrt(3), y.mean(axis=0) + spread / math.sqrt(3)),
        ("minmax", y.min(axis=0), y.max(axis=0)),
    ):
        found = store.series(runs, ["v", "w"], Ask(groups=groups, band=band))  # type: ignore[arg-type]
        assert [(each.run, each.key, each.layout) for each in found] == [("all", "v", "band"), ("one", "v", "band")]
        columns = found[0].columns
        for name, wanted in (("x", np.arange(50.0)), ("mean", y.mean(axis=0)), ("low", low), ("high", high)):
            np.testing.assert_allclose(columns[name], wanted)
        assert (columns["runs"] == 3).all()
        assert (found[0].points, found[0].minimum, found[0].maximum) == (150, y.min(), y.max())
    np.testing.assert_allclose(found[1].columns["mean"], y[1])


def test_a_spike_of_one_run_stays_in_the_band_of_long_runs(store: HistoryStore) -> None:
    for run in (1, 2):
        noise = np.random.default_rng(run).normal(size=20_000)
        noise[12_345] = 500.0 * run
        put(store, run, [Row(i, 1.0, {"v": v}) for i, v in enumerate(noise.tolist())])
        store.compact(run)
    (band,) = store.series({"a": 1, "b": 2}, ["v"], Ask(width=100, groups={"g": ["a", "b"]}, band="minmax"))
    at = band.columns["max"].argmax()
    assert band.columns["max"][at] == band.columns["high"][at] == 1000.0
    assert band.columns["x"][at] - 30 <= 12_345 <= band.columns["x_end"][at] + 30
    assert len(band.columns["x"]) <= 100
    assert abs(np.median(band.columns["mean"])) < 0.1


def test_runs_that_stop_early_and_gaps_count_where_they_are() -> None:
    nan = math.nan
    a = single(np.array([0.0, 1.0, 2.0]), np.array([1.0, nan, 3.0]))
    b = single(np.array([0.0]), np.array([3.0]))
    found = bands([a, b], 10, "std")
    np.testing.assert_array_equal(found["runs"], [2, 0, 1])
    np.testing.assert_array_equal(found["mean"], [2.0, nan, 3.0])
    np.testing.assert_allclose(found["high"], [2.0 + math.sqrt(2), nan, 3.0])
    assert len(bands([], 10, "std")["x"]) == 0


# --- keys and windows -------------------------------------------------------------------------------------------------


def test_keys_of_many_runs_are_those_of_each(store: HistoryStore) -> None:
    put(store, 1, line(0, 5, note="x"))
    put(store, 2, line(0, 9, -1.0))
    put(store, 3, [Row(40, 1.0, {"v": "text", "n": math.nan, "system/cpu": 1})])
    for compacted in ([], [1], [1, 2, 3]):
        for run in compacted:
            store.compact(run)
        found = {each.key: each for each in store.shared_keys([1, 2, 3, 4])}
        assert list(found) == ["n", "note", "system/cpu", "v"]
        v, n = found["v"], found["n"]
        assert (v.kind, v.runs, v.last_step, v.min, v.max) == ("number", 3, 40, -8.0, 4.0)
        assert (n.kind, n.runs, n.min, n.max) == ("number", 1, None, None)
        assert (found["note"].kind, found["note"].runs) == ("value", 1)
    store.rewind(2, 3)
    assert {each.key: each for each in store.shared_keys([1, 2])}["v"].min == -3.0


def test_windows_put_together_are_the_run(store: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "PYRAMID_FROM", 50)
    monkeypatch.setattr("museion.history.windows.LEAST_ROWS", 100)
    monkeypatch.setattr("museion.history.windows.MOST_ROWS", 100)
    rows = [Row(i, 5.0 + i, {"v": i} | ({"t": f"s{i}"} if i % 7 == 0 else {})) for i in range(1000)]
    put(store, P, rows)
    store.compact(P)
    put(store, P, [Row(3, 1.0, {"v": -3}), Row(-5, 4.0, {"v": 1.5})])
    outline = store.outline(P, None)
    assert len(outline.cuts) >= 8
    assert outline.origin == 1.0
    assert {key: nature.name for key, nature in outline.natures.items()} == {"t": "STRING", "v": "FLOAT|INT"}
    found: dict[int, dict[str, Any]] = {}
    for low, high in outline.cuts:
        window = store.window(P, list(outline.natures), low, high)
        assert len(window.steps) <= 300
        for key, points in window.points.items():
            for at, value in zip(window.places[key].tolist(), points.cells.python(), strict=True):
                found.setdefault(int(window.steps[at]), {})[key] = value
    assert found == {row.step: row.values for row in store.rows(P, None, start=-10, limit=10**6)}


# --- following --------------------------------------------------------------------------------------------------------


def test_who_follows_hears_each_point_once_in_order_of_arrival(store: HistoryStore) -> None:
    put(store, 1, line(0, 3))
    begun = store.news({"a": 1, "b": 2}, None, None)
    assert begun.points == {}
    put(store, 1, [Row(9, 9.0, {"v": 1.0, "w": "x"}), Row(3, 8.0, {"v": 2.0})])
    put(store, 2, line(0, 1))
    heard = store.news({"a": 1, "b": 2}, ["v", "_timestamp"], begun.cursor)
    assert heard.points["a"]["v"].steps.tolist() == [9, 3]
    assert sorted(heard.points["a"]) == ["_timestamp", "v"]
    assert heard.points["b"]["v"].cells.python() == [0.0]
    assert not heard.again
    again = store.news({"a": 1, "b": 2}, None, heard.cursor)
    assert (again.cursor, again.points) == (heard.cursor, {})


def test_who_missed_a_compaction_reads_again_and_goes_on(store: HistoryStore) -> None:
    cursor = store.news({"a": 1}, None, None).cursor
    put(store, 1, line(0, 3))
    store.compact(1)
    heard = store.news({"a": 1}, None, cursor)
    assert (list(heard.again), heard.points) == (["a"], {})
    put(store, 1, line(3, 5))
    assert store.news({"a": 1}, None, heard.cursor).points["a"]["v"].steps.tolist() == [3, 4]
    store.rewind(1, 2)
    cursor = store.news({"a": 1}, None, None).cursor
    put(store, 1, line(3, 4, 10.0))
    assert store.news({"a": 1}, None, cursor).points["a"]["v"].cells.python() == [30.0]
