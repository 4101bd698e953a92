"""What the server does by itself, on a timer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from starlette.concurrency import run_in_threadpool

from museion.actions.account import changes_so_far, count_bytes
from museion.actions.collect_garbage import collect_garbage
from museion.actions.expire_artifacts import expire_artifacts
from museion.actions.heartbeat import SILENCE, mark_crashed
from museion.server.context import Context

log = logging.getLogger("museion.server")

CRASH_EVERY = 60.0
COUNT_EVERY = 10.0
EXPIRE_EVERY = 600.0
COLLECT_EVERY = 6 * 3600.0
COLLECT_GRACE = 24 * 3600.0
RESTORABLE = 7 * 86_400.0
"""How long a deleted version can be restored, and so keeps its bytes."""


def jobs(context: Context) -> Iterator[Coroutine[Any, Any, None]]:
    """Coroutines that run until they are cancelled."""
    yield every(CRASH_EVERY, "marking crashed runs", lambda: notice_crashes(context))
    yield every(COUNT_EVERY, "counting bytes", Counting(context).count)
    yield every(EXPIRE_EVERY, "expiring artifacts", lambda: expire_artifacts(context.stores))
    yield every(COLLECT_EVERY, "collecting garbage", lambda: collect_garbage(context.stores, COLLECT_GRACE, RESTORABLE))


class Counting:
    """Keeps the account of bytes close behind what is stored, so that a deletion can say at once what it frees."""

    def __init__(self, context: Context) -> None:
        self._stores = context.stores
        self._seen: tuple[int, ...] = ()

    def count(self) -> None:
        """Count what is new, if anything changed since the last time."""
        mark = changes_so_far(self._stores)
        if mark != self._seen:
            count_bytes(self._stores)
            self._seen = mark


def notice_crashes(context: Context) -> None:
    """Runs that fell silent have crashed."""
    mark_crashed(context.stores, SILENCE)


async def every(seconds: float, what: str, work: Callable[[], object]) -> None:
    """Do `work` in a thread each `seconds`; a failure is logged and the next time comes all the same."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await run_in_threadpool(work)
        except Exception:
            log.exception("%s failed", what)
