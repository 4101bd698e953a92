"""Any logged value as one 64-bit word: an f64, an i64, or the number of a JSON text beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Any

import numpy as np

from museion.errors import ValueInvalid
from museion.history.packing import Bytes, Floats, Index, Ints

FLOAT, INT, TEXT = range(3)
MAX_TEXT = 4 << 20
MAX_DEPTH = 100


@dataclass(frozen=True, slots=True)
class Cells:
    """Values in order. `kinds` is FLOAT, INT or TEXT; `bits` the f64's bits, the i64, or an index into `texts`."""

    kinds: Bytes
    bits: Ints
    texts: Sequence[str]

    def __len__(self) -> int:
        return len(self.kinds)

    def numbers(self) -> Floats:
        """As f64; TEXT cells give NaN."""
        out = self.bits.view(np.float64).copy()
        ints = self.kinds == INT
        out[ints] = self.bits[ints]
        out[self.kinds == TEXT] = np.nan
        return out

    def python(self) -> list[Any]:
        """As the Python values that were logged."""
        out: list[Any] = self.bits.view(np.float64).tolist()
        for at in np.flatnonzero(self.kinds == INT).tolist():
            out[at] = int(self.bits[at])
        for at in np.flatnonzero(self.kinds == TEXT).tolist():
            out[at] = json.loads(self.texts[self.bits[at]])
        return out

    def take(self, index: Index | slice) -> Cells:
        """Those at `index`; the texts are shared."""
        return Cells(self.kinds[index], self.bits[index], self.texts)


NO_CELLS = Cells(np.empty(0, np.uint8), np.empty(0, np.int64), ())


class Nature(Flag):
    """What values consist of: f64s, i64s, plain strings, other JSON."""

    FLOAT, INT, STRING, OTHER = auto(), auto(), auto(), auto()


def nature(cells: Cells) -> Nature:
    """What is among some values."""
    found = Nature(0)
    for kind, named in ((FLOAT, Nature.FLOAT), (INT, Nature.INT)):
        if (cells.kinds == kind).any():
            found |= named
    texts = [cells.texts[at] for at in cells.bits[cells.kinds == TEXT].tolist()]
    for text in texts:
        plain = text.startswith('"') and "\\ud" not in text.lower()  # half characters only JSON can hold
        found |= Nature.STRING if plain else Nature.OTHER
    return found


def join_cells(parts: Sequence[Cells]) -> Cells:
    """One after another."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return NO_CELLS
    texts: list[str] = []
    bits = np.concatenate([part.bits for part in parts])
    kinds = np.concatenate([part.kinds for part in parts])
    at = 0
    for part in parts:
        if part.texts:
            window = slice(at, at + len(part))
            bits[window][kinds[window] == TEXT] += len(texts)
            texts.extend(part.texts)
        at += len(part)
    return Cells(kinds, bits, texts)


def to_text(value: Any) -> str:
    """JSON of a value, with NaN and Infinity as JavaScript writes them. ValueInvalid if there is none."""
    try:
        text = json.dumps(value, separators=(",", ":"))
        check_text(text)
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, ValueInvalid):
            raise
        raise ValueInvalid(
            f"A {type(value).__name__} cannot be logged: {error}.",
            advice="Log numbers, strings, lists, dicts or media.",
        ) from None
    return text


def check_text(text: str) -> None:
    """ValueInvalid unless `text` is JSON that we can read again at any time."""
    if len(text) > MAX_TEXT:
        raise ValueInvalid(f"A value has {len(text)} characters of JSON, more than {MAX_TEXT}.", advice="Log a file.")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueInvalid(f"A value is not JSON: {error}.") from None
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise ValueInvalid(f"A value is nested more than {MAX_DEPTH} deep.", advice="Flatten it.")


def _depth(value: Any) -> int:
    depth, level = 0, [value]
    while level:
        inner = [item for item in level if isinstance(item, (dict, list))]
        level = [child for item in inner for child in (item.values() if isinstance(item, dict) else item)]
        depth += 1
    return depth - 1
