"""Edit the papers of a version: description, metadata, tags, aliases, time to live. Its content never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from museion.actions.actor import SYSTEM, Actor
from museion.actions.commit_artifact import check_ttl
from museion.actions.protect_aliases import guard_aliases
from museion.actions.resolve import find_version
from museion.actions.stores import Stores
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.sql import plain
from museion.errors import Conflict, ValueInvalid
from museion.model.artifact import LATEST, Edit, Version
from museion.model.names import check_alias, check_tag

INHERIT = -1
"""As the `ttl` of a change: have what the collection says."""


@dataclass(frozen=True, slots=True)
class Change:
    """What to change; None leaves a field alone, an empty description takes it away. `tags` replaces all of them,
    `add_tags` and `remove_tags` change some. `ttl` is in seconds; 0: for ever, -1: as the collection says."""

    description: str | None = None
    metadata: Mapping[str, Any] | None = None
    tags: Sequence[str] | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()
    add_aliases: Sequence[str] = ()
    remove_aliases: Sequence[str] = ()
    ttl: int | None = None


def edit_artifact(
    stores: Stores, entity: str, project: str, name: str, pointer: str, change: Change, actor: Actor = SYSTEM
) -> Version:
    """The version as it is now. An alias that another version has is moved here. `latest` can be moved but not taken
    away. Through a link, aliases are those of the portfolio, everything else is the version's own.

    What changed is kept with who and when (`read_edits`). Raises Forbidden for a protected alias, Conflict for the
    time to live of a linked version.
    """
    _check(change)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        _set_fields(rows, stored, change, actor, now)
        _set_aliases(rows, stored, entity, change, actor, now)
        rows.collections.touch(stored.collection, now)
        rows.changes.record(rows.collections.home(stored.collection), "collection", name, now)
        found = rows.artifacts.at(stored.collection, stored.key)
        assert found is not None
        return found.version


def read_edits(
    stores: Stores, entity: str, project: str, name: str, pointer: str, *, limit: int = 1_000, offset: int = 0
) -> list[Edit]:
    """How a version's papers were edited, the last edit first."""
    with stores.catalog.reading() as rows:
        stored = find_version(rows, entity, project, name, pointer)
        return rows.edits.of(stored.key, limit, offset)


def _check(change: Change) -> None:
    for alias in change.add_aliases:
        check_alias(alias)
    for tag in (*(change.tags or ()), *change.add_tags):
        check_tag(tag)
    if LATEST in change.remove_aliases:
        raise ValueInvalid("The alias 'latest' cannot be taken away.", advice="Give it to another version.")


def _set_fields(rows: Rows, stored: StoredVersion, change: Change, actor: Actor, now: float) -> None:
    was = stored.version
    fields: dict[str, Any] = {}
    if change.description is not None:
        fields["description"] = plain(change.description, "description") or None
    if change.metadata is not None:
        fields["metadata"] = dict(change.metadata)
    if change.tags is not None or change.add_tags or change.remove_tags:
        kept = [tag for tag in (was.tags if change.tags is None else change.tags) if tag not in change.remove_tags]
        fields["tags"] = list(dict.fromkeys([*kept, *change.add_tags]))
    if change.ttl is not None:
        fields["ttl"] = _ttl(rows, stored, change.ttl)
    before = {"tags": list(was.tags), "metadata": dict(was.metadata)}
    differs = {key: [before.get(key, getattr(was, key)), value] for key, value in fields.items()}
    rows.artifacts.change(stored.key, fields, now)
    rows.edits.add(stored.key, {key: pair for key, pair in differs.items() if pair[0] != pair[1]}, actor.name, now)


def _ttl(rows: Rows, stored: StoredVersion, ttl: int) -> int | None:
    if ttl == INHERIT:
        return None
    check_ttl(ttl, stored.version.type)
    if ttl and rows.links.linked([stored.key]):
        raise Conflict(f"{stored.version.qualified} is linked into a registry, so that it cannot expire.")
    return ttl


def _set_aliases(rows: Rows, stored: StoredVersion, entity: str, change: Change, actor: Actor, now: float) -> None:
    has = set(stored.version.aliases)
    gone, fresh = has.intersection(change.remove_aliases) - {*change.add_aliases}, {*change.add_aliases} - has
    guard_aliases(rows, rows.collections.home(stored.collection), entity, gone | fresh, actor)
    rows.artifacts.unpoint(stored.collection, stored.key, sorted(gone))
    rows.artifacts.point(stored.collection, sorted(fresh), stored.key)
    if gone or fresh:
        after = sorted((has - gone) | fresh)
        rows.edits.add(stored.key, {"aliases": [sorted(has), after]}, actor.name, now)
