"""Relay's connections: edges with cursors, and whether there is more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

MAX_PAGE = 1_000
PAGE = 50


def size(first: int | None, default: int = PAGE, most: int = MAX_PAGE) -> int:
    """How many to give for `first`: clients may ask for any number, and get at most `most` a page."""
    return default if first is None else max(1, min(first, most))


def connection(
    nodes: Sequence[Any], *, more: bool = False, cursor: Callable[[Any], str | None] | None = None, **fields: Any
) -> dict[str, Any]:
    """`nodes` as a connection; `cursor` names where a node stands, so that the next page can begin after it."""
    edges = [{"node": node, "cursor": cursor(node) if cursor else None} for node in nodes]
    end = edges[-1]["cursor"] if edges else None
    return {"edges": edges, "pageInfo": {"endCursor": end, "hasNextPage": more}, **fields}


def numbered(items: Iterable[Any], after: str | None, first: int | None, **fields: Any) -> dict[str, Any]:
    """A page out of a list that is in memory: cursors are places in it."""
    known = list(items)
    start = int(after) + 1 if after and after.isdecimal() and len(after) < 16 else 0
    shown = known[start : start + size(first)]
    places = {id(node): str(start + number) for number, node in enumerate(shown)}
    more = start + len(shown) < len(known)
    return connection(shown, more=more, cursor=lambda node: places[id(node)], **fields)
