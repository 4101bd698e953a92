"""Bring a version's files into a folder: only what is not there yet, verified, each appearing at once or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from museion.errors import BlobCorrupt, MuseionError, PathInvalid, StorageFull
from museion.model.digest import from_raw
from museion.model.manifest import Content, Entry, Reference
from museion.model.paths import inside
from museion.sdk import references
from museion.sdk.digests import digest_file
from museion.sdk.local import file_cache
from museion.sdk.source import Source

WORKERS = 8


def fetch(
    source: Source,
    entries: Mapping[str, Entry],
    root: Path,
    *,
    skip_cache: bool = False,
    allow_missing_references: bool = False,
) -> list[str]:
    """Lay `entries` out under `root`; gives the paths that had to be written, sorted.

    A file that has the right content already is left alone, its time included. Raises BlobCorrupt naming path and
    digest when bytes do not match; what was complete before that stays.
    """
    targets = {path: _target(root, path) for path in entries}
    stale = {path: entry for path, entry in entries.items() if not is_current(targets[path], entry)}
    _make_folders(targets[path] for path in stale)

    def bring(group: list[str]) -> list[str]:
        entry = stale[group[0]]
        if isinstance(entry, Content):
            _bring_content(source, group, entry, [targets[path] for path in group], skip_cache)
            return group
        return [path for path in group if _bring_reference(path, entry, targets[path], allow_missing_references)]

    return sorted(path for done in _in_parallel(bring, _by_content(stale)) for path in done)


def is_current(target: Path, entry: Entry) -> bool:
    """Whether the file at `target` already has the content of `entry`. Links are never trusted."""
    if target.is_symlink() or not target.is_file():
        return False
    wanted = entry.digest if isinstance(entry, Content) else entry.checksum
    if wanted is None or not wanted.startswith("blake3:") or target.stat().st_size != entry.size:
        return False
    return digest_file(target) == wanted


def verified(path: str, content: Content, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Pass `pieces` on; raises BlobCorrupt at the end, or as soon as there are too many bytes."""
    from blake3 import blake3

    hasher, size = blake3(), 0
    for piece in pieces:
        size += len(piece)
        if size > content.size:
            break
        hasher.update(piece)
        yield piece
    if size != content.size or from_raw(hasher.digest()) != content.digest:
        raise corrupt(path, content)


def corrupt(path: str, content: Content) -> BlobCorrupt:
    """The error for bytes of `path` that are not what its digest says."""
    return BlobCorrupt(f"The bytes of {path!r} do not match {content.digest}.", path=path, digest=content.digest)


def write(target: Path, pieces: Iterable[bytes]) -> None:
    """Write `target` under another name and rename it, so that nobody sees half of it."""
    temp = target.with_name(f".{target.name[:80]}.{secrets.token_hex(4)}.tmp")
    try:
        with temp.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        os.replace(temp, target)
    except OSError as error:
        if isinstance(error, MuseionError):
            raise
        raise StorageFull(f"{target} could not be written: {error.strerror or error}.") from error
    finally:
        temp.unlink(missing_ok=True)


def _bring_content(source: Source, paths: list[str], content: Content, targets: list[Path], skip_cache: bool) -> None:
    if not skip_cache and source.cached():
        cached_file(source, paths[0], content)
    for path, target in zip(paths, targets, strict=True):
        if skip_cache or not _place(content, target):
            write(target, verified(path, content, source.pieces(path, content)))


def _place(content: Content, target: Path) -> bool:
    try:
        return file_cache().place(content.digest, target)
    except BlobCorrupt:
        return False


def cached_file(source: Source, path: str, content: Content) -> Path:
    """The file in the cache that holds `content`, fetched first if it is not there."""
    cache = file_cache()
    try:
        return cache.get(content.digest) or cache.put(content.digest, _bounded(source.pieces(path, content), content))
    except BlobCorrupt as error:
        raise corrupt(path, content) from error


def _bounded(pieces: Iterable[bytes], content: Content) -> Iterator[bytes]:
    """Never more than what was promised and a piece."""
    left = content.size
    for piece in pieces:
        yield piece
        left -= len(piece)
        if left < 0:
            return


def _bring_reference(path: str, entry: Reference, target: Path, allow_missing: bool) -> bool:
    try:
        write(target, references.pieces(path, entry))
    except MuseionError:
        if not allow_missing:
            raise
        return False
    return True


def _by_content(entries: Mapping[str, Entry]) -> list[list[str]]:
    """Paths that share their content are fetched together; large ones first, so that none is left for the end."""
    groups: dict[str, list[str]] = {}
    for path, entry in entries.items():
        groups.setdefault(entry.digest if isinstance(entry, Content) else f"reference {path}", []).append(path)
    return sorted(groups.values(), key=lambda group: -(entries[group[0]].size or 0))


def _in_parallel(call: Callable[[list[str]], list[str]], groups: list[list[str]]) -> list[list[str]]:
    if len(groups) < 2:
        return [call(group) for group in groups]
    with ThreadPoolExecutor(min(WORKERS, len(groups)), "museion-download") as pool:
        futures = [pool.submit(call, group) for group in groups]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _target(root: Path, path: str) -> Path:
    target = inside(root, path)
    if target.is_dir() and not target.is_symlink():
        raise PathInvalid(f"{target} is a folder, the artifact has a file there.", advice="Choose another root.")
    return target


def _make_folders(targets: Iterable[Path]) -> None:
    for parent in sorted({target.parent for target in targets}):
        try:
            parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError):
            raise PathInvalid(
                f"{parent} is needed as a folder, and is a file.", advice="Choose another root."
            ) from None
