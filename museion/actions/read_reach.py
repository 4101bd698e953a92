"""Read how far a version reaches: all it depends on, all that was made of it, and what of that is out of date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from museion.actions.resolve import MayRead, everything, find_version
from museion.actions.stores import Stores, project_key
from museion.catalog.artifacts import Wanted
from museion.catalog.catalog import Rows
from museion.catalog.reach import Reach, Way
from museion.errors import ValueInvalid
from museion.model.artifact import Version
from museion.model.run import Run

MOST = 10_000
COLLECTIONS = 1_000
"""How many collections of a project are looked at for what is out of date."""


@dataclass(frozen=True, slots=True)
class Reached:
    """`versions` and `runs` are the newest up to the limit; the counts, by artifact type and by job type, are of all.
    `truncated` if there are more than are listed."""

    versions: list[Version]
    runs: list[Run]
    versions_by_type: Mapping[str, int]
    runs_by_type: Mapping[str, int]
    truncated: bool


@dataclass(frozen=True, slots=True)
class Outdated:
    """`version` depends on `input`, of which `newest` is a newer version."""

    version: Version
    input: Version
    newest: Version


@dataclass(frozen=True, slots=True)
class Freshness:
    """What is out of date; `truncated` if there is more than is listed."""

    outdated: list[Outdated]
    truncated: bool


def read_reach(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    way: Way,
    *,
    limit: int = 1_000,
    may_read: MayRead = everything,
) -> Reached:
    """All that lies upstream (`up`: what does this model depend on?) or downstream (`down`: what did this dataset
    get into?) of a version, to any depth. Projects that may not be read end the walk.

    Raises ArtifactNotFound, ValueInvalid.
    """
    _check_limit(limit)
    with stores.catalog.reading() as rows:
        stored = find_version(rows, entity, project, name, pointer)
        reach = Reach(rows.connection, [stored.key], way, _seen(rows, may_read))
        versions, runs = reach.versions(limit), reach.runs(limit)
        by_type, by_job = reach.versions_by_type(), reach.runs_by_type()
        more = sum(by_type.values()) > len(versions) or sum(by_job.values()) > len(runs)
        found = [one.version for one in rows.artifacts.many(versions)]
        return Reached(found, [rows.runs.get(key).run for key in runs], by_type, by_job, more)


def read_freshness(
    stores: Stores,
    entity: str,
    project: str,
    name: str | None = None,
    pointer: str = "latest",
    *,
    limit: int = 1_000,
    may_read: MayRead = everything,
) -> Freshness:
    """The inputs of a version, at any depth, that have a newer version by now; without `name`, those of the newest
    version of every collection of the project."""
    _check_limit(limit)
    with stores.catalog.reading() as rows:
        if name is None:
            home = project_key(rows, entity, project)
            roots = [one.key for one in rows.artifacts.search(home, Wanted(alias="latest"), limit=COLLECTIONS)]
        else:
            roots = [find_version(rows, entity, project, name, pointer).key]
        seen = _seen(rows, may_read)
        found: list[tuple[int, int, int]] = []
        for root in roots:
            outdated = Reach(rows.connection, [root], "up", seen).outdated(limit + 1 - len(found))
            found += [(root, key, newest) for key, newest in outdated]
            if len(found) > limit:
                break
        return Freshness(_outdated(rows, found[:limit]), len(found) > limit)


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MOST:
        raise ValueInvalid(f"At most {MOST:,} versions are listed, not {limit}.")


def _seen(rows: Rows, may_read: MayRead) -> list[int] | None:
    if may_read is everything:
        return None
    return [key for key, entity, name in rows.projects.places() if may_read(entity, name)]


def _outdated(rows: Rows, found: list[tuple[int, int, int]]) -> list[Outdated]:
    known = {one.key: one.version for one in rows.artifacts.many({key for triple in found for key in triple})}
    return [Outdated(known[root], known[key], known[newest]) for root, key, newest in found]
