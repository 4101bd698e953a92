"""One server for all that is killed around it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.place import Place


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    found = Place(tmp_path_factory.mktemp("crash"))
    yield found
    found.close()
