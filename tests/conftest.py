"""Fixtures of every room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support.house import House

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
