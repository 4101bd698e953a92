"""Fixtures of every room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.house import House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty Museion with a local server that is stopped afterwards."""
    (tmp_path / "work").mkdir()
    house = House(tmp_path / "home", tmp_path / "work")
    yield house
    house.close()
