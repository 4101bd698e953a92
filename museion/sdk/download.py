"""Bring a version's files into a folder: only what is not there yet, verified, each appearing at once or not at all.

Small files come many in one request, large ones in ranges, a few at a time; both can be broken off and go on. What the
cache has is not fetched, and while one process fetches a version into the cache, others wait for it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from museion.blobs.disk import roomy
from museion.errors import BlobCorrupt, MuseionError, PathInvalid, ServerFault, ServerUnreachable
from museion.model.digest import digest_bytes, from_raw
from museion.model.manifest import Content, Entry, Reference
from museion.model.paths import inside
from museion.sdk import local, references, reuse
from museion.sdk.digests import digest_file
from museion.sdk.partial import PartialFile
from museion.sdk.progress import Tell, silent
from museion.sdk.source import Source

WORKERS = 8
LARGE = 16 << 20
"""Files of this size and more come in ranges."""
_TOGETHER = 500
_TOGETHER_BYTES = 16 << 20
_TRIES = 3

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class How:
    """`multipart` brings every file of 1 MiB and more in ranges, or (False) none; None decides by size."""

    skip_cache: bool = False
    allow_missing_references: bool = False
    multipart: bool | None = None
    tell: Tell = silent

    def is_large(self, content: Content) -> bool:
        if self.multipart is None:
            return content.size >= LARGE
        return self.multipart and content.size >= 1 << 20


def fetch(source: Source, entries: Mapping[str, Entry], root: Path, how: How = How()) -> list[str]:
    """Lay `entries` out under `root`; gives the paths that had to be written, sorted.

    A file that has the right content already is left alone, its time included. Raises BlobCorrupt naming path and
    digest when bytes do not match; what was complete before that stays.
    """
    targets = {path: _target(root, path) for path in entries}
    current = _in_parallel(lambda path: is_current(targets[path], entries[path]), list(entries))
    stale = {path: entry for (path, entry), there in zip(entries.items(), current, strict=True) if not there}
    _make_folders(targets[path] for path in stale)
    contents = {path: entry for path, entry in stale.items() if isinstance(entry, Content)}
    pointers = {path: entry for path, entry in stale.items() if isinstance(entry, Reference)}
    if source.cached() and not how.skip_cache:
        bring_into_cache(source, contents, how)
    _lay_out(source, contents, targets, how)
    came = _in_parallel(
        lambda path: _bring_reference(path, pointers[path], targets[path], how.allow_missing_references), list(pointers)
    )
    return sorted([*contents, *(path for path, there in zip(pointers, came, strict=True) if there)])


def is_current(target: Path, entry: Entry) -> bool:
    """Whether the file at `target` already has the content of `entry`. Links are never trusted."""
    if target.is_symlink() or not target.is_file():
        return False
    wanted = entry.digest if isinstance(entry, Content) else entry.checksum
    if wanted is None or not wanted.startswith("blake3:") or target.stat().st_size != entry.size:
        return False
    return digest_file(target) == wanted


def bring_into_cache(source: Source, contents: Mapping[str, Content], how: How) -> None:
    """Fetch what of `contents` the cache does not have."""
    cache = local.file_cache()
    if not _lacking(contents):
        return
    with local.exclusive(f"fetch-{digest_bytes(source.identity().encode())[7:39]}"):
        lacking = _lacking(contents)  # again: another process may have brought it meanwhile
        small = {path: content for path, content in lacking.items() if not how.is_large(content)}
        for path, content in lacking.items():
            if how.is_large(content):
                partial = PartialFile(local.partial_root() / content.digest[7:], content)
                _fill(source, path, content, partial, how)
                cache.adopt(content.digest, partial.path)
        _bring_small(source, small, how, lambda path, data: cache.put(small[path].digest, [data]))
        reuse.remember(source.identity(), {p: c for p, c in lacking.items() if how.is_large(c)})


def cached_file(source: Source, path: str, content: Content) -> Path:
    """The file in the cache that holds `content`, fetched first if it is not there."""
    cache = local.file_cache()
    if (held := cache.get(content.digest)) is None:
        bring_into_cache(source, {path: content}, How())
        held = cache.get(content.digest)
    if held is None:
        raise corrupt(path, content)
    return held


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
        with roomy(target), temp.open("xb") as file:
            for piece in pieces:
                file.write(piece)
        os.replace(temp, target)
    finally:
        temp.unlink(missing_ok=True)


# ---- from the server ------------------------------------------------------------------------------------------------


def _lacking(contents: Mapping[str, Content]) -> dict[str, Content]:
    """Those the cache does not have, each content under one path."""
    cache = local.file_cache()
    alone = {content.digest: path for path, content in contents.items()}
    return {path: contents[path] for digest, path in alone.items() if cache.get(digest) is None}


def _bring_small(
    source: Source, contents: Mapping[str, Content], how: How, keep: Callable[[str, bytes], object]
) -> None:
    """Many files a request, some requests at a time. `keep` gets each file's verified bytes."""

    def bring(batch: list[str]) -> None:
        left = batch
        for again in reversed(range(_TRIES)):
            try:
                for path, data in source.bundle({path: contents[path] for path in left}):
                    if digest_bytes(data) != contents[path].digest:
                        raise corrupt(path, contents[path])
                    keep(path, data)
                    how.tell(len(data))
                    left = left[1:]
                return
            except (ServerUnreachable, ServerFault):
                if not again:
                    raise

    _in_parallel(bring, list(_batches(contents)), workers=4)


def _batches(contents: Mapping[str, Content]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for path, content in contents.items():
        if batch and (len(batch) >= _TOGETHER or size + content.size > _TOGETHER_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(path)
        size += content.size
    if batch:
        yield batch


def _fill(source: Source, path: str, content: Content, partial: PartialFile, how: How) -> None:
    if partial.prepare():
        reuse.fill_from_older(source, path, content, partial)
    try:
        partial.fill(lambda start, stop: source.read(path, content, start, stop), how.tell)
    except BlobCorrupt as error:
        raise corrupt(path, content) from error


# ---- into the folder ------------------------------------------------------------------------------------------------


def _lay_out(source: Source, contents: Mapping[str, Content], targets: Mapping[str, Path], how: How) -> None:
    if not source.cached():
        _in_parallel(lambda path: _copy(source, path, contents[path], targets[path]), list(contents))
        return
    left = contents
    if not how.skip_cache:
        placed = _in_parallel(lambda path: _place(contents[path], targets[path]), list(contents))
        left = {path: contents[path] for path, there in zip(contents, placed, strict=True) if not there}
    for path in [path for path, content in left.items() if how.is_large(content)]:
        partial = PartialFile(targets[path].with_name(f".{targets[path].name[:80]}.part"), left[path])
        _fill(source, path, left[path], partial, how)
        os.replace(partial.path, targets[path])
    small = {path: content for path, content in left.items() if not how.is_large(content)}
    _bring_small(source, small, how, lambda path, data: write(targets[path], [data]))


def _copy(source: Source, path: str, content: Content, target: Path) -> None:
    write(target, verified(path, content, source.pieces(path, content)))


def _place(content: Content, target: Path) -> bool:
    """From the cache; False if it is not there, or is not what it was."""
    try:
        return local.file_cache().place(content.digest, target)
    except BlobCorrupt:
        return False


def _bring_reference(path: str, entry: Reference, target: Path, allow_missing: bool) -> bool:
    try:
        write(target, references.pieces(path, entry))
    except MuseionError:
        if not allow_missing:
            raise
        return False
    return True


def _in_parallel(call: Callable[[T], R], things: Sequence[T], workers: int = WORKERS) -> list[R]:
    if len(things) < 2:
        return [call(thing) for thing in things]
    with ThreadPoolExecutor(min(workers, len(things)), "museion-download") as pool:
        futures = [pool.submit(call, thing) for thing in things]
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
