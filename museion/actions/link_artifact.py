"""Link a version into a registry: a collection of another (or the same) project that shows it beside others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museion.actions.actor import SYSTEM, Actor
from museion.actions.protect_aliases import guard_aliases
from museion.actions.resolve import MayRead, everything, find_version
from museion.actions.stores import Stores
from museion.catalog.artifacts import StoredVersion
from museion.catalog.catalog import Rows
from museion.catalog.collections import StoredCollection
from museion.errors import Conflict, Forbidden, NameInvalid, TypeMismatch, ValueInvalid
from museion.model.artifact import LATEST, Link, Version
from museion.model.names import ArtifactRef, check_alias


@dataclass(frozen=True, slots=True)
class Target:
    """A portfolio, by its place."""

    entity: str
    project: str
    name: str

    @classmethod
    def parse(cls, text: str, entity: str, project: str) -> Target:
        """`name`, `project/name` or `entity/project/name`, as seen from a project; a registry is a project."""
        if ":" in text:
            raise NameInvalid(f"{text!r} has an alias in it.", advice="Give the aliases beside it.")
        ref = ArtifactRef.parse(text)
        return cls(ref.entity or entity, ref.project or project, ref.name)


def link_artifact(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    target: Target,
    aliases: Sequence[str] = (),
    actor: Actor = SYSTEM,
) -> Version:
    """The version as the portfolio shows it, under the next number there; made on demand, with the version's type.

    Linking it again moves the aliases. `latest` there is the version linked last. Raises Forbidden without the right to
    write in the target's entity (or for a protected alias there), TypeMismatch, Conflict if the target is no portfolio.
    """
    for alias in aliases:
        check_alias(alias)
    if not actor.may("write", target.entity):
        raise Forbidden(f"You may not link into {target.entity}/{target.project}.")
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer)
        home = rows.projects.ensure(target.entity, target.project, now)
        place = _portfolio(rows, home, target, stored, now)
        if rows.artifacts.at(place.key, stored.key) is None:
            number = rows.collections.next_number(place.key, now)
            rows.links.add(place.key, stored.key, number, actor.name, now)
        shown = rows.artifacts.at(place.key, stored.key)
        assert shown is not None
        guard_aliases(rows, home, target.entity, {*aliases} - {*shown.version.aliases}, actor)
        rows.artifacts.point(place.key, {*aliases, LATEST}, stored.key)
        rows.collections.touch(place.key, now)
        rows.changes.record(home, "collection", target.name, now)
        shown = rows.artifacts.at(place.key, stored.key)
        assert shown is not None
        return shown.version


def unlink_artifact(
    stores: Stores, entity: str, project: str, name: str, pointer: str, actor: Actor = SYSTEM
) -> Version:
    """Take a version out of the portfolio `name`; gives it as it is at home. Raises ValueInvalid if it is no link."""
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        if not stored.linked:
            raise ValueInvalid(f"{stored.version.qualified} is no link.", advice="Name it as the registry does.")
        unlink(rows, entity, stored, actor, stores.clock())
        return rows.artifacts.get(stored.key).version


def unlink(rows: Rows, entity: str, stored: StoredVersion, actor: Actor, now: float) -> None:
    """The same inside a transaction; if it was `latest` there, the newest link left is."""
    home = rows.collections.home(stored.collection)
    guard_aliases(rows, home, entity, stored.version.aliases, actor)
    rows.links.remove(stored.collection, stored.key)
    left = rows.artifacts.versions(stored.collection, limit=1)
    if left and LATEST in stored.version.aliases:
        rows.artifacts.point(stored.collection, [LATEST], left[0].key)
    rows.collections.touch(stored.collection, now)
    rows.changes.record(home, "collection", stored.version.name, now)


def read_links(
    stores: Stores, entity: str, project: str, name: str, pointer: str, may_read: MayRead = everything
) -> list[Link]:
    """Where a version is linked, as far as one may see, the first link first."""
    with stores.catalog.reading() as rows:
        found = rows.links.of(find_version(rows, entity, project, name, pointer).key)
    return [
        link
        for link in found
        if (link.entity, link.project) == (entity, project) or may_read(link.entity, link.project)
    ]


def _portfolio(rows: Rows, home: int, target: Target, stored: StoredVersion, now: float) -> StoredCollection:
    found = rows.collections.ensure(home, target.name, stored.version.type, now, "portfolio")
    if found.kind != "portfolio":
        raise Conflict(f"{target.name!r} holds versions of its own.", advice="Link into another collection.")
    if found.type != stored.version.type:
        raise TypeMismatch(f"{target.name!r} takes the type {found.type!r}, not {stored.version.type!r}.")
    return found
