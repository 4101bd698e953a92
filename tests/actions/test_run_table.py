"""The run table against a list of runs and a naive reading of the language; groups, columns, pages over many runs."""

from __future__ import annotations

import itertools
import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from sqlalchemy import event

from museion.actions.archive_runs import archive_runs, restore_runs
from museion.actions.delete_run import delete_run, empty_trash
from museion.actions.edit_runs import RunEdit, edit_run, edit_runs
from museion.actions.group_runs import group_runs, list_columns
from museion.actions.heartbeat import heartbeat
from museion.actions.list_runs import RunQuery, Selection, list_runs
from museion.actions.stores import Stores, open_stores
from museion.actions.upsert_run import RunChange, upsert_run
from museion.catalog.catalog import Catalog
from museion.errors import QueryInvalid
from museion.model.query.fields import Field
from museion.model.query.order import By
from museion.model.query.parser import parse
from museion.model.query.tree import Among, And, Compare, Filter, Matches, Missing, Not, Or, written
from museion.model.run import Run, RunState

# A naive reading: a filter and an order over one run after the other.


def value_of(run: Run, field: Field) -> Any:
    if field.part != "run":
        return _inner(getattr(run, field.part), field.key)
    if field.key == "duration":
        return (run.finished_at or run.heartbeat_at) - run.created_at
    found = getattr(run, field.key)
    return str(found) if field.key == "state" else list(found) if field.key == "tags" else found


def _inner(values: Any, path: str) -> Any:
    if isinstance(values, Mapping) and "_type" not in values:
        if path in values and not (isinstance(values[path], Mapping) and values[path]):
            return values[path]
        for end in (i for i, letter in enumerate(path) if letter == "."):
            if isinstance(values.get(path[:end]), Mapping):
                found = _inner(values[path[:end]], path[end + 1 :])
                if found is not None:
                    return found
    return None


def kind(value: Any) -> int:
    if value is None or value == []:
        return 5
    if isinstance(value, bool):
        return 0
    if isinstance(value, int | float):
        return 4 if math.isnan(value) else 1
    return 2 if isinstance(value, str) else 3


def same(value: Any, wanted: Any) -> bool:
    return kind(value) == kind(wanted) and (kind(value) == 4 or value == wanted)


def holds(run: Run, node: Filter) -> bool:
    match node:
        case And(parts):
            return all(holds(run, part) for part in parts)
        case Or(parts):
            return any(holds(run, part) for part in parts)
        case Not(part):
            return not holds(run, part)
        case Missing(field):
            return kind(value_of(run, field)) == 5
    found = value_of(run, node.field)
    for value in found if isinstance(found, list) else [found]:
        if isinstance(node, Among) and any(same(value, one) for one in node.values):
            return True
        if isinstance(node, Matches) and isinstance(value, str) and re.search(node.pattern, value):
            return True
        if isinstance(node, Compare) and _stands(value, node.relation, node.value):
            return True
    return False


def _stands(value: Any, relation: str, limit: Any) -> bool:
    if relation == "=":
        return same(value, limit)
    if kind(value) != kind(limit) or kind(value) == 4:
        return False
    return {"<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit}[relation]


def in_order(runs: list[Run], order: list[By]) -> list[Run]:
    found = sorted(runs, key=lambda run: run.number, reverse=order[0].falling)
    for by in reversed(order):
        keys = {run.id: value_of(run, by.field) for run in runs}
        found.sort(key=lambda run: _sortable(keys[run.id]), reverse=by.falling)
        found.sort(key=lambda run: max(kind(keys[run.id]), 3))
    return found


def _sortable(value: Any) -> tuple[int, Any]:
    if kind(value) in (3, 4, 5):
        return kind(value), str(value).replace("'", '"') if kind(value) == 3 else 0
    return kind(value), value


# The walk

_KEYS = st.sampled_from(["lr", "net.depth", "opt", "flag", "layers", "odd key", "a.b"])
_PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([0.5, -1.5, math.inf, math.nan]),
    st.sampled_from(["adam", "sgd", "Größe", ""]),
    st.lists(st.sampled_from([1, 2, "x"]), max_size=2),
)
_NESTED = st.one_of(_PLAIN, st.dictionaries(st.sampled_from(["b", "depth", "_type"]), _PLAIN, max_size=2))
_VALUES = st.dictionaries(st.one_of(_KEYS, st.sampled_from(["net", "a"])), _NESTED, max_size=4)
_NAMES = st.sampled_from(["sunny-1", "rainy-2", "Sunny"])
_TAGS = st.lists(st.sampled_from(["best", "old", "x y"]), max_size=2, unique=True)
_JOBS = st.sampled_from(["train", "eval"])
_RUNS = st.sampled_from([f"r{i}" for i in range(7)])

_INSIDE = st.builds(Field, st.sampled_from(["config", "summary"]), _KEYS)
_TEXTUAL = st.sampled_from([Field("run", name) for name in ("state", "name", "job_type", "tags", "id")])
_FIELDS = st.one_of(_INSIDE, _TEXTUAL, st.just(Field("run", "number")))
_SCALARS = _PLAIN.filter(lambda value: value is not None and not isinstance(value, list))
_WORDS = st.sampled_from(["finished", "running", "sunny-1", "train", "best", "r3"])
_LEAVES = st.one_of(
    st.builds(Compare, _INSIDE, st.sampled_from(["=", "<", "<=", ">", ">="]), _SCALARS),
    st.builds(Among, _INSIDE, st.lists(_SCALARS, max_size=6).map(tuple)),
    st.builds(Compare, _TEXTUAL, st.sampled_from(["=", "<"]), _WORDS),
    st.builds(Matches, st.one_of(_INSIDE, _TEXTUAL), st.sampled_from(["^s", "a", "unny|x", "[0-9]$"])),
    st.builds(Missing, _FIELDS),
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
_ORDERS = st.lists(st.builds(By, _FIELDS, st.booleans()), min_size=1, max_size=3)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stores]]:
    """Two servers over one database, which does not wait for the disk: nobody pulls the plug here."""
    moments = itertools.count(1_000)
    first = open_stores(tmp_path_factory.mktemp("servers"), clock=lambda: float(next(moments)))

    @event.listens_for(first.catalog.engine, "connect")
    def hurry(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")

    first.catalog.engine.dispose()
    TableWalk.servers = [first, replace(first, catalog=Catalog(first.catalog.engine))]
    yield TableWalk.servers
    first.close()


class TableWalk(RuleBasedStateMachine):
    """Whichever server is asked, it answers as a list of all runs would."""

    servers: ClassVar[list[Stores]] = []
    projects: ClassVar[Iterator[int]] = itertools.count()

    @initialize()
    def open(self) -> None:
        self.place = ("ada", f"p{next(self.projects)}")
        self.runs: dict[str, Run] = {}
        self.archived: set[str] = set()
        self.trash: dict[str, Run] = {}

    @rule(run=_RUNS, config=_VALUES, summary=_VALUES, gone=st.lists(_KEYS, max_size=2), over=st.booleans())
    def log(self, run: str, config: Any, summary: Any, gone: list[str], over: bool) -> None:
        if run in self.trash:
            return
        state = RunState.FINISHED if over else RunState.RUNNING
        change = RunChange(config=config, summary=summary, state=state, remove_config=gone)
        self.runs[run] = upsert_run(self.servers[0], *self.place, run, change)[0]

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), name=_NAMES, tags=_TAGS, job=st.none() | _JOBS)
    def edit(self, data: st.DataObject, name: str, tags: list[str], job: str | None) -> None:
        run = data.draw(st.sampled_from(sorted(self.runs)))
        self.runs[run] = edit_run(self.servers[0], *self.place, run, RunEdit(name=name, tags=tags, job_type=job))

    @precondition(lambda self: self.runs)
    @rule(data=st.data(), back=st.booleans())
    def archive(self, data: st.DataObject, back: bool) -> None:
        run = data.draw(st.sampled_from(sorted(self.runs)))
        (restore_runs if back else archive_runs)(self.servers[0], *self.place, [run])
        (self.archived.discard if back else self.archived.add)(run)

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(sorted(self.runs)))
        delete_run(self.servers[0], *self.place, run)
        self.trash[run] = self.runs.pop(run)

    @precondition(lambda self: self.trash)
    @rule(data=st.data(), for_good=st.booleans())
    def think_again(self, data: st.DataObject, for_good: bool) -> None:
        if for_good:
            empty_trash(self.servers[0], 0)
            self.archived -= self.trash.keys()
            self.trash.clear()
            return
        run = data.draw(st.sampled_from(sorted(self.trash)))
        restore_runs(self.servers[0], *self.place, [run])
        self.archived.discard(run)
        self.runs[run] = self.trash.pop(run)

    @precondition(lambda self: self.runs)
    @rule(tree=_FILTERS, order=_ORDERS, limit=st.integers(1, 4), server=st.integers(0, 1), text=st.booleans())
    def ask(self, tree: Filter, order: list[By], limit: int, server: int, text: bool) -> None:
        here = [run for run in self.runs.values() if run.id not in self.archived]
        expected = [run.id for run in in_order([run for run in here if holds(run, tree)], order)]
        asked: Any = written(tree) if text else tree
        sort: Any = ",".join(map(str, order)) if text else order
        found: list[str] = []
        cursor = None
        while True:
            query = RunQuery(filter=asked, sort=sort, limit=limit, cursor=cursor)
            page = list_runs(self.servers[server], *self.place, query)
            assert page.total == len(expected)
            found += [run.id for run in page.runs]
            if (cursor := page.next) is None:
                break
        assert found == expected, written(tree)


def test_any_walk_over_the_table_is_a_walk_over_a_list(servers: list[Stores]) -> None:
    walks = int(os.environ.get("MUSEION_WALKS", "12"))
    steps = settings(max_examples=walks, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(TableWalk, settings=steps)  # type: ignore[no-untyped-call]


# One by one, on both databases


def _ids(lab: Any, **query: Any) -> list[str]:
    return [run.id for run in list_runs(*lab.place, RunQuery(**query)).runs]


@pytest.fixture
def six(lab: Any) -> Any:
    """a … f: losses 5 … 0 (f has none), odd ones evaluate, the first three are in a group and carry tags."""
    for place, run in enumerate("abcdef"):
        lab.run(
            run,
            job_type="eval" if place % 2 else "train",
            group="g" if place < 3 else None,
            tags=["best", "old"][: place + 1] if place < 3 else [],
            config={"lr": place / 10, "opt": {"name": "adam" if place < 4 else "sgd"}},
            summary={"loss": 5 - place} if run != "f" else {},
        )
    return lab


def test_filters_orders_and_columns(six: Any) -> None:
    assert _ids(six, filter="summary.loss < 4 and job_type = train") == ["e", "c"]
    assert _ids(six, filter="summary.loss is null") == ["f"]
    assert _ids(six, filter='{"config.opt.name.value": "sgd"}', sort="+number") == ["e", "f"]
    assert _ids(six, sort="+job_type,-config.lr") == ["f", "d", "b", "e", "c", "a"]
    assert _ids(six, q="BEST g") == ["c", "b", "a"]
    page = list_runs(*six.place, RunQuery(columns="config.opt.name,summary.loss,state", limit=1, sort="+number"))
    assert (page.runs[0].config, page.runs[0].summary, page.runs[0].id) == ({"opt.name": "adam"}, {"loss": 5}, "a")
    with pytest.raises(QueryInvalid, match="another order"):
        list_runs(
            *six.place, RunQuery(sort="+name", cursor=list_runs(*six.place, RunQuery(limit=1, sort="+name,+id")).next)
        )


def test_a_page_goes_on_where_the_last_one_ended_even_if_that_run_is_gone(six: Any) -> None:
    page = list_runs(*six.place, RunQuery(sort="-summary.loss", limit=2))
    assert [run.id for run in page.runs] == ["a", "b"]
    delete_run(*six.place, "b")
    six.run("aa", summary={"loss": 4.5})
    assert _ids(six, sort="-summary.loss", limit=2, cursor=page.next) == ["c", "d"]


def test_archived_runs_are_out_of_the_way_until_they_are_asked_for(six: Any) -> None:
    assert archive_runs(*six.place, Selection(filter="job_type = eval")) == 3
    assert _ids(six) == ["e", "c", "a"]
    assert _ids(six, archived="only") == ["f", "d", "b"]
    assert len(_ids(six, archived="any")) == 6
    assert _ids(six, filter="archived = true and config.lr > 0.2") == ["f", "d"]
    assert restore_runs(*six.place, Selection(filter="archived = true")) == 3
    assert len(_ids(six)) == 6


def test_many_runs_are_edited_at_once(six: Any) -> None:
    edit = RunEdit(add_tags=["new"], remove_tags=["old"], group=None)
    assert edit_runs(*six.place, Selection(filter="group = g"), edit, dry_run=True) == 3
    assert _ids(six, filter="tags has new") == []
    assert edit_runs(*six.place, Selection(filter="group = g"), edit) == 3
    assert _ids(six, filter="tags has new") == ["c", "b", "a"]
    assert _ids(six, filter="tags has old or group is not null") == []
    assert _ids(six, filter="tags has best") == ["c", "b", "a"]


def test_a_heartbeat_alone_is_seen_by_who_asks_for_it(six: Any) -> None:
    assert _ids(six, sort="-heartbeat_at")[0] == "f"
    heartbeat(*six.place, "b")
    assert _ids(six, sort="-heartbeat_at")[0] == "b"
    assert _ids(six, sort="-duration")[0] == "b"


def test_groups_count_and_aggregate_and_say_which_runs_they_hold(six: Any) -> None:
    wanted = "mean:summary.loss,min:summary.loss,max:summary.loss,std:summary.loss,sum:summary.loss,count:summary.loss"
    page = group_runs(*six.place, Selection(), by="job_type", aggregates=wanted, order="+job_type")
    assert (page.total, page.runs, page.next) == (2, 6, None)
    ev, train = page.groups
    assert (ev.values, ev.count, ev.running) == (["eval"], 3, 3)
    assert list(ev.aggregates.values()) == [3.0, 2.0, 4.0, pytest.approx(math.sqrt(2)), 6.0, 2.0]
    assert train.aggregates["mean:summary.loss"] == 3.0
    for group in page.groups:
        assert len(_ids(six, filter=group.filter)) == group.count
    two = group_runs(*six.place, Selection(filter="config.lr < 0.5"), by="job_type,config.opt.name", order="-count")
    assert (two.groups[0].values, two.groups[0].count) == (["train", "adam"], 2)
    assert sum(group.count for group in two.groups) == two.runs == 5
    for group in two.groups:
        assert len(_ids(six, filter=group.filter)) == group.count


def test_a_run_with_two_tags_is_in_two_groups_and_one_without_in_its_own(six: Any) -> None:
    page = group_runs(*six.place, Selection(), by="tags", order="-count,+tags")
    assert [(group.values[0], group.count) for group in page.groups] == [("best", 3), (None, 3), ("old", 2)]
    for group in page.groups:
        assert len(_ids(six, filter=group.filter)) == group.count


def test_groups_come_in_pages_and_orders(six: Any) -> None:
    page = group_runs(
        *six.place, Selection(), by="config.lr", aggregates="max:summary.loss", order="-max:summary.loss", limit=4
    )
    assert [group.values[0] for group in page.groups] == [0.0, 0.1, 0.2, 0.3]
    rest = group_runs(
        *six.place,
        Selection(),
        by="config.lr",
        aggregates="max:summary.loss",
        order="-max:summary.loss",
        start=page.next or 0,
    )
    assert [group.values[0] for group in rest.groups] == [0.4, 0.5], "who has no value comes last"
    for bad in (
        {"by": ""},
        {"by": "colour"},
        {"by": "state", "aggregates": "median:summary.loss"},
        {"by": "state", "order": "loss"},
    ):
        with pytest.raises(QueryInvalid):
            group_runs(*six.place, Selection(), **bad)


def test_columns_say_what_there_is_and_where_runs_differ(six: Any) -> None:
    columns = {column.name: column for column in list_columns(*six.place, Selection())}
    loss, name = columns["summary.loss"], columns["config.opt.name"]
    assert (loss.count, loss.kinds, loss.min, loss.max, loss.differs) == (5, {"number": 5}, 1.0, 5.0, True)
    assert (name.count, name.values, name.differs) == (6, ["adam", "sgd"], True)
    assert columns["state"].differs is False
    some = {column.name for column in list_columns(*six.place, Selection(filter="id in (a, c)"), differing=True)}
    assert {"config.lr", "summary.loss", "tags"} <= some
    assert not some & {"config.opt.name", "job_type", "group", "state"}


def test_values_that_do_not_fit_a_float_or_a_cell_are_found_all_the_same(lab: Any) -> None:
    lab.run(
        "a",
        config={"big": 1 << 80, "text": "x" * 5_000, "media": {"_type": "image", "path": "p"}, "l": list(range(2_000))},
    )
    assert _ids(lab, filter=f"config.big >= {1 << 79}") == ["a"]
    assert _ids(lab, filter='config.text ~ "^xxx" and config.media is not null and config.l is not null') == ["a"]
    assert _ids(lab, filter="config.media.path is null") == ["a"]
    page = list_runs(*lab.place, RunQuery(columns="config.big,config.text,config.l"))
    assert page.runs[0].config == {"big": 1 << 80, "text": "x" * 5_000, "l": list(range(2_000))}


def test_a_table_with_more_columns_than_room_reads_them_when_asked(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("museion.catalog.run_table.RunTable.__init__.__defaults__", (20_000,))
    for run in range(20):
        lab.run(f"r{run}", config={f"k{key}": key * run for key in range(200)})
    for key in (0, 199, 7, 150):
        assert _ids(lab, filter=f"config.k{key} = {key * 3} and number > 1", sort="+number")[-1:] == (
            ["r19"] if not key else ["r3"]
        )
    lab.run("r3", config={"k199": -1})
    assert _ids(lab, filter="config.k199 = -1") == ["r3"]
    columns = list_columns(*lab.place, Selection())
    assert {column.name for column in columns} >= {f"config.k{key}" for key in range(200)}
    with lab.stores.catalog.run_table(1) as (_, table):
        assert table.nbytes < 40_000


def test_pages_over_a_hundred_thousand_runs(lab: Any) -> None:
    most = 100_000 if lab.stores.catalog.engine.dialect.name == "sqlite" else 20_000
    _fill(lab, most)
    expected = [n for n in range(2, most + 1) if n % 3 and n % 7 == 3]
    seen: list[str] = []
    cursor = None
    while True:
        wanted = "state = finished and config.lr = 3"
        page = list_runs(*lab.place, RunQuery(wanted, sort="-summary.loss", limit=1_000, cursor=cursor, columns=""))
        seen += [run.id for run in page.runs]
        if (cursor := page.next) is None:
            break
    assert page.total == len(expected)
    assert seen == [f"r{n}" for n in sorted(expected, key=lambda n: -(n * 7919 % 100_003))]
    counts = group_runs(*lab.place, Selection(), by="config.lr", aggregates="max:summary.loss", order="+config.lr")
    assert (counts.runs, len(counts.groups)) == (most, 8)


def _fill(lab: Any, most: int) -> None:
    """Runs r2, r3, … up to `most`, made by the database itself."""
    lab.run("first")
    numbers = f"WITH RECURSIVE c(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM c WHERE n < {most}) SELECT n FROM c"
    columns = "project, id, number, name, state, created_at, updated_at, heartbeat_at, tags, config, summary"
    values = "'r' || n, n, 'run-' || n, CASE n % 3 WHEN 0 THEN 'failed' ELSE 'finished' END, n, n, n, '[]'"
    inside = """'{"lr":' || (n % 7) || '}', '{"loss":' || ((n * 7919) % 100003) || '}'"""
    sql = f"""INSERT INTO run ({columns}, metadata, metrics)
              SELECT project, {values}, {inside}, '{{}}', '[]' FROM run, ({numbers}) AS s"""
    with lab.stores.catalog.transaction() as rows:
        paper = rows.connection.dialect.name != "sqlite"  # psycopg reads % as a placeholder
        rows.connection.exec_driver_sql(sql.replace("%", "%%") if paper else sql)
        rows.changes.record(1, "run", "first", 1.0)


def test_parse_is_what_the_door_uses(six: Any) -> None:
    assert _ids(six, filter=parse("config.lr = 0.2")) == _ids(six, filter="config.lr = 0.2") == ["c"]


def test_nothing_and_what_is_not_finite_can_be_grouped_and_described(lab: Any) -> None:
    for run, loss in (("a", math.inf), ("b", -math.inf), ("c", math.nan), ("d", 1.0)):
        lab.run(run, summary={"loss": loss}, config={"nan": math.nan})
    wanted = "mean:summary.loss,std:summary.loss,min:summary.loss,max:summary.loss,count:summary.loss"
    (group,) = group_runs(*lab.place, Selection(), by="config.nan", aggregates=wanted).groups
    assert list(group.aggregates.values()) == [None, None, -math.inf, math.inf, 3.0]
    assert sorted(_ids(lab, filter=group.filter)) == ["a", "b", "c", "d"]
    assert _ids(lab, filter="summary.loss = nan") == ["c"]
    assert _ids(lab, sort="-summary.loss") == ["a", "d", "b", "c"]
    nobody = Selection(filter="name = nobody")
    assert group_runs(*lab.place, nobody, by="tags,config.nan", aggregates=wanted).groups == []
    assert list(list_columns(*lab.place, nobody)) == []
