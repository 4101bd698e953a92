"""The bell: rung after each accepted change, heard by everyone who waits for news."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    """Wakes waiting event streams. All methods run on the event loop; `ring` costs nothing when nobody waits."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._stop = asyncio.Event()
        self.rung = 0
        """How often it rang: who looks at it before asking for news cannot sleep through a ring."""

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def ring(self) -> None:
        """Wake whoever waits."""
        self.rung += 1
        for future in self._waiting:
            if not future.done():
                future.set_result(None)

    def stop(self) -> None:
        """Wake everyone for the last time: the server is going down."""
        self._stop.set()
        self.ring()

    async def wait(self, seconds: float, since: int | None = None) -> None:
        """Return at the next ring, or after `seconds`; at once if it rang after `rung` was `since`."""
        if self.stopped or (since is not None and since != self.rung):
            return
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await asyncio.wait((future,), timeout=seconds)
        finally:
            self._waiting.discard(future)

    async def pause(self, seconds: float) -> None:
        """Let `seconds` pass, rings or not; return at once if the server goes down."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
