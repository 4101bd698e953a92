"""docs/WIRE.md tells the truth: its table is what the schema says of each operation of the client."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wire_table", DOCS / "wire_table.py")
    assert spec is not None
    assert spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_page_says_what_is_spoken(tool: ModuleType) -> None:
    page = (DOCS / "WIRE.md").read_text()
    written = page.partition(tool.BEGIN)[2].partition(tool.END)[0].strip()
    assert written == tool.table(), "run `python docs/wire_table.py`"


def test_what_is_missing_is_noticed(tool: ModuleType) -> None:
    from museion.wandb_wire.graphql import schema

    look = tool.missing
    assert look(schema(), "query", "viewer{id nothing}") == ["nothing"]
    assert look(schema(), "query", "project(name,where){id run(name){history(samples,more)}}") == [
        "project(where)",
        "history(more)",
    ]
    assert look(schema(), "mutation", "result:notThere{success}")[0] == "notThere"
    assert look(schema(), "query", "viewer{teams{edges{node{name}}} username}") == []


def test_most_is_spoken(tool: ModuleType) -> None:
    states = [row[2] for row in tool.rows()]
    assert states.count("not") <= 12
    assert len(states) >= 128
