"""Protect aliases: `production` and the like, which only an admin of the entity may move or take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from museion.actions.actor import Actor
from museion.actions.stores import Stores, project_key
from museion.catalog.catalog import Rows
from museion.errors import Forbidden, TooLarge, ValueInvalid
from museion.model.artifact import LATEST
from museion.model.names import check_alias

MOST = 100


def read_protected(stores: Stores, entity: str, project: str) -> list[str]:
    """The protected aliases of a project's collections, in order."""
    with stores.catalog.reading() as rows:
        return rows.protected_aliases.of(project_key(rows, entity, project))


def protect_aliases(stores: Stores, entity: str, project: str, names: Sequence[str]) -> list[str]:
    """Make these the protected aliases of the project (made if it is not there), and no others."""
    chosen = sorted({check_alias(name) for name in names})
    if LATEST in chosen:
        raise ValueInvalid("The alias 'latest' cannot be protected: every commit moves it.")
    if len(chosen) > MOST:
        raise TooLarge(f"A project has at most {MOST} protected aliases, not {len(chosen)}.")
    with stores.catalog.transaction() as rows:
        rows.protected_aliases.put(rows.projects.ensure(entity, project, stores.clock()), chosen)
    return chosen


def guard_aliases(rows: Rows, project: int, entity: str, names: Iterable[str], actor: Actor) -> None:
    """Raise Forbidden if one of these, about to be moved or taken away, is protected and `actor` no admin."""
    moved = set(names)
    if not moved or actor.may("admin", entity):
        return
    if held := sorted(moved.intersection(rows.protected_aliases.of(project))):
        raise Forbidden(f"The alias {held[0]!r} is protected.", advice="An admin of the entity may move it.")
