"""The store against a dictionary, and every rule of its contract, on SQLite and PostgreSQL."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine, event, func, select

from museion.errors import BatchCorrupt, SequenceGap, UsageError, ValueInvalid
from museion.history import compactor, stats
from museion.history.background import Policy
from museion.history.batch import Row, encode
from museion.history.reading import Reader
from museion.history.sampling import Ask
from museion.history.spans import owner_of, source_of
from museion.history.store import HistoryStore
from museion.history.tables import chunk, metadata, series, tail, writer

RUN = 7
EXAMPLES = int(os.environ.get("MUSEION_EXAMPLES", "12"))
"""How often the store is compared with a dictionary; more for a long run."""


def scalars(n: int, first: int = 0, **values: float) -> list[Row]:
    return [Row(i, 1000.0 + i, {"loss": 1.0 / (i + 1), **values}) for i in range(first, first + n)]


# --- the contract of append -------------------------------------------------------------------------------------------


def test_an_append_is_visible_to_the_next_read_and_survives_a_restart(new_store: Callable[[], HistoryStore]) -> None:
    store = new_store()
    assert store.append(RUN, "w", 0, encode(scalars(5))) == 5
    assert store.rows(RUN, None) == scalars(5)
    store.close()
    assert new_store().rows(RUN, None) == scalars(5)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_retry_is_no_news_and_an_overlap_adds_only_what_is_new(store: HistoryStore, compacted: bool) -> None:
    store.append(RUN, "w", 0, encode(scalars(5)))
    if compacted:
        store.compact(RUN)
    assert store.append(RUN, "w", 0, encode(scalars(5))) == 5
    changed = scalars(5, 3)
    changed[0] = Row(3, 0.0, {"loss": 99.0})
    assert store.append(RUN, "w", 3, encode(changed)) == 8
    assert store.rows(RUN, None) == scalars(8)
    store.compact(RUN)
    assert store.rows(RUN, None) == scalars(8)


def test_a_gap_names_the_row_expected(store: HistoryStore) -> None:
    store.append(RUN, "w", 0, encode(scalars(5)))
    with pytest.raises(SequenceGap) as caught:
        store.append(RUN, "w", 6, encode(scalars(5)))
    assert caught.value.details == {"next_seq": 5}
    assert (store.next_seq(RUN, "w"), store.next_seq(RUN, "other")) == (5, 0)


def test_a_bad_batch_or_writer_leaves_no_trace(store: HistoryStore, engine: Engine) -> None:
    good = encode(scalars(3))
    with pytest.raises(BatchCorrupt):
        store.append(RUN, "w", 0, good[:-1])
    for name, seq in (("", 0), ("a\0b", 0), ("x" * 201, 0), ("w", -1), ("w", 2**63)):
        with pytest.raises(ValueInvalid):
            store.append(RUN, name, seq, good)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tail)).scalar() == 0
    assert store.append(RUN, "w", 0, good) == 3


def test_many_threads_share_commits_and_lose_nothing(store: HistoryStore, engine: Engine) -> None:
    commits: list[object] = []

    def committed(connection) -> None:
        commits.append(connection)

    event.listen(engine, "commit", committed)

    def work(name: str) -> None:
        for seq in range(0, 40, 2):
            rows = [Row(seq + i, 1.0, {name: seq + i}) for i in range(2)]
            assert store.append(RUN, name, seq, encode(rows)) == seq + 2

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    event.remove(engine, "commit", committed)
    assert [row.values for row in store.rows(RUN, None)] == [{f"w{i}": s for i in range(8)} for s in range(40)]
    assert len(commits) < 160


def test_sqlite_commits_are_synchronous_full_in_this_suite(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("a pragma of SQLite; PostgreSQL's synchronous_commit is on by default")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("pragma synchronous").scalar() == 2


def test_a_database_that_fails_fails_the_callers_and_not_the_thread(store: HistoryStore, engine: Engine) -> None:
    metadata.tables["history_tail"].drop(engine)
    with pytest.raises(Exception, match="history_tail"):
        store.append(RUN, "w", 0, encode(scalars(1)))
    metadata.create_all(engine)
    assert store.append(RUN, "w", 0, encode(scalars(1))) == 1


def test_a_closed_store_says_so(new_store: Callable[[], HistoryStore]) -> None:
    store = new_store()
    store.close()
    with pytest.raises(UsageError):
        store.append(RUN, "w", 0, encode(scalars(1)))


# --- reading ----------------------------------------------------------------------------------------------------------


def test_rows_are_merged_by_step_and_cut_into_pages(store: HistoryStore) -> None:
    store.append(RUN, "w", 0, encode([Row(2, 12.0, {"a": 1}), Row(0, 10.0, {"a": 0, "b": "x"})]))
    store.append(RUN, "v", 0, encode([Row(2, 13.0, {"b": None}), Row(5, 14.0, {})]))
    wanted = [Row(0, 10.0, {"a": 0, "b": "x"}), Row(2, 13.0, {"a": 1, "b": None}), Row(5, 14.0, {})]
    for _ in range(2):
        assert store.rows(RUN, None) == wanted
        assert store.rows(RUN, None, limit=1) == wanted[:1]
        assert store.rows(RUN, None, start=1, stop=5) == wanted[1:2]
        assert store.rows(RUN, ["a"]) == [Row(0, 10.0, {"a": 0}), Row(2, 13.0, {"a": 1})]
        assert store.rows(RUN, ["nothing"]) == []
        assert store.last_step(RUN) == 5
        store.compact(RUN)
    assert store.last_step(RUN + 1) is None


def test_rare_keys_are_found_far_into_a_run(store: HistoryStore) -> None:
    logged = [Row(i, 1.0, {"rare": i} if i % 1500 == 1499 else {}) for i in range(6000)]
    store.append(RUN, "w", 0, encode(logged))
    assert [row.step for row in store.rows(RUN, ["rare"], limit=3)] == [1499, 2999, 4499]


@pytest.mark.parametrize("compacted", [False, True])
def test_a_sample_reaches_from_end_to_end(store: HistoryStore, compacted: bool) -> None:
    rows = [Row(i, 5.0 + i, {"loss": i / 2, **({"note": f"n{i}"} if i % 3 == 0 else {})}) for i in range(9_000)]
    for at in range(0, 9_000, 3_000):
        store.append(RUN, "w", at, encode(rows[at : at + 3_000]))
    store.append(RUN, "v", 0, encode([Row(2, 1.0, {"system/cpu": 1.0}), Row(9, 8.0, {"system/gpu": 2.0})]))
    if compacted:
        store.compact(RUN)
    assert store.sampled_rows(RUN, None, None, None, 3) == [rows[0], rows[4_500], rows[8_999]]
    found = store.sampled_rows(RUN, ["loss", "note"], None, None, 7)
    assert [row.step for row in found] == [0, 1500, 3000, 4500, 5997, 7497, 8997]
    assert found == [rows[row.step] for row in found]
    assert [row.step for row in store.sampled_rows(RUN, ["note"], 4, 12, 50)] == [6, 9, 12]
    assert store.sampled_rows(RUN, ["loss"], None, None, 1) == [Row(8_999, 9_004.0, {"loss": 4499.5})]
    assert store.sampled_rows(RUN, [], 3, 4, 9) == [Row(3, 8.0, {}), Row(4, 9.0, {})]
    assert store.sampled_rows(RUN, ["none"], None, None, 9) == store.sampled_rows(8, None, None, None, 9) == []
    machine = store.sampled_rows(RUN, ["system/cpu", "system/gpu"], None, None, 9, full=False)
    assert machine == [Row(2, 1.0, {"system/cpu": 1.0}), Row(9, 8.0, {"system/gpu": 2.0})]


def test_system_metrics_have_steps_and_times_of_their_own(store: HistoryStore) -> None:
    store.append(RUN, "w", 0, encode([Row(0, 100.0, {"loss": 1.0}), Row(1, 160.0, {"loss": 0.5})]))
    store.append(RUN, "w-system", 0, encode([Row(i, 102.0 + 15 * i, {"system/cpu": 10.0 * i}) for i in range(4)]))
    for _ in range(2):
        assert [row.values for row in store.rows(RUN, None)] == [{"loss": 1.0}, {"loss": 0.5}]
        assert [row.time for row in store.rows(RUN, ["system/cpu"])] == [102.0, 117.0, 132.0, 147.0]
        found = {
            s.key: s.columns["x"].tolist() for s in store.series({"r": RUN}, ["loss", "system/cpu"], Ask(x="_runtime"))
        }
        assert found == {"loss": [0.0, 60.0], "system/cpu": [2.0, 17.0, 32.0, 47.0]}
        assert store.last_step(RUN) == 1
        assert [info.key for info in store.keys(RUN)] == ["loss", "system/cpu"]
        store.compact(RUN)


def test_values_that_are_no_numbers_come_by_step(store: HistoryStore) -> None:
    image = {"_type": "image-file", "path": "media/a.png"}
    store.append(
        RUN, "w", 0, encode([Row(3, 3.0, {"img": image}), Row(1, 1.0, {"img": 0.5}), Row(2, 2.0, {"img": [image]})])
    )
    for _ in range(2):
        assert [(p.step, p.time, p.value) for p in store.values(RUN, "img")] == [(2, 2.0, [image]), (3, 3.0, image)]
        assert [p.step for p in store.values(RUN, "img", start=3)] == [3]
        assert [p.step for p in store.values(RUN, "img", limit=1)] == [2]
        assert store.values(RUN, "none") == []
        store.compact(RUN)


def test_keys_tell_what_there_is(store: HistoryStore) -> None:
    logged = [Row(i, 1.0, {"a": v, "b": str(i), "n": math.nan}) for i, v in enumerate([3.0, math.nan, -math.inf, 2])]
    store.append(RUN, "w", 0, encode(logged))
    for _ in range(2):
        a, b, n = store.keys(RUN)
        assert (a.kind, a.count, a.first_step, a.last_step, a.min, a.max, a.last) == (
            "number",
            4,
            0,
            3,
            -math.inf,
            3.0,
            2,
        )
        assert (b.kind, b.min, b.max, b.last) == ("value", None, None, "3")
        assert (n.kind, n.min, n.max) == ("number", None, None)
        assert math.isnan(n.last)
        store.compact(RUN)


def test_delete_frees_every_row_and_the_number_may_come_again(store: HistoryStore, engine: Engine) -> None:
    store.append(RUN, "w", 0, encode(scalars(6000)))
    store.compact(RUN)
    store.series({"r": RUN}, ["loss"])
    store.append(RUN, "w", 6000, encode(scalars(1, 6000)))
    store.append(RUN + 1, "w", 0, encode(scalars(2)))
    assert store.delete(RUN) > 3
    with engine.connect() as connection:
        for table in (tail, chunk, series, writer):
            where = select(func.count()).select_from(table).where(table.c.run == RUN)
            assert connection.execute(where).scalar() == 0
    assert store.rows(RUN + 1, None) == scalars(2)
    again = [Row(i, 1.0, {"loss": float(i)}) for i in range(6000)]
    store.append(RUN, "w", 0, encode(again))
    store.compact(RUN)
    assert store.series({"r": RUN}, ["loss"])[0].maximum == 5999.0


# --- compaction -------------------------------------------------------------------------------------------------------


def test_compaction_happens_by_itself_when_a_tail_is_large(engine: Engine) -> None:
    compacted = threading.Event()

    class Told(HistoryStore):
        def compact(self, run: int) -> None:
            super().compact(run)
            compacted.set()

    store = Told(engine, policy=Policy(rows=100, age=3600))
    try:
        store.append(RUN, "w", 0, encode(scalars(99)))
        assert not compacted.is_set()
        store.append(RUN, "w", 99, encode(scalars(1, 99)))
        assert compacted.wait(30)
        assert store.rows(RUN, None) == scalars(100)
    finally:
        store.close()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tail)).scalar() == 0


def test_what_an_earlier_process_left_is_compacted_by_age(
    engine: Engine, new_store: Callable[[], HistoryStore]
) -> None:
    new_store().append(RUN, "w", 0, encode(scalars(3)))
    done = threading.Event()

    class Told(HistoryStore):
        def compact(self, run: int) -> None:
            super().compact(run)
            done.set()

    store = Told(engine, policy=Policy(age=0.0))
    assert done.wait(30)
    store.close()
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(tail)).scalar() == 0


def test_many_small_compactions_leave_few_chunks(store: HistoryStore, engine: Engine) -> None:
    for at in range(60):
        store.append(RUN, "w", at * 10, encode(scalars(10, at * 10)))
        store.compact(RUN)
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(chunk)).scalar() <= 10
    assert store.rows(RUN, None) == scalars(600)


def test_of_two_compactors_at_once_one_starts_over(
    store: HistoryStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(RUN, "w", 0, encode(scalars(50)))
    real, raced = compactor._commit, []

    def overtaken(connection, plan) -> None:
        real(connection, plan)

    def racing(connection, reader, run, end):
        plan = real_plan(connection, reader, run, end)
        if not raced:
            raced.append(True)
            with compactor.write(engine) as other:
                overtaken(other, plan)
        return plan

    real_plan = compactor._plan
    monkeypatch.setattr(compactor, "_plan", racing)
    compactor.compact(engine, Reader(), RUN)
    assert raced
    assert store.rows(RUN, None) == scalars(50)
    with engine.connect() as connection:
        assert connection.execute(select(func.sum(chunk.c.points))).scalar() == 100


def test_late_points_are_repaired_into_a_pyramid(store: HistoryStore) -> None:
    n = stats.PYRAMID_FROM + 2000
    store.append(RUN, "w", 0, encode([Row(i, 1.0, {"v": float(i % 10)}) for i in range(n)]))
    store.compact(RUN)
    store.append(RUN, "w", n, encode([Row(50, 2.0, {"v": 1e6}), Row(-5, 2.0, {"v": 3.0}), Row(9, 2.0, {"v": 0.5})]))
    for _ in range(2):
        (curve,) = store.series({"r": RUN}, ["v"], Ask(width=500))
        assert curve.bucketed
        assert (curve.points, curve.maximum) == (n + 1, 1e6)
        assert curve.columns["x_max"][np.nanargmax(curve.columns["max"])] == 50.0
        assert store.keys(RUN)[0].count == n + 1
        store.compact(RUN)
    store.append(RUN, "w", n + 3, encode([Row(50, 3.0, {"v": 1.0})]))
    store.compact(RUN)
    assert store.series({"r": RUN}, ["v"], Ask(width=500))[0].maximum == 9.0


# --- the store against a dictionary -----------------------------------------------------------------------------------

steps = st.integers(-3, 30) | st.sampled_from([-(2**63), 2**63 - 1])
numbers = st.floats() | st.integers(-(2**63), 2**63 - 1)
values = numbers | st.none() | st.text(max_size=4) | st.lists(st.integers(), max_size=2)
names = st.sampled_from(["a", "b", "c"])
row = st.builds(Row, steps, st.floats(0, 2e9), st.dictionaries(names, values, max_size=3))
who = st.sampled_from(["w0", "w1"])
RUNS = (1, 2, 3, 4)
runs = st.sampled_from(RUNS)


def ended(view: list[tuple[int, int | None]], step: int) -> list[tuple[int, int | None]]:
    """A view that stops at a step."""
    return [(source, step if stop is None else min(step, stop)) for source, stop in view]


Logged = dict[int, tuple[float, dict]]


class Model(RuleBasedStateMachine):
    """`sources` holds what was stored where, `views` what each run saw before each of its rewinds, and sees now.

    `written` are the runs that were forked, forked from, or rewound.
    """

    engine: Engine

    @initialize()
    def begin(self) -> None:
        metadata.drop_all(self.engine)
        metadata.create_all(self.engine)
        self.store = HistoryStore(self.engine, background=False)
        self.turn = 0
        self.written: set[int] = set()
        self.sent: dict[tuple[int, str], list[Row]] = {}
        self.sources: dict[int, list[Row]] = {}
        self.views: dict[int, list[list[tuple[int, int | None]]]] = {}

    def wanted(self, run: int, layer: int = -1) -> Logged:
        """Rows by step, merged in order of arrival."""
        out: Logged = {}
        for source, stop in self.views.get(run, [[(run, None)]])[layer]:
            for each in self.sources.get(source, []):
                if stop is None or each.step <= stop:
                    out[each.step] = (each.time, {**out.get(each.step, (0.0, {}))[1], **each.values})
        return out

    def alive(self, run: int) -> bool:
        """A deleted run's number never comes again while a fork still shows its rows."""
        return run in self.views or not any(owner_of(source) == run for source in self.sources)

    @rule(run=runs, writer=who, rows=st.lists(row, min_size=1, max_size=6), back=st.integers(0, 4))
    def append(self, run: int, writer: str, rows: list[Row], back: int) -> None:
        if not self.alive(run):
            return
        sent = self.sent.setdefault((run, writer), [])
        seq = max(0, len(sent) - back)
        batch = sent[seq:] + rows
        assert self.store.append(run, writer, seq, encode(batch)) == len(sent) + len(rows)
        sent.extend(rows)
        view = self.views.setdefault(run, [[(run, None)]])[-1]
        self.sources.setdefault(view[-1][0], []).extend(rows)

    @rule(run=runs, writer=who, data=st.data())
    def retry(self, run: int, writer: str, data: st.DataObject) -> None:
        sent = self.sent.get((run, writer), [])
        if sent:
            start = data.draw(st.integers(0, len(sent) - 1))
            stop = data.draw(st.integers(start + 1, len(sent)))
            assert self.store.append(run, writer, start, encode(sent[start:stop])) == len(sent)

    @rule(run=runs, writer=who, rows=st.lists(row, min_size=1, max_size=2))
    def gap(self, run: int, writer: str, rows: list[Row]) -> None:
        expected = len(self.sent.get((run, writer), []))
        with pytest.raises(SequenceGap) as caught:
            self.store.append(run, writer, expected + 1, encode(rows))
        assert caught.value.details["next_seq"] == expected

    @rule(run=runs, step=steps)
    def rewind(self, run: int, step: int) -> None:
        if not self.alive(run):
            return
        views = self.views.setdefault(run, [[(run, None)]])
        layer = len(views)
        assert self.store.rewind(run, step) == layer
        views.append([*ended(views[-1], step), (source_of(run, layer), None)])
        self.written.add(run)

    @rule(parent=runs, child=runs, step=steps)
    def fork(self, parent: int, child: int, step: int) -> None:
        if parent == child or not self.alive(parent) or not self.alive(child):
            return
        seen = self.views.get(parent, [[(parent, None)]])[-1]
        wanted = [*ended(seen, step), (child, None)]
        fresh = child not in self.written or self.views[child] == [wanted]
        possible = fresh and not self.sources.get(child)
        assert self.store.fork(parent, child, step) == possible
        if possible:
            self.views.setdefault(parent, [seen])
            self.views[child] = [wanted]
            self.written |= {parent, child}

    @rule(run=runs, data=st.data())
    def look_at_a_layer(self, run: int, data: st.DataObject) -> None:
        count = len(self.views.get(run, [[]]))
        assert len(self.store.layers(run)) == count
        layer = data.draw(st.integers(0, count - 1))
        if self.alive(run):
            self._same_rows(self.store.rows(run, None, start=-(2**63), layer=layer), self.wanted(run, layer))

    @rule(data=st.data())
    def compact(self, data: st.DataObject) -> None:
        if self.sources:
            self.store.compact(data.draw(st.sampled_from(sorted(self.sources))))

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = HistoryStore(self.engine, background=False)

    @rule(run=runs)
    def delete(self, run: int) -> None:
        if not self.alive(run):
            return
        self.store.delete(run)
        mine = {source for view in self.views.pop(run, []) for source, _ in view} | {run}
        needed = {source for views in self.views.values() for view in views for source, _ in view}
        self.sources = {key: rows for key, rows in self.sources.items() if key in needed or key not in mine}
        self.sent = {key: rows for key, rows in self.sent.items() if key[0] != run}
        self.written.discard(run)

    @invariant()
    def a_run_is_that_of_the_dictionary(self) -> None:
        """Another one after each step, all of them at the end."""
        self.turn += 1
        self._same(RUNS[self.turn % len(RUNS)])

    def _same(self, run: int) -> None:
        if self.alive(run):
            self._same_rows(self.store.rows(run, None, start=-(2**63)), self.wanted(run))
            self._same_keys_and_curves(run)

    def _same_rows(self, found: list[Row], wanted: Logged) -> None:
        assert repr([(r.step, r.time, sorted(r.values.items())) for r in found]) == repr(
            [(s, t, sorted(v.items())) for s, (t, v) in sorted(wanted.items())]
        )

    @invariant()
    def nothing_is_kept_that_nobody_sees(self) -> None:
        with self.engine.connect() as connection:
            for table in (tail, chunk, series):
                held = set(connection.execute(select(table.c.run)).scalars())
                assert held <= self.sources.keys(), table.name

    def _same_keys_and_curves(self, run: int) -> None:
        wanted = sorted(self.wanted(run).items())
        infos = {info.key: info for info in self.store.keys(run)}
        curves = {curve.key: curve for curve in self.store.series({"r": run}, ["a", "b", "c"])}
        for key in "abc":
            self._check(key, [(s, v[key]) for s, (_, v) in wanted if key in v], infos.get(key), curves.get(key))

    def _check(self, key, points, info, curve) -> None:
        assert (info is None) == (not points)
        if info is None:
            return
        numeric = [(s, float(v)) for s, v in points if isinstance(v, (int, float))]
        real = [v for _, v in numeric if not math.isnan(v)]
        assert (info.count, info.first_step, info.last_step) == (len(points), points[0][0], points[-1][0])
        assert (info.min, info.max) == (min(real, default=None), max(real, default=None))
        assert repr(info.last) == repr(points[-1][1])
        found = (
            [] if curve is None else list(zip(curve.columns["x"].tolist(), curve.columns["y"].tolist(), strict=True))
        )
        assert repr(found) == repr([(float(s), v) for s, v in numeric])

    def teardown(self) -> None:
        if hasattr(self, "store"):
            try:
                for run in RUNS:
                    self._same(run)
            finally:
                self.store.close()


def test_the_store_agrees_with_a_dictionary(shared_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # so small that a dozen points already make a pyramid, and passes and absorption happen all the time
    monkeypatch.setattr(stats, "PYRAMID_FROM", 6)
    monkeypatch.setattr(compactor, "PASS_ROWS", 5)
    machine = type("Bound", (Model,), {"engine": shared_engine})
    limits = settings(
        max_examples=EXAMPLES, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=limits)


def test_sqlite_file_is_the_only_state(tmp_path: Path) -> None:
    """A second store on the same file, open at the same time, reads and goes on where the first stands."""
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{tmp_path / 'h.db'}")
    metadata.create_all(engine)
    first, second = HistoryStore(engine, background=False), HistoryStore(engine, background=False)
    assert first.append(RUN, "w", 0, encode(scalars(2))) == 2
    assert second.append(RUN, "w", 2, encode(scalars(2, 2))) == 4
    assert first.rows(RUN, None) == second.rows(RUN, None) == scalars(4)
    first.close()
    second.close()
    engine.dispose()


def test_what_goes_along_is_in_the_same_transaction_and_cannot_stop_the_writer(engine: Engine) -> None:
    told: list[set[int]] = []

    def along(connection: Connection, runs: set[int]) -> float | None:
        told.append(set(runs))
        if not runs:
            raise ZeroDivisionError("nobody is told of this")
        if 13 in runs:
            raise ValueError("an unlucky run")
        return 0.0

    store = HistoryStore(engine, background=False, along=along)
    store.append(RUN, "w", 0, encode(scalars(1)))
    with pytest.raises(ValueError, match="unlucky"):
        store.append(13, "w", 0, encode(scalars(1)))
    assert store.rows(13, None) == []
    assert store.append(RUN, "w", 1, encode(scalars(1, 1))) == 2
    store.close()
    assert {RUN} in told
    assert set() in told
