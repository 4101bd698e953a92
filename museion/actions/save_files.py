"""Name uploaded content as files of a run, list them, find one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museion.actions.present import present, true_sizes
from museion.actions.stores import Stores, run_key
from museion.catalog.files import RunFile
from museion.errors import FileMissing, ValueInvalid
from museion.model.digest import check_digest
from museion.model.paths import check_path


@dataclass(frozen=True, slots=True)
class NewFile:
    """A path and the content to be found there; `size` in bytes."""

    path: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class FilePage:
    """Files in order of path; `total` and `size` (bytes) count all under the prefix, `next` is the cursor to go on."""

    files: list[RunFile]
    total: int
    size: int
    next: str | None


def save_files(
    stores: Stores, entity: str, project: str, run: str, files: Sequence[NewFile], *, upload: str | None = None
) -> list[RunFile]:
    """Name contents; a path that is there gets the new content. Doing it again is no news.

    Raises PathInvalid, BlobsMissing with the digests the project does not have, or ValueInvalid for a wrong size.
    """
    sizes = {check_digest(file.digest): file.size for file in files}
    paths = [check_path(file.path) for file in files]
    if len(set(paths)) < len(paths):
        raise ValueInvalid("Two of the files have the same path.")
    now = stores.clock()
    saved = [RunFile(file.path, file.digest, file.size, now) for file in files]
    with present(stores, entity, project, upload, sizes):
        _check_sizes(stores, files)
        with stores.catalog.transaction() as rows:
            home, key = run_key(rows, entity, project, run)
            rows.files.put(key, saved)
            rows.runs.touch(key, now)
            rows.changes.record(home, "run", run, now)
    return saved


def _check_sizes(stores: Stores, files: Sequence[NewFile]) -> None:
    true = true_sizes(stores, {file.digest for file in files})
    for file in files:
        if true[file.digest] != file.size:
            raise ValueInvalid(f"The file {file.path!r} has {true[file.digest]:,} bytes, not {file.size:,}.")


def list_files(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    *,
    prefix: str = "",
    cursor: str | None = None,
    limit: int = 1_000,
) -> FilePage:
    """Files of a run whose path begins with `prefix`."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
        found = rows.files.page(key, prefix, cursor or "", limit + 1)
        total, size = rows.files.count(key, prefix)
    shown = found[:limit]
    return FilePage(shown, total, size, shown[-1].path if len(found) > limit else None)


def open_file(stores: Stores, entity: str, project: str, run: str, path: str) -> RunFile:
    """The file at `path`; its bytes are read with `stores.blobs.open(file.digest, start, stop)`. Raises FileMissing."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
        found = rows.files.get(key, check_path(path))
    if found is None:
        raise FileMissing(f"The run {run!r} has no file {path!r}.")
    return found
