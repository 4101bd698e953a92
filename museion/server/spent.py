"""What must be remembered of strangers: links already used, and failed attempts."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from museion.errors import Forbidden
from museion.model.links import Link


class SpentLinks:
    """Nonces of used links, in a small file, so that a restart does not make a link good again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def spend(self, link: Link, now: float) -> None:
        """Use `link` up; raises Forbidden if it was used before."""
        with self._lock:
            known = {nonce: end for nonce, end in self._read().items() if end >= now}
            if link.nonce in known:
                raise Forbidden("The link was used already.", advice="Run `museion up` for a fresh one.")
            known[link.nonce] = link.expires
            self._write(known)

    def _read(self) -> dict[str, float]:
        try:
            return {str(nonce): float(end) for nonce, end in json.loads(self._path.read_text()).items()}
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def _write(self, known: dict[str, float]) -> None:
        temporary = self._path.with_suffix(".tmp")
        with temporary.open("w") as file:
            json.dump(known, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self._path)


class Failures:
    """Counts wrong keys of an address: after `most` within `seconds`, no more are looked at."""

    def __init__(self, most: int = 10, seconds: float = 300.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._seen: dict[str, deque[float]] = {}

    def allow(self, who: str) -> bool:
        """Whether `who` may try."""
        seen = self._seen.get(who)
        if seen is None:
            return True
        while seen and seen[0] <= self._clock() - self._seconds:
            seen.popleft()
        return len(seen) < self._most

    def note(self, who: str) -> None:
        """`who` tried a wrong key."""
        if len(self._seen) > 10_000:
            self._seen.clear()
        self._seen.setdefault(who, deque(maxlen=self._most)).append(self._clock())
