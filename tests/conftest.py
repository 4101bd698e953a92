"""Fixtures of every room."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.house import House

# Tests start hundreds of processes: without byte code each would compile a hundred modules anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Hypothesis times each example, and the making of examples: no test of ours may fail because a machine is busy.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty Museion with a local server that is stopped afterwards."""
    (tmp_path / "work").mkdir()
    house = House(tmp_path / "home", tmp_path / "work")
    yield house
    house.close()
