"""Lists that are fetched a page at a time, when they are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")

# cursor → (items, the cursor after them or None, how many there are in all or None)
Fetch = Callable[[str | None], tuple[list[T], str | None, int | None]]


class Pages(Generic[T]):
    """A lazy sequence. `len` asks the server where it knows, and counts where it does not."""

    def __init__(self, fetch: Fetch[T]) -> None:
        self._fetch = fetch
        self._items: list[T] = []
        self._cursor: str | None = None
        self._done = False
        self._total: int | None = None

    def more(self) -> bool:
        """Fetch one page more; False if there is none."""
        if self._done:
            return False
        items, self._cursor, self._total = self._fetch(self._cursor)
        self._items += items
        self._done = self._cursor is None
        return True

    def __iter__(self) -> Iterator[T]:
        place = 0
        while place < len(self._items) or self.more():
            if place < len(self._items):
                yield self._items[place]
                place += 1

    def __len__(self) -> int:
        while self._total is None and self.more():
            pass
        return len(self._items) if self._total is None else self._total

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> list[T]: ...

    def __getitem__(self, place: Any) -> Any:
        stop = place.stop if isinstance(place, slice) else place + 1 if place >= 0 else None
        while (stop is None or stop < 0 or len(self._items) < stop) and self.more():
            pass
        return self._items[place]
