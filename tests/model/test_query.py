"""The filter language: read, written, read again; W&B's way of writing it; and what it means, value by value."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from museion.errors import QueryInvalid, ValueInvalid
from museion.model.query import regex
from museion.model.query.fields import FIELDS, Field, field_of
from museion.model.query.mongo import filter_of, filter_of_json, order_of_wandb
from museion.model.query.order import By, fields_of, order_of
from museion.model.query.parser import parse
from museion.model.query.tree import Among, And, Compare, Filter, Matches, Missing, Not, Or, written

LR, STATE, TAGS = Field("config", "lr"), Field("run", "state"), Field("run", "tags")


def test_the_example_of_the_guide() -> None:
    found = parse(
        'config.lr < 0.1 and state in (finished, running) and tags has "best" and name ~ "sunny.*" '
        "and created > 2026-01-01 or summary.loss is null"
    )
    assert found == Or(
        (
            And(
                (
                    Compare(LR, "<", 0.1),
                    Among(STATE, ("finished", "running")),
                    Compare(TAGS, "=", "best"),
                    Matches(Field("run", "name"), "sunny.*"),
                    Compare(Field("run", "created_at"), ">", 1767225600),
                )
            ),
            Missing(Field("summary", "loss")),
        )
    )


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("", "all()"),
        ("  ", "all()"),
        ("config.lr==1e-3", "config.lr = 0.001"),
        ("config.lr <> 1", "config.lr != 1"),
        ("not config.lr = 1", "config.lr != 1"),
        ("config.lr = null", "config.lr is null"),
        ("config.lr != none", "config.lr is not null"),
        ("name = 007", 'name = "007"'),
        ("config.a = 007", "config.a = 7"),
        ("config.flag = true && (state=a || state=b)", 'config.flag = true and (state = "a" or state = "b")'),
        ('config."a b".c = \'it"s\'', 'config."a b.c" = "it\\"s"'),
        ("summary.val/loss >= -inf", "summary.val/loss >= -inf"),
        ("tags not has x", 'tags != "x"'),
        ("name !~ '^a'", 'name !~ "^a"'),
        ("created >= 2026-01-01T02:00:00+02:00", "created_at >= 2026-01-01T00:00:00Z"),
        ("updated < 1700000000.5", "updated_at < 1700000000.5"),
        ("NOT archived = TRUE AND state IN (x)", 'archived != true and state in ("x")'),
        ("not (state = a and state = b)", 'not (state = "a" and state = "b")'),
        ("any()", "any()"),
        ("all(state = a)", 'all(state = "a")'),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, means: str) -> None:
    assert written(parse(text)) == means
    assert parse(means) == parse(text)


@pytest.mark.parametrize(
    ("text", "at", "says"),
    [
        ("colour = red", 0, "no field 'colour'"),
        ("state = ", 8, "value is expected"),
        ("state finished", 6, "comparison is expected"),
        ("state = a state = b", 10, "should end here"),
        ("(state = a", 10, "`)` is expected"),
        ("state in (a b)", 12, "`,` is expected"),
        ('name = "a', 7, "does not end"),
        ("name = a#b", 8, "means nothing here"),
        ("created > soon", 10, "is a time"),
        ("number = abc", 9, "is a number"),
        ("archived = 1", 11, "true or false"),
        ('name ~ "a("', 7, "not understood"),
        ("config.a < null", 9, "less or greater than null"),
        ("state is finished", 9, "`null` or `not null`"),
        ("and", 0, "field is expected"),
        ("state = and", 8, "part of the language"),
        ("not not " * 60 + "state = a", None, "levels"),
        ("config.a in (" + "1," * 2_001 + "1)", None, "values"),
        ("x" * 20_000, None, "characters"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, at: int | None, says: str) -> None:
    with pytest.raises(QueryInvalid, match=re.escape(says)) as caught:
        parse(text)
    if at is not None:
        assert caught.value.details["at"] == at
        assert f"At character {at + 1}" in caught.value.message


# Properties

_KEYS = st.text(min_size=1, max_size=12)
_FIELDS = st.one_of(
    st.sampled_from([Field("run", name) for name, kind in FIELDS.items() if kind in ("text", "list")]),
    st.builds(Field, st.sampled_from(["config", "summary"]), _KEYS),
)
_NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False))
_VALUES = st.one_of(st.text(max_size=12), _NUMBERS, st.booleans())


def _fitting(field: Field, value: Any) -> Any:
    return value if field.part != "run" or isinstance(value, str) else str(value)


@st.composite
def _leaves(draw: st.DrawFn) -> Filter:
    field = draw(_FIELDS)
    one = _VALUES.map(lambda value: _fitting(field, value))
    return draw(
        st.one_of(
            st.builds(Compare, st.just(field), st.sampled_from(["=", "<", "<=", ">", ">="]), one),
            st.builds(Among, st.just(field), st.lists(one, max_size=4).map(tuple)),
            st.builds(
                Matches,
                st.just(field),
                st.sampled_from(["a", "^b+$", "[x-z]{2}", '"\\\\']),
            ),
            st.builds(Missing, st.just(field)),
        )
    )


_TREES = st.recursive(
    _leaves(),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


@given(_TREES)
@settings(max_examples=200, deadline=None)
def test_a_tree_written_down_is_read_as_the_same_tree(tree: Filter) -> None:
    assert parse(written(tree)) == tree


@given(st.text(max_size=60))
@example('config."')
@example("config.a ~ '(' or")
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    _read_or_refused(text)


def _read_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except QueryInvalid:
        return
    assert parse(written(tree)) == tree or "nan" in text.lower()


_PIECES = st.lists(
    st.sampled_from(
        "config.lr state = != < ~ in has is not null and or ( ) , 'a b' 3 -1e5 true nan 2026-01-01 all any".split(" ")
    ),
    max_size=14,
)


@given(_PIECES)
@settings(max_examples=400, deadline=None)
def test_any_row_of_words_is_read_or_refused(pieces: list[str]) -> None:
    _read_or_refused(" ".join(pieces))


_NAMES = "$and $or $not $in $gt $regex $exists config.a state tags x".split()
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("$and $or $not $in $gt $regex $exists config.a state tags x".split()), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(_JSON)
@settings(max_examples=300, deadline=None)
def test_any_json_is_a_filter_or_refused(found: Any) -> None:
    try:
        tree = filter_of_json(json.dumps(found))
    except QueryInvalid:
        return
    assert parse(written(tree)) == filter_of_json(json.dumps(found)) or "nan" in written(tree)


# W&B's way


@pytest.mark.parametrize(
    ("filters", "means"),
    [
        (None, "all()"),
        ({}, "all()"),
        ({"state": "Finished"}, 'state = "finished"'),
        ({"config.lr": 0.1, "config.b.value": 2}, "config.lr = 0.1 and config.b = 2"),
        ({"config.net.value.depth": 3}, "config.net.depth = 3"),
        ({"config": {"net": {"depth": 3}}}, "config.net.depth = 3"),
        ({"summary_metrics.loss": {"$lt": 1, "$gte": 0}}, "summary.loss < 1 and summary.loss >= 0"),
        ({"display_name": {"$regex": "^a", "$options": "i"}}, 'name ~ "(?i)^a"'),
        ({"name": "abc"}, 'id = "abc"'),
        ({"tags": {"$in": ["a", "b"]}}, 'tags in ("a", "b")'),
        ({"tags": ["a", "b"]}, 'tags = "a" and tags = "b"'),
        ({"tags": {"$all": ["a"]}}, 'all(tags = "a")'),
        ({"$or": [{"jobType": "x"}, {"group": None}]}, 'job_type = "x" or group is null'),
        ({"$nor": [{"username": "ada"}]}, 'not (any(user = "ada"))'),
        ({"$not": {"state": "a", "group": "b"}}, 'not (state = "a" and group = "b")'),
        ({"config.x": {"$exists": False}}, "config.x is null"),
        ({"config.x": {"$ne": None}}, "config.x is not null"),
        ({"config.x": {"$nin": [1, None]}}, "not (config.x in (1) or config.x is null)"),
        ({"config.x": {"$not": {"$gt": 3}}}, "not (config.x > 3)"),
        ({"createdAt": {"$gt": "2026-01-01T00:00:00"}}, "created_at > 2026-01-01T00:00:00Z"),
    ],
)
def test_a_filter_of_wandb_means_the_same_in_our_words(filters: Any, means: str) -> None:
    assert written(filter_of(filters)) == means
    assert filter_of_json(json.dumps(filters)) == filter_of(filters)


@pytest.mark.parametrize(
    ("filters", "says"),
    [
        ({"config.lr": {"$near": 1}}, r"\$near"),
        ({"$where": "1"}, r"\$where"),
        ({"password": 1}, "no field 'password'"),
        ({"$and": {"a": 1}}, "takes a list"),
        ({"config.x": {"$in": 3}}, "takes a list"),
        ({"config.x": {"$gt": [1]}}, "cannot be compared"),
        ({"config.x": {"$regex": "("}}, "not closed"),
        ({"config.x": {"$regex": 3}}, "is a text"),
        ([1], "is an object"),
        ({"sweep": "abc"}, "no sweep"),
    ],
)
def test_what_a_filter_of_wandb_cannot_mean_is_refused(filters: Any, says: str) -> None:
    with pytest.raises(QueryInvalid, match=says):
        filter_of_json(json.dumps(filters))
    with pytest.raises(QueryInvalid, match="JSON"):
        filter_of_json("{")


def test_orders_and_lists_of_fields() -> None:
    assert order_of('-summary.loss, +name,config."a,b"') == (
        By(Field("summary", "loss"), True),
        By(Field("run", "name")),
        By(Field("config", "a,b")),
    )
    assert order_of_wandb("-summary_metrics.loss") == (By(Field("summary", "loss"), True),)
    assert order_of_wandb(None) == (By(Field("run", "created_at"), True),)
    assert fields_of("state,config.lr,state") == (STATE, LR)
    for bad in ("", "-config", "password", ",".join(["name"] * 9)):
        with pytest.raises(QueryInvalid):
            order_of(bad)
    with pytest.raises(ValueInvalid):
        field_of("config." + "x" * 2_000)


# Patterns

_SIMPLE = st.recursive(
    st.sampled_from(["a", "b", ".", r"\d", r"\w", "[ab]", "[^a-c]", r"\.", "^", "$", "é"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,}", "*?"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@given(_SIMPLE, st.text(alphabet="abcé1.\n", max_size=8), st.booleans())
@settings(max_examples=500, deadline=None)
def test_patterns_find_what_python_finds(pattern: str, text: str, ignore_case: bool) -> None:
    pattern = f"(?i){pattern}" if ignore_case else pattern
    # Python's $ also stands before a newline that ends the text; here it is the end and nothing else.
    expected = re.search(pattern.replace("$", r"\Z"), text) is not None
    assert regex.compile(pattern).found_in(text) == expected


@pytest.mark.parametrize(
    "pattern", [r"(?=a)", r"(a)\1", "a**", "(", ")", "[", "*", "a{3,1}", "a{9999}", "\\", r"\p", "[b-a]"]
)
def test_patterns_that_are_not_understood_are_refused(pattern: str) -> None:
    with pytest.raises(ValueInvalid):
        regex.compile(pattern)


def test_no_pattern_takes_longer_than_its_text_allows() -> None:
    """What holds a backtracking matcher up for years takes a number of steps that is bounded by text × states."""
    for pattern in (r"(a*)*b", r"(a|a)*b", r"(.*)(.*)(.*)(.*)(.*)=", r"(a+)+$"):
        machine = regex.compile(pattern)
        before = machine.effort
        machine.found_in("a" * 2_000 + "!")
        assert machine.effort - before <= 2_001 * 50
    with pytest.raises(ValueInvalid, match="too large"):
        regex.compile("((((a{99}){99}){99}){99})")


@pytest.mark.parametrize("text", ["(" * 16_000, '"' + "\\" * 16_000, "config." * 2_000, "not " * 4_000, "a" * 16_000])
def test_hostile_texts_are_refused(text: str) -> None:
    with pytest.raises(QueryInvalid):
        parse(text)
