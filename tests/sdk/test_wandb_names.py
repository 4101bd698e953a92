"""A W&B script finds its names here: each is there with the same parameters, or says what to do instead."""

from __future__ import annotations

import inspect
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import museion
from museion.sdk.elsewhere import INSTEAD
from museion.sdk.run import Run

REPO = Path(__file__).parents[2]
CLIENT = REPO / ".venv-wandb" / "bin" / "python"
TABLE = json.loads((REPO / "tests/golden/wandb-names.json").read_text())
INSIDES = {"annotations", "sdk", "wandb"}
"""What only shows how that package is built."""


def takes(function: Any, parameters: list[str]) -> set[str]:
    """Which of the parameters a function does not take."""
    given = inspect.signature(function).parameters.values()
    if any(parameter.kind == parameter.VAR_KEYWORD for parameter in given):
        return set()
    return set(parameters) - {parameter.name for parameter in given}


@pytest.mark.skipif(not CLIENT.exists(), reason="W&B's client is not installed here")
def test_the_table_is_what_the_client_has() -> None:
    done = subprocess.run(
        [CLIENT, Path(__file__).with_name("wandb_names.py")], capture_output=True, text=True, check=True, timeout=90
    )
    assert json.loads(done.stdout) == TABLE


@pytest.mark.parametrize("name", sorted(TABLE["module"].keys() - INSIDES))
def test_a_name_of_the_module_is_there_or_says_what_to_do(name: str) -> None:
    if name in INSTEAD:
        assert name not in museion.__all__
        with pytest.raises(AttributeError, match=r"W&B has under this name\. \w+"):
            getattr(museion, name)
        return
    found = getattr(museion, name, None)
    assert found is not None or name == "run"
    if parameters := TABLE["module"][name]:
        assert takes(found, parameters) == set()


@pytest.mark.parametrize("name", sorted(TABLE["run"]))
def test_a_name_of_a_run_is_there(name: str) -> None:
    if name in ("config", "summary"):
        return
    found = inspect.getattr_static(Run, name)
    if (parameters := TABLE["run"][name]) is not None:
        assert takes(found, parameters) == set()


def test_nothing_is_sent_elsewhere_that_is_here() -> None:
    assert not set(INSTEAD) & set(museion.__all__)
    assert all(advice.endswith(".") for advice in INSTEAD.values())
