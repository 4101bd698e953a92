"""The parent's side of `worker.py`: start it, feed it, and end it when its time is over."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from museion.errors import Corrupt, TooLarge
from museion.previews.limits import MAX_READ
from museion.previews.source import Source

AT_ONCE = 2
SECONDS = 15.0
_MAX_ANSWER = 16 << 20
_ENVIRONMENT = {"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Nothing of ours: no key, no home. One thread, and an allocator that reserves no address space."""

_turns = threading.BoundedSemaphore(AT_ONCE)


def run(task: dict[str, Any], source: Source, seconds: float = SECONDS) -> bytes:
    """The worker's answer to `task`; no more than two work at once, others wait.

    Raises Corrupt if the file cannot be read as what it should be, TooLarge if it takes too much time or memory.
    """
    with _turns:
        worker = _Worker(task, source, time.monotonic() + seconds)
        try:
            return worker.answer()
        finally:
            worker.end()


class _Worker:
    def __init__(self, task: dict[str, Any], source: Source, deadline: float) -> None:
        self._source, self._deadline = source, deadline
        self._left = 2 * MAX_READ
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "museion.previews.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_ENVIRONMENT,
            cwd="/",
        )
        assert self._process.stdout is not None
        os.set_blocking(self._process.stdout.fileno(), False)
        self._buffer = b""
        self._send(json.dumps({**task, "size": source.size}).encode() + b"\n")

    def answer(self) -> bytes:
        while True:
            word, *numbers = self._line().split()
            if word == b"R":
                self._hand_over(*map(int, numbers))
            elif word in (b"A", b"E"):
                data = self._take(min(int(numbers[0]), _MAX_ANSWER))
                if word == b"A":
                    return data
                raise Corrupt(data.decode(errors="replace"))
            else:
                raise Corrupt("The preview went wrong.")

    def end(self) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def _hand_over(self, offset: int, length: int) -> None:
        if offset < 0 or length < 0 or offset + length > self._source.size or length > self._left:
            raise TooLarge("A preview of this file would read too much of it.", advice="Download it.")
        self._left -= length
        self._send(self._source.read(offset, length))

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise self._gone() from None

    def _line(self) -> bytes:
        while b"\n" not in self._buffer:
            self._receive()
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def _take(self, length: int) -> bytes:
        while len(self._buffer) < length:
            self._receive()
        return self._buffer[:length]

    def _receive(self) -> None:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            if not waiting.select(max(0.0, self._deadline - time.monotonic())):
                raise TooLarge("A preview of this file takes too long.", advice="Download it.")
        data = os.read(self._process.stdout.fileno(), 1 << 20)
        if not data:
            raise self._gone()
        self._buffer += data

    def _gone(self) -> TooLarge:
        return TooLarge("A preview of this file takes too much memory or time.", advice="Download it.")
