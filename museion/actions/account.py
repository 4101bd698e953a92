"""Account for bytes: what a version, a collection or a project takes, and what of it is its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select, union

from museion.actions.resolve import find_collection, find_version
from museion.actions.stores import Stores, project_key
from museion.blobs import account
from museion.blobs.account import Usage
from museion.catalog import tables as t
from museion.catalog.catalog import Rows
from museion.model.digest import to_raw

RUN = "run:"
AT_ONCE = 10_000
"""After how many files the background count lets go of the database for a moment."""


def version_usage(stores: Stores, entity: str, project: str, name: str, pointer: str) -> Usage:
    """What a version takes; `unique` would be freed with it. Raises ArtifactNotFound."""
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer)
        update_account(rows)
        shared = _elsewhere(rows, [stored.version.digest], [stored.key])
        found = account.usage(rows.connection, [stored.version.digest])
    return _nothing_own(found) if shared else found


def collection_usage(stores: Stores, entity: str, project: str, name: str) -> Usage:
    """What all versions of a collection take together. Raises ArtifactNotFound."""
    with stores.catalog.transaction() as rows:
        collection = find_collection(rows, entity, project, name)
        versions = {stored.key: stored.version.digest for stored in rows.artifacts.versions(collection.key)}
        return _usage(rows, versions, ())


def project_usage(stores: Stores, entity: str, project: str) -> Usage:
    """What all versions and runs of a project take together. Raises ProjectNotFound."""
    with stores.catalog.transaction() as rows:
        key = project_key(rows, entity, project)
        joined = t.version.join(t.collection, t.collection.c.key == t.version.c.collection)
        wanted = select(t.version.c.key, t.version.c.digest).select_from(joined).where(t.collection.c.project == key)
        versions = {row.key: row.digest for row in rows.connection.execute(wanted)}
        runs = rows.connection.execute(select(t.run.c.key).where(t.run.c.project == key)).scalars()
        return _usage(rows, versions, [f"{RUN}{run}" for run in runs])


def _usage(rows: Rows, versions: Mapping[int, str], runs: Iterable[str]) -> Usage:
    update_account(rows)
    shared = _elsewhere(rows, set(versions.values()), versions)
    whole = account.usage(rows.connection, [*set(versions.values()), *runs])
    if not shared:
        return whole
    own = account.usage(rows.connection, [*(set(versions.values()) - shared), *runs])
    return Usage(whole.files, whole.size, whole.stored, own.unique)


def _nothing_own(found: Usage) -> Usage:
    return Usage(found.files, found.size, found.stored, 0)


def _elsewhere(rows: Rows, digests: Iterable[str], keys: Iterable[int]) -> set[str]:
    """Which of these manifests other versions have too, or versions in the making."""
    wanted, own = list(digests), set(keys)
    found = select(t.version.c.digest, t.version.c.key).where(t.version.c.digest.in_(wanted))
    shared = {row.digest for row in rows.connection.execute(found) if row.key not in own}
    drafts = select(t.draft_part.c.digest).where(t.draft_part.c.digest.in_(wanted))
    return shared | set(rows.connection.execute(drafts).scalars())


def count_bytes(stores: Stores) -> None:
    """Let the account follow the catalog in short transactions, so that no deletion has to: it pays for what changed
    since. Whether there is anything to do is seen without holding up who writes."""
    while True:
        with stores.catalog.reading() as rows:
            if account.is_current(rows.connection, _holders(rows)):
                return
        with stores.catalog.transaction() as rows:
            if update_account(rows, AT_ONCE):
                return


def update_account(rows: Rows, most: int | None = None) -> bool:
    """Let the account follow the catalog; with `most`, only as far as that many files go at a time. Gives whether it
    is up to date."""

    def contents(name: str) -> dict[bytes, int]:
        found = rows.files.contents(int(name[len(RUN) :])) if name.startswith(RUN) else rows.manifests.contents(name)
        return {to_raw(digest): size for digest, size in found.items()}

    return account.refresh(rows.connection, _holders(rows), contents, most)


def changes_so_far(stores: Stores) -> tuple[int, ...]:
    """A mark that is another after any change to what is stored."""
    marks = (func.count(), func.coalesce(func.max(t.project.c.key), 0), func.coalesce(func.sum(t.project.c.cursor), 0))
    with stores.catalog.reading() as rows:
        return tuple(int(mark) for mark in rows.connection.execute(select(*marks)).one())


def _holders(rows: Rows) -> dict[str, str]:
    """Manifests by their digest, which never change, and runs, stamped with their files."""
    manifests = rows.connection.execute(union(select(t.version.c.digest), select(t.draft_part.c.digest))).scalars()
    now = dict.fromkeys(manifests, "")
    f = t.run_file.c
    stamp = (func.count(), func.sum(f.size), func.max(f.updated_at))
    files = select(f.run, *stamp).join_from(t.run_file, t.run).where(t.run.c.deleted_at.is_(None)).group_by(f.run)
    for run, *parts in rows.connection.execute(files):
        now[f"{RUN}{run}"] = "/".join(map(str, parts))
    return now
