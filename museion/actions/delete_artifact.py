"""Delete versions, one, a collection of them or all that a query means, and say how many bytes that frees.

What is deleted can be restored for a while (`restore_artifact.py`); its bytes are taken back after that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museion.actions.actor import SYSTEM, Actor
from museion.actions.freed import freed_bytes
from museion.actions.link_artifact import unlink
from museion.actions.protect_aliases import guard_aliases
from museion.actions.resolve import find_collection, find_version
from museion.actions.stores import Stores, project_key
from museion.catalog.artifacts import StoredVersion, Wanted
from museion.catalog.catalog import Rows
from museion.catalog.trash import Thrown
from museion.errors import Conflict
from museion.model.artifact import LATEST


@dataclass(frozen=True, slots=True)
class Deletion:
    """How many versions (or runs) went, and the bytes nothing else needs: the next collection frees them."""

    deleted: int
    freed: int


@dataclass(frozen=True, slots=True)
class BulkDeletion:
    """What a deletion by query takes away, or would: names of the versions, and of those that stay because someone
    linked them into a registry or gave them an alias."""

    deleted: int
    freed: int
    versions: tuple[str, ...]
    kept: tuple[str, ...]


class _Look(Exception):
    """Carries what a deletion would have done out of its transaction."""

    def __init__(self, found: BulkDeletion) -> None:
        self.found = found


def delete_version(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    *,
    delete_aliases: bool = True,
    actor: Actor = SYSTEM,
) -> Deletion:
    """Delete one version; if it was `latest`, the newest of those left is. Through a link, only the link goes.

    Raises ArtifactNotFound, Forbidden (it holds a protected alias), Conflict if it has aliases other than `latest` and
    `delete_aliases` is False.
    """
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        named = [alias for alias in stored.version.aliases if alias != LATEST]
        if named and not delete_aliases:
            raise Conflict(
                f"{stored.version.qualified} has the aliases {', '.join(named)}.", advice="Say to take them."
            )
        now = stores.clock()
        if stored.linked:
            unlink(rows, entity, stored, actor, now)
            return Deletion(0, 0)
        guard_versions(rows, entity, [stored], actor)
        return throw_away(rows, [stored], actor, now)


def delete_collection(stores: Stores, entity: str, project: str, name: str, actor: Actor = SYSTEM) -> Deletion:
    """Delete a collection with all its versions; of a portfolio, only the links. Raises ArtifactNotFound."""
    with stores.catalog.transaction() as rows:
        collection = find_collection(rows, entity, project, name, lock=True)
        members = rows.artifacts.versions(collection.key)
        aliases = {alias for stored in members for alias in stored.version.aliases}
        guard_aliases(rows, collection.project, entity, aliases, actor)
        own = [stored for stored in members if not stored.linked]
        guard_versions(rows, entity, own, actor)
        gone = throw_away(rows, own, actor, stores.clock())
        rows.collections.delete(collection.key)
        rows.changes.record(collection.project, "collection", name, stores.clock())
    return gone


def delete_versions(
    stores: Stores, entity: str, project: str, wanted: Wanted, *, dry_run: bool = False, actor: Actor = SYSTEM
) -> BulkDeletion:
    """Delete the versions that `wanted` means, in one transaction; `dry_run` says what that would take away.

    Unless they are asked for (`aliased`, `linked` or `alias` in `wanted`), versions with an alias other than `latest`
    and versions that a registry links to stay, and are listed in `kept`.
    """
    try:
        with stores.catalog.transaction() as rows:
            found = rows.artifacts.search(project_key(rows, entity, project), wanted)
            linked = rows.links.linked(stored.key for stored in found)
            gone = [stored for stored in found if not _stays(stored, stored.key in linked, wanted)]
            guard_versions(rows, entity, gone, actor)
            done = throw_away(rows, gone, actor, stores.clock())
            kept = {stored.key for stored in found} - {stored.key for stored in gone}
            names = tuple(stored.version.qualified for stored in gone)
            stay = tuple(stored.version.qualified for stored in found if stored.key in kept)
            result = BulkDeletion(done.deleted, done.freed, names, stay)
            if dry_run:
                raise _Look(result)
            return result
    except _Look as looked:
        return looked.found


def outputs_of(rows: Rows, run: int) -> list[StoredVersion]:
    """The versions that a run made and that nobody linked or named."""
    made = rows.artifacts.many(rows.edges.versions(run, "made"))
    linked = rows.links.linked(stored.key for stored in made)
    return [stored for stored in made if not _stays(stored, stored.key in linked, Wanted())]


def guard_versions(rows: Rows, entity: str, versions: Sequence[StoredVersion], actor: Actor) -> None:
    """Raise Forbidden if one of these holds a protected alias, here or in a registry, and `actor` is no admin."""
    held = rows.protected_aliases.held(stored.key for stored in versions)
    for stored in versions:
        if stored.key in held and not actor.may("admin", entity):
            guard_aliases(rows, rows.collections.home(stored.own), entity, [held[stored.key]], actor)
            raise Conflict(
                f"{stored.version.qualified} is {held[stored.key]!r} in a registry.", advice="Unlink it first."
            )


def throw_away(rows: Rows, versions: Sequence[StoredVersion], actor: Actor, now: float) -> Deletion:
    """Move versions to the trash, inside a transaction; where one was `latest`, the newest left is."""
    contents: dict[str, int] = {}
    headless = rows.artifacts.latest_at(stored.key for stored in versions)
    for stored in versions:
        home = rows.collections.home(stored.own)
        contents.update(rows.manifests.contents(stored.version.digest))
        rows.trash.add(home, _thrown(rows, stored, actor, now))
        rows.artifacts.delete_version(stored.key)
        rows.changes.record(home, "collection", stored.version.name, now)
    for place in headless:
        if left := rows.artifacts.versions(place, limit=1):
            rows.artifacts.point(place, [LATEST], left[0].key)
    for own in {stored.own for stored in versions}:
        rows.collections.touch(own, now)
    return Deletion(len(versions), freed_bytes(rows, contents))


def _stays(stored: StoredVersion, linked: bool, wanted: Wanted) -> bool:
    named = any(alias != LATEST for alias in stored.version.aliases)
    return (named and not wanted.aliased and not wanted.alias) or (linked and not wanted.linked)


def _thrown(rows: Rows, stored: StoredVersion, actor: Actor, now: float) -> Thrown:
    version = stored.version
    fields = ("description", "tags", "aliases", "size", "files", "created_at", "step", "ttl", "client_id")
    papers = {field: getattr(version, field) for field in fields}
    papers["metadata"] = dict(version.metadata)
    papers["edges"] = rows.edges.papers(stored.key)
    return Thrown(0, version.name, version.type, version.number, version.digest, now, actor.name, papers)
