"""Bodies of any size on their way in: into memory while they are small, else into a nameless file."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

PIECE = 1 << 20
IN_MEMORY = 1 << 20
TAKEN_AT_ONCE = 48
T = TypeVar("T")
_takers: RunVar[CapacityLimiter] = RunVar("museion-takers")


async def take_in(take: Callable[..., T], *args: object) -> T:
    """Call `take` in a thread of those that are for uploads: however many come, others are answered meanwhile."""
    try:
        limiter = _takers.get()
    except LookupError:
        limiter = CapacityLimiter(TAKEN_AT_ONCE)
        _takers.set(limiter)
    return await to_thread.run_sync(take, *args, limiter=limiter)


async def gather(request: Request, write: Callable[[bytearray], object]) -> None:
    """Hand the body to `write`, in pieces worth a walk to a thread. ClientDisconnect if it breaks."""
    waiting = bytearray()
    async for piece in request.stream():
        waiting += piece
        if len(waiting) >= PIECE:
            await run_in_threadpool(write, waiting)
            waiting = bytearray()
    await run_in_threadpool(write, waiting)


@asynccontextmanager
async def spooled(request: Request, root: Path) -> AsyncIterator[IO[bytes]]:
    """The whole body as a file that stands at its beginning; gone with the block. ClientDisconnect if it breaks."""
    with tempfile.SpooledTemporaryFile(IN_MEMORY, dir=str(root)) as body:
        await gather(request, body.write)
        body.seek(0)
        yield body
