"""A saved view: how a page of a project is looked at, under a name everyone in the project sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class ViewPage(StrEnum):
    """The pages that have views."""

    WORKSPACE = "workspace"
    RUNS = "runs"


@dataclass(frozen=True, slots=True)
class View:
    """`state` holds the fields of the page's address, as text; times are UTC seconds since the epoch.

    The one view with `is_default` is what the page shows when its address says nothing.
    """

    id: int
    page: ViewPage
    name: str
    state: Mapping[str, str]
    is_default: bool
    user: str | None
    created_at: float
    updated_at: float
