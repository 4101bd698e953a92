"""Where runs that log are: looked up once a second, not once a batch."""

from __future__ import annotations

import time
from collections.abc import Callable

Place = tuple[str, str, str]
SECONDS = 1.0
MOST = 10_000


class Addresses:
    """(entity, project, run) → the run's key, for SECONDS. `pace` is monotonic seconds."""

    def __init__(self, pace: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._known: dict[Place, tuple[int, float]] = {}

    def find(self, place: Place) -> int | None:
        """The key, if it was looked up just now."""
        key, until = self._known.get(place, (None, 0.0))
        return key if self._pace() < until else None

    def keep(self, place: Place, key: int) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[place] = key, self._pace() + SECONDS

    def forget(self) -> None:
        """Some run was deleted: its rows are not taken any more."""
        self._known.clear()
