"""Take a file in as it comes, by clients that know nothing of chunks: cut it, keep it, and know it by all its names.

The bytes go into the same packs as those of our own SDK, and share chunks with them.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from blake3 import blake3

from museion.actions.stores import Stores, scope
from museion.blobs.chunker import ReadInto, windows
from museion.blobs.pack import TARGET_PACK, build_pack
from museion.blobs.recipe import Recipe, recipe_of
from museion.catalog.wandb_artifacts import WandbContent
from museion.errors import BlobCorrupt
from museion.model.digest import from_raw

AT_ONCE = 4
LEASE_SECONDS = 3600.0
_busy = threading.BoundedSemaphore(AT_ONCE)
"""How many large files are cut at the same time: each takes up to two packs of memory."""


class Readable(Protocol):
    """Something that fills a buffer, as files do."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


@dataclass(slots=True)
class Fingerprints:
    """MD5 and XXH128 of what passes by."""

    md5: Any = field(default_factory=lambda: hashlib.md5(usedforsecurity=False))
    xxh128: Any = field(default_factory=lambda: _xxh128())

    def update(self, data: bytes | memoryview) -> None:
        self.md5.update(data)
        self.xxh128.update(data)


def _xxh128() -> Any:
    import xxhash

    return xxhash.xxh128()


Check = Callable[[WandbContent], None]
"""Raises if the content is not what was announced; nothing has a name by then."""


def receive_content(
    stores: Stores,
    entity: str,
    project: str,
    source: Readable,
    *,
    lease: str | None = None,
    check: Check = lambda content: None,
) -> WandbContent:
    """Store all of `source` for the project, under `lease` or one of its own, and say what it is called.

    `check` sees the digests before anything can be found under them. Raises BlobCorrupt if `check` does, StorageFull.
    """
    place = scope(entity, project)
    with _held(stores, lease, place) as holder, _busy:
        prints = Fingerprints()
        recipe = _store(stores, holder, place, _Tee(source, prints).read)
        content = WandbContent(recipe.digest, prints.md5.hexdigest(), prints.xxh128.hexdigest(), recipe.size)
        check(content)
        stores.blobs.add_files(holder, [recipe], place)
        with stores.catalog.transaction() as rows:
            rows.wandb_artifacts.know([content])
    return content


@contextmanager
def _held(stores: Stores, lease: str | None, place: str) -> Iterator[str]:
    if lease is not None:
        yield lease
        return
    own = stores.blobs.lease(LEASE_SECONDS, place)
    try:
        yield own
    finally:
        stores.blobs.release(own)


@dataclass(frozen=True, slots=True)
class _Tee:
    source: Readable
    prints: Fingerprints

    def read(self, buffer: memoryview) -> int:
        count = self.source.readinto(buffer) or 0
        self.prints.update(buffer[:count])
        return count


def _store(stores: Stores, lease: str, place: str, read: ReadInto) -> Recipe:
    """Send the chunks that are not there into packs; returns how they make the file."""
    whole = blake3()
    order: list[tuple[bytes, int]] = []
    fresh: dict[bytes, bytes] = {}
    for window in windows(read, whole):
        keys = [blake3(window.view[at : at + n]).digest() for at, n in window.cuts]
        pieces = dict(zip(keys, window.cuts, strict=True))
        order.extend((key, n) for key, (_, n) in zip(keys, window.cuts, strict=True))
        wanted = [key for key in pieces if key not in fresh]
        for key, there in zip(wanted, stores.blobs.have_chunks(lease, wanted), strict=True):
            if not there:
                at, n = pieces[key]
                fresh[key] = bytes(window.view[at : at + n])
        if sum(map(len, fresh.values())) >= TARGET_PACK:
            _send(stores, lease, fresh)
    _send(stores, lease, fresh)
    return recipe_of(from_raw(whole.digest()), order)


def _send(stores: Stores, lease: str, fresh: dict[bytes, bytes]) -> None:
    if fresh:
        stores.blobs.add_pack(lease, build_pack(fresh.items()))
        fresh.clear()


def fingerprints(stores: Stores, digests: set[str]) -> dict[str, WandbContent]:
    """W&B's names of contents that are here; what came by another door is read once to know them."""
    with stores.catalog.reading() as rows:
        known = rows.wandb_artifacts.contents(sorted(digests))
    fresh = [_read_over(stores, digest) for digest in sorted(digests - known.keys())]
    if fresh:
        with stores.catalog.transaction() as rows:
            rows.wandb_artifacts.know(fresh)
    return known | {content.digest: content for content in fresh}


def _read_over(stores: Stores, digest: str) -> WandbContent:
    prints, size = Fingerprints(), 0
    for piece in stores.blobs.open(digest):
        prints.update(piece)
        size += len(piece)
    return WandbContent(digest, prints.md5.hexdigest(), prints.xxh128.hexdigest(), size)


def same_md5(expected: str) -> Check:
    """A check that the content has this MD5 (hex)."""

    def check(content: WandbContent) -> None:
        if content.md5 != expected:
            raise BlobCorrupt(f"The bytes have the MD5 {content.md5}, not {expected}.", advice="Send them again.")

    return check
