"""The few things SQLite and PostgreSQL spell alike and SQLAlchemy does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

from museion.errors import ValueInvalid

T = TypeVar("T")
PARAMETERS = 5_000
"""How many values one IN (…) may hold: SQLite takes 32,766 parameters, PostgreSQL 65,535."""


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT with `on_conflict_do_update` and `on_conflict_do_nothing`, for the database at hand."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def pieces(values: Iterable[T], size: int = PARAMETERS) -> Iterator[Sequence[T]]:
    """`values` cut into lists of at most `size`."""
    known = values if isinstance(values, list) else list(values)
    for start in range(0, len(known), size):
        yield known[start : start + size]


def like(text: str) -> str:
    """A LIKE pattern (escape character `\\`) for "contains `text`"."""
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text}%"


def to_text(value: Any, what: str) -> str:
    """JSON text as Python writes it: NaN and Infinity survive, keys keep their order, any string survives.

    The database never parses it, because its own JSON knows neither NaN nor integers beyond 64 bits.
    Raises ValueInvalid, naming `what`, for values JSON has no form for.
    """
    try:
        return json.dumps(value, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueInvalid(f"The {what} cannot be written as JSON: {error}.") from None


def from_text(text: str) -> Any:
    """What `to_text` wrote. The fast reader knows neither NaN nor halves of surrogate pairs; Python's own does."""
    if text in ("{}", "[]"):
        return {} if text == "{}" else []
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text)


def plain(text: str | None, what: str, limit: int = 100_000) -> str | None:
    """`text`, if every database can store it: no NUL, no lone surrogate, at most `limit` characters."""
    if text is None:
        return None
    if len(text) > limit:
        raise ValueInvalid(f"The {what} has {len(text):,} characters, more than {limit:,}.", advice="Shorten it.")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueInvalid(f"The {what} is not valid Unicode.") from None
    if "\0" in text:
        raise ValueInvalid(f"The {what} has a NUL character in it.")
    return text
