"""Curves against brute force: no spike is lost, and every bucket says the truth about the points it stands for."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from museion.errors import Corrupt
from museion.history import buckets, stats, wire
from museion.history.batch import Row, encode
from museion.history.sampling import Ask, Series
from museion.history.store import HistoryStore

GOLDEN = Path(__file__).parents[1] / "golden"
RUN = 3


def fill(store: HistoryStore, rows: list[Row], size: int = 20_000, compact: bool = True, first: int = 0) -> None:
    for at in range(0, len(rows), size):
        store.append(RUN, "w", first + at, encode(rows[at : at + size]))
        if compact:
            store.compact(RUN)


def check(curve: Series, x: np.ndarray, y: np.ndarray, width: int) -> None:
    """`x`, `y`: the settled points of the range, by x."""
    column = curve.columns
    assert curve.points == len(x)
    if not curve.bucketed:
        np.testing.assert_array_equal(column["x"], x)
        np.testing.assert_array_equal(column["y"], y)
        return
    assert len(column["x"]) <= width
    assert column["count"].sum() == len(x)
    at = 0
    for i, count in enumerate(column["count"].astype(int).tolist()):
        xs, ys = x[at : at + count], y[at : at + count]
        assert (column["x"][i], column["x_end"][i]) == (xs[0], xs[-1])
        real = ys[~np.isnan(ys)]
        if not len(real):
            assert np.isnan([column["min"][i], column["max"][i], column["mean"][i]]).all()
        else:
            assert (column["min"][i], column["max"][i]) == (real.min(), real.max())
            assert real.min() in ys[xs == column["x_min"][i]]
            assert real.max() in ys[xs == column["x_max"][i]]
            with np.errstate(invalid="ignore"):
                np.testing.assert_allclose(column["mean"][i], real.mean(), rtol=1e-5, atol=1e-5)
        at += count


def test_a_spike_is_on_the_chart_at_every_zoom(store: HistoryStore, engine: Engine) -> None:
    n, spike = (1_000_000, 623_457) if engine.dialect.name == "sqlite" else (50_000, 33_457)
    noise = np.random.default_rng(5).normal(size=n)
    noise[spike] = 1000.0
    fill(store, [Row(i, float(i), {"v": v}) for i, v in enumerate(noise.tolist())], 50_000)
    for x in ("_step", "_runtime", "_timestamp"):
        reach = float(n)
        while reach >= 1:
            whole = reach == n
            start, stop = (None, None) if whole else (spike - reach / 2, spike + reach / 3)
            (curve,) = store.series({"r": RUN}, ["v"], Ask(x=x, width=300, start=start, stop=stop))
            peak = "max" if curve.bucketed else "y"
            where = "x_max" if curve.bucketed else "x"
            assert curve.columns[where][np.nanargmax(curve.columns[peak])] == spike
            assert curve.maximum == 1000.0 == np.nanmax(curve.columns[peak])
            reach /= 4


@pytest.mark.parametrize("width", [1, 7, 100, 5000])
@pytest.mark.parametrize("live", [False, True])
def test_buckets_are_what_brute_force_finds(store: HistoryStore, width: int, live: bool) -> None:
    n = 9000
    rng = np.random.default_rng(width)
    y = rng.normal(size=n) * 10.0 ** rng.integers(-3, 4, n)
    y[rng.choice(n, 200)] = np.nan
    y[[10, 4000]] = np.inf
    y[5000] = -np.inf
    y[6000:6400] = np.nan
    x = np.cumsum(rng.integers(1, 5, n)).astype(float)
    rows = [Row(int(a), float(a) / 2, {"v": float(b), "e": int(a) // 100}) for a, b in zip(x, y, strict=True)]
    fill(store, rows[:7000], 3500)
    fill(store, rows[7000:], compact=not live, first=7000)
    check(store.series({"r": RUN}, ["v"], Ask(width=width))[0], x, y, width)
    check(store.series({"r": RUN}, ["v"], Ask(x="_timestamp", width=width))[0], x / 2, y, width)
    check(store.series({"r": RUN}, ["v"], Ask(x="e", width=width))[0], x // 100, y, width)
    low, high = float(x[1000]), float(x[7500])
    part = slice(1000, 7501)
    check(store.series({"r": RUN}, ["v"], Ask(width=width, start=low, stop=high))[0], x[part], y[part], width)
    check(
        store.series({"r": RUN}, ["v"], Ask(width=width, start=low - 0.5, stop=high + 0.5))[0], x[part], y[part], width
    )


def test_random_logs_with_late_steps_and_tiny_pyramids(store: HistoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stats, "PYRAMID_FROM", 32)
    monkeypatch.setattr(buckets, "MAX_BUCKETS", 16)
    rng = np.random.default_rng(11)
    truth: dict[int, float] = {}
    clock = seq = 0
    for turn in range(60):
        size = int(rng.integers(1, 30))
        late = rng.random() < 0.4
        steps = rng.integers(0, clock + 20, size) if late else np.arange(clock, clock + size)
        clock = max(clock, int(steps.max()) + 1)
        rows = [Row(int(s), 1.0, {"v": float(v)}) for s, v in zip(steps, rng.normal(size=size), strict=True)]
        seq = store.append(RUN, "w", seq, encode(rows))
        truth.update({row.step: row.values["v"] for row in rows})
        if rng.random() < 0.6:
            store.compact(RUN)
        x = np.array(sorted(truth), float)
        y = np.array([truth[int(s)] for s in x])
        check(store.series({"r": RUN}, ["v"], Ask(width=5 + turn % 9))[0], x, y, 5 + turn % 9)
        (info,) = store.keys(RUN)
        assert (info.count, info.min, info.max, info.last) == (len(x), y.min(), y.max(), y[-1])


def test_many_runs_and_keys_in_one_call(store: HistoryStore) -> None:
    for run in range(4):
        rows = [Row(i, 1.0, {"a": run + i, "b": -i} if run else {"a": i, "c": "no number"}) for i in range(10)]
        store.append(run, "w", 0, encode(rows))
    store.compact(1)
    found = store.series({f"r{i}": i for i in range(5)}, ["a", "b", "c"])
    assert [(s.run, s.key) for s in found] == [("r0", "a"), *[(f"r{i}", k) for i in (1, 2, 3) for k in "ab"]]
    assert found[3].columns["y"].tolist() == [2.0 + i for i in range(10)]
    assert found[1].last == 10.0


def test_points_without_an_x_are_left_out_and_time_may_go_back(store: HistoryStore) -> None:
    rows = [Row(0, 5.0, {"y": 1.0, "x": 3.0}), Row(1, 9.0, {"y": 2.0}), Row(2, 7.0, {"y": 3.0, "x": 1})]
    rows.append(Row(3, 8.0, {"y": 4.0, "x": math.nan}))
    store.append(RUN, "w", 0, encode(rows))
    (by_x,) = store.series({"r": RUN}, ["y"], Ask(x="x"))
    assert (by_x.columns["x"].tolist(), by_x.columns["y"].tolist()) == ([1.0, 3.0], [3.0, 1.0])
    (by_time,) = store.series({"r": RUN}, ["y"], Ask(x="_runtime"))
    assert (by_time.columns["x"].tolist(), by_time.columns["y"].tolist()) == ([0, 2, 3, 4], [1, 3, 4, 2])
    assert store.series({"r": RUN}, ["y"], Ask(x="nothing")) == []
    for odd in (math.nan, math.inf, -math.inf):
        store.series({"r": RUN}, ["y"], Ask(start=odd, stop=odd))


def test_time_that_goes_back_in_a_long_run(store: HistoryStore) -> None:
    n = 6000
    rows = [Row(i, 100.0 + (i if i < 3000 else i - 1000), {"y": float(i)}) for i in range(n)]
    fill(store, rows)
    x = np.array([row.time for row in rows])
    order = np.argsort(x, kind="stable")
    check(
        store.series({"r": RUN}, ["y"], Ask(x="_timestamp", width=50))[0],
        x[order],
        np.arange(n, dtype=float)[order],
        50,
    )


def test_a_pyramid_has_at_most_its_buckets_and_comes_back_from_bytes() -> None:
    rng = np.random.default_rng(3)
    for n in (1, 2048, 2049, 100_003):
        made = buckets.compact(buckets.single(np.arange(n) * 7 - 2**62, rng.normal(size=n)))
        assert n // 100 < len(made) <= buckets.MAX_BUCKETS
        back = buckets.decode(buckets.encode(made))
        for name in ("first", "last", "at_min", "at_max", "min", "max", "count", "valid"):
            np.testing.assert_array_equal(getattr(back, name), getattr(made, name))
        np.testing.assert_allclose(back.mean, made.mean, rtol=1e-6)


def same(found: list[Series], wanted: list[Series]) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert repr((a.run, a.key, a.layout, a.points, a.minimum, a.maximum, a.last)) == repr(
            (b.run, b.key, b.layout, b.points, b.minimum, b.maximum, b.last)
        )
        assert (a.columns.keys(), a.excluded) == (b.columns.keys(), b.excluded)
        for name in a.columns:
            np.testing.assert_array_equal(a.columns[name], b.columns[name])


def golden_series(name: str) -> list[Series]:
    described = json.loads((GOLDEN / f"{name}.json").read_text())["series"]
    out = []
    for one in described:
        columns = {name: np.array([float(v) for v in values]) for name, values in one["columns"].items()}
        low, high, last = (None if one[name] is None else float(one[name]) for name in ("min", "max", "last"))
        ends = low, high, last
        excluded = one.get("excluded", 0)
        out.append(Series(one["run"], one["key"], one["layout"], one["points"], *ends, columns, excluded))
    return out


@pytest.mark.parametrize("name", ["series-v1", "series-v1-options"])
def test_the_wire_is_the_golden_one(name: str) -> None:
    golden = (GOLDEN / f"{name}.bin").read_bytes()
    same(wire.decode_series(golden), golden_series(name))
    assert wire.encode_series(golden_series(name)) == golden


def test_columns_on_the_wire_are_aligned_and_a_cut_is_noticed(store: HistoryStore) -> None:
    store.append(RUN, "w", 0, encode([Row(i, 1.0, {"ключ": 1.0 * i}) for i in range(5)]))
    found = store.series({"r": RUN}, ["ключ"])
    data = wire.encode_series(found)
    assert len(data) % 8 == 0
    assert data.index(np.arange(5.0).tobytes()) % 8 == 0
    same(wire.decode_series(data), found)
    assert wire.decode_series(wire.encode_series([])) == []
    for cut in (0, 10, 40, len(data) - 1):
        with pytest.raises(Corrupt):
            wire.decode_series(data[:cut])
