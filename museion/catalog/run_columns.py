"""One field of all runs of a project as arrays: numbers as they are, everything else by the number of its text.

A filter on numbers is one numpy comparison; a filter on texts or lists looks once at each distinct value.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING, BOOL, NUMBER, TEXT, JSON = range(5)
MAX_TEXT = 1_000
"""A longer text is compared, sorted and searched by so many of its first characters."""
MAX_LIST = 1_000
OPAQUE_LIST, OPAQUE_OBJECT = "[…]", "{…}"

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Places = NDArray[np.intp]


class Column:
    """`kind` says what each run has here; `number` holds numbers and truth values, `code` points into `values`."""

    def __init__(self, size: int) -> None:
        self.kind: NDArray[np.uint8] = np.zeros(size, np.uint8)
        self.number: Floats = np.full(size, np.nan)
        self.code: NDArray[np.int32] | None = None
        self.values: list[Any] = []
        self._codes: dict[Any, int] = {}
        self._text_bytes = 0
        self._ranks: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.kind)

    @property
    def nbytes(self) -> int:
        """Memory it takes, about."""
        return len(self.kind) * (13 if self.code is not None else 9) + self._text_bytes

    def grow(self, size: int) -> None:
        """Make room for `size` runs."""
        more = size - len(self.kind)
        self.kind = np.concatenate([self.kind, np.zeros(more, np.uint8)])
        self.number = np.concatenate([self.number, np.full(more, np.nan)])
        if self.code is not None:
            self.code = np.concatenate([self.code, np.zeros(more, np.int32)])

    def put(self, place: int, value: Any) -> None:
        """Set one run's value; None takes it away, and a list without elements is nothing, too."""
        if value is None or value == []:
            self.kind[place] = MISSING
            self.number[place] = np.nan
        elif isinstance(value, bool):
            self.kind[place] = BOOL
            self.number[place] = float(value)
        elif isinstance(value, int | float):
            self.kind[place] = NUMBER
            self.number[place] = as_float(value)
        else:
            self._put_other(place, value)

    def put_many(self, places: Sequence[int], values: Sequence[Any]) -> None:
        """The same for many runs at once: columns of floats go in as one array."""
        kinds = set(map(type, values))
        if kinds <= {float}:
            where = np.asarray(places, np.intp)
            self.kind[where] = NUMBER
            self.number[where] = np.asarray(values, np.float64)
        elif kinds == {str}:
            self._put_texts(places, values)
        else:
            for place, value in zip(places, values, strict=True):
                self.put(place, value)

    def _put_texts(self, places: Sequence[int], values: Sequence[str]) -> None:
        codes = [self._code(TEXT, value[:MAX_TEXT]) for value in values]
        where = np.asarray(places, np.intp)
        assert self.code is not None
        self.kind[where] = TEXT
        self.number[where] = np.nan
        self.code[where] = codes

    def _put_other(self, place: int, value: Any) -> None:
        kind, held = held_value(value)
        code = self._code(kind, held)
        assert self.code is not None
        self.kind[place] = kind
        self.number[place] = np.nan
        self.code[place] = code

    def _code(self, kind: int, held: Any) -> int:
        """The number of a text or a list among the values of this column."""
        if self.code is None:
            self.code = np.zeros(len(self.kind), np.int32)
        known = held if kind == TEXT else (json.dumps(held),)
        code = self._codes.get(known)
        if code is None:
            code = self._codes[known] = len(self.values)
            self.values.append(held)
            self._text_bytes += 100 + (len(held) if kind == TEXT else 2 * len(known[0]))
            self._ranks = None
        return code

    def tidy(self) -> None:
        """Forget values that changed away, once they are many: a live run's text may be new at every step."""
        if len(self.values) > 2 * len(self.kind) + 1_000:
            self._forget_unused()

    def _forget_unused(self) -> None:
        kept, codes = self.values, self.code
        assert codes is not None
        self.values, self._codes, self._text_bytes, self._ranks = [], {}, 0, None
        for place in np.flatnonzero(self.kind >= TEXT):
            codes[place] = self._code(int(self.kind[place]), kept[codes[place]])

    def value(self, place: int) -> Any:
        """What the run has here, as far as it is held: None, a truth value, a number, a text, a list."""
        kind = self.kind[place]
        if kind == MISSING:
            return None
        if kind == BOOL:
            return bool(self.number[place])
        if kind == NUMBER:
            return float(self.number[place])
        assert self.code is not None
        return self.values[self.code[place]]

    def holds(self, places: Places, test: Callable[[Any], bool]) -> Bools:
        """Which of these runs have a text, a list or an object here that passes `test`."""
        found = np.zeros(len(places), bool)
        if self.code is None:
            return found
        others = np.flatnonzero(self.kind[places] >= TEXT)
        codes = self.code[places[others]]
        used = np.unique(codes)
        passing = np.zeros(len(self.values), bool)
        passing[used] = [test(self.values[code]) for code in used]
        found[others] = passing[codes]
        return found

    def ranks(self) -> NDArray[np.int32]:
        """The place of each text and list in their order, by code."""
        if self._ranks is None:
            order = sorted(range(len(self.values)), key=lambda code: text_of(self.values[code]))
            self._ranks = np.empty(len(order), np.int32)
            self._ranks[order] = np.arange(len(order), dtype=np.int32)
        return self._ranks


def held_value(value: Any) -> tuple[int, Any]:
    """The kind and what is held of it: of long texts the beginning, of long lists and objects only that they are."""
    if isinstance(value, str):
        return TEXT, value[:MAX_TEXT]
    if isinstance(value, list) and len(value) <= MAX_LIST and all(_is_scalar(item) for item in value):
        held = [item[:MAX_TEXT] if isinstance(item, str) else item for item in value]
        return JSON, held
    return JSON, OPAQUE_LIST if isinstance(value, list) else OPAQUE_OBJECT


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def text_of(value: Any) -> str:
    """What a text or a list is sorted by."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_float(value: int | float) -> float:
    """`value` as a float; what is too large becomes infinite."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


def flat(values: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """`{"net": {"depth": 3}}` → `net.depth`, 3. Media and histograms (`_type`) and empty objects stay whole."""
    if not isinstance(values, dict):
        return
    for key, value in values.items():
        path = f"{prefix}{key}"
        if isinstance(value, dict) and value and "_type" not in value and depth < 20:
            yield from flat(value, f"{path}.", depth + 1)
        else:
            yield path, value
