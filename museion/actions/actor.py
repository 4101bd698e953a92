"""Who acts: a name for the books, and what they may do. The server knows; actions ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Permission = Literal["read", "write", "admin"]


def _everything(permission: Permission, entity: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Actor:
    """`may("admin", entity)` tells whether the role there is enough. Without arguments: the server itself."""

    name: str | None = None
    may: Callable[[Permission, str], bool] = _everything


SYSTEM = Actor()
