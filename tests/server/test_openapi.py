"""The description is what the web's types are made from: committed, and never behind the routes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from museion.server.app import DOORS
from museion.server.openapi import describe

COMMITTED = Path(__file__).parents[2] / "web" / "openapi.json"


@pytest.fixture(scope="module")
def fresh() -> str:
    return describe()


def test_the_committed_description_is_up_to_date(fresh: str) -> None:
    assert fresh == COMMITTED.read_text(), "run: python -m museion.server.openapi > web/openapi.json && make -C web gen"
    paths = json.loads(fresh)["paths"]
    told = {(method.upper(), path) for path, item in paths.items() for method in item}
    assert told == {(d.method, d.path.replace(":path}", "}")) for d in DOORS if d.listed}


def test_operations_have_plain_names_and_tell_their_permission(fresh: str) -> None:
    operations = [op for item in json.loads(fresh)["paths"].values() for op in item.values()]
    names = [op["operationId"] for op in operations]
    assert len(set(names)) == len(names)
    for op in operations:
        assert op["operationId"].isidentifier()
        assert op["x-permission"] in ("public", "read", "write", "admin")
        assert op["description"]
        assert op["tags"]
        assert "HTTPValidationError" not in json.dumps(op)


def test_every_reference_leads_somewhere(fresh: str) -> None:
    schemas = json.loads(fresh)["components"]["schemas"]
    named = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', fresh))
    assert named <= set(schemas)
    assert {"PackAccepted", "Accepted", "Problem", "RunOut"} <= named
