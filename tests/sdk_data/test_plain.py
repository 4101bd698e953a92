"""Metadata becomes plain JSON, and what cannot is named by its key path."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from museion.errors import NameInvalid, TooLarge, ValueInvalid
from museion.model.values import plain_object, to_json
from museion.sdk.artifact import Artifact

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON, max_size=4))
def test_what_is_plain_stays(value):
    assert to_json(plain_object(value, "metadata")) == to_json(value)


def test_numbers_of_other_libraries():
    torch = pytest.importorskip("torch")
    given = {
        "a": np.float32(0.5),
        "b": np.int64(3),
        "c": torch.tensor(2),
        "d": np.arange(3),
        "e": Path("x/y"),
        "f": (1, 2),
    }
    assert Artifact("a", "t", metadata=given).metadata == {
        "a": 0.5,
        "b": 3,
        "c": 2,
        "d": [0, 1, 2],
        "e": "x/y",
        "f": [1, 2],
    }
    assert math.isnan(Artifact("a", "t", metadata={"n": float("nan")}).metadata["n"])


def nested(depth):
    return {"a": nested(depth - 1)} if depth else {}


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"model": {"layers": [1, object()]}}, r"metadata\.model\.layers\[1\] is a builtins\.object"),
        ({"f": lambda: 1}, r"metadata\.f is a"),
        ({"b": b"bytes"}, r"metadata\.b is a builtins\.bytes"),
        ([1], "metadata is a list"),
        (nested(100), "nested deeper"),
        ({"s": "\ud800"}, "not valid Unicode"),
    ],
)
def test_what_is_not_json_is_named(metadata, message):
    with pytest.raises(ValueInvalid, match=message):
        Artifact("a", "t", metadata=metadata)


def test_metadata_that_contains_itself():
    loop = {}
    loop["loop"] = loop
    with pytest.raises(ValueInvalid, match="nested deeper"):
        Artifact("a", "t", metadata=loop)


def test_metadata_that_is_too_large():
    with pytest.raises(TooLarge, match="bytes, more than"):
        Artifact("a", "t", metadata={"a": "x" * (5 << 20)})


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "ü", "..", "a b", "x" * 129, None, 3, "a\0"])
def test_names(name):
    with pytest.raises(NameInvalid):
        Artifact(name, "dataset")


@pytest.mark.parametrize("kind", ["", "a/b", "x" * 129, None])
def test_types(kind):
    with pytest.raises(NameInvalid):
        Artifact("name", kind)
