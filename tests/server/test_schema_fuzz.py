"""Every door of /api/v1, asked what its own schema allows and what it does not: no answer is 5xx.

MUSEION_FUZZ (default 40) is how much is tried: a twentieth of it for each door.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from support.server import Site, commit, make_run, save_file

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import schemathesis

EXAMPLES = max(1, int(os.environ.get("MUSEION_FUZZ", "40")) // 20)
KNOWN = {
    "entity": "ada",
    "project": "digits",
    "run": "aaaaaaaa",
    "name": "mnist",
    "version": "v0",
    "path": "a.txt",
    "key": "loss",
    "type": "dataset",
    "alias": "latest",
    "other": "v0",
}
LEFT_OUT = {"events", "live"}
"""Doors that answer for as long as one listens."""


@pytest.fixture
def house(site: Site) -> Site:
    client = site.client("local")
    make_run(client, config={"a": 1})
    save_file(client, "a.txt", b"hello")
    commit(client, "mnist", {"a.txt": b"one"})
    return site


def test_no_door_answers_5xx(house: Site) -> None:
    headers = {"Authorization": f"Bearer {house.keys['local']}", "Host": "127.0.0.1:8484"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", house.app, headers=headers)
    answers: list[tuple[int, str]] = []
    doors = [found.ok() for found in schema.get_all_operations()]
    assert len(doors) > 50
    for door in doors:
        if not LEFT_OUT & set(door.path.split("/")):
            _try(door, headers, answers)
    faults = [told for status, told in answers if status >= 500]
    assert not faults, "\n".join(faults)
    assert {2, 4} <= {status // 100 for status, _ in answers}


def _try(door: Any, headers: dict[str, str], answers: list[tuple[int, str]]) -> None:
    modes = [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE]
    cases = st.one_of(*(door.as_strategy(generation_mode=mode) for mode in modes))

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True,
              database=None, phases=[Phase.generate])  # fmt: skip
    @given(cases, st.booleans())
    def ask(case: Any, known: bool) -> None:
        if known:
            case.path_parameters = {name: KNOWN.get(name, value) for name, value in case.path_parameters.items()}
        answer = case.call(headers=headers)
        told = f"{case.method} {case.formatted_path} {case.body!r:.500} {answer.content[:300]!r}"
        answers.append((answer.status_code, told))

    ask()
