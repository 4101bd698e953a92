"""Orders and lists of fields, as they are written: `-summary.loss,+name`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from museion.errors import QueryInvalid
from museion.model.query.fields import Field, field_of
from museion.model.query.parser import unquoted

MAX_KEYS = 8
_PIECE = re.compile(r'(?:[^,"]|"(?:[^"\\]|\\.)*")+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class By:
    """One key of an order; runs without the value come last either way."""

    field: Field
    falling: bool = False

    def __str__(self) -> str:
        return f"{'-' if self.falling else '+'}{self.field}"


def order_of(text: str) -> tuple[By, ...]:
    """`-created_at,+config.lr` as keys, the most important first; no sign means rising. Raises QueryInvalid."""
    found = [_by(piece) for piece in split(text)]
    if not 1 <= len(found) <= MAX_KEYS:
        raise QueryInvalid(f"An order has 1 to {MAX_KEYS} keys, not {len(found)}.", advice="Write -created_at.")
    return tuple(found)


def _by(piece: str) -> By:
    name = piece.lstrip("+-").strip()
    return By(_field(name), piece.startswith("-"))


def fields_of(text: str, most: int = 200) -> tuple[Field, ...]:
    """`job_type,config.lr` as fields, each once; raises QueryInvalid."""
    found = tuple(dict.fromkeys(_field(piece) for piece in split(text)))
    if len(found) > most:
        raise QueryInvalid(f"At most {most} fields can be asked for, not {len(found)}.")
    return found


def split(text: str) -> Sequence[str]:
    """The pieces between commas that are not in quotes; empty ones are left out."""
    return [piece.strip() for piece in _PIECE.findall(text) if piece.strip()]


def _field(name: str) -> Field:
    try:
        return field_of(unquoted(name))
    except QueryInvalid:
        raise
    except ValueError as error:
        raise QueryInvalid(getattr(error, "message", str(error)), advice=getattr(error, "advice", "")) from None
