"""Parsing what comes from outside: whatever goes wrong means that the file is not what its name says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from museion.errors import Corrupt, MuseionError


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turns any error of a parser into Corrupt, `Not {what}: …`; our own errors pass, and so does MemoryError."""
    try:
        yield
    except (MuseionError, MemoryError):
        raise
    except Exception as error:
        raise Corrupt(f"Not {what}: {error or type(error).__name__}.") from None
