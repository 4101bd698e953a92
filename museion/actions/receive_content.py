"""Take a file in as it comes, by clients that know nothing of chunks: cut it, keep it, and know it by all its names.

The bytes go into the same packs as those of our own SDK, and share chunks with them.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from blake3 import blake3

from museion.actions.stores import Stores, scope
from museion.blobs.chunker import ReadInto, chunks, windows
from museion.blobs.pack import TARGET_PACK, build_pack
from museion.blobs.recipe import Recipe, recipe_of
from museion.blobs.store import BlobStore
from museion.catalog.wandb_artifacts import WandbContent
from museion.errors import BlobCorrupt
from museion.model.digest import digest_bytes, from_raw

AT_ONCE = 4
SMALL = 512 << 10
TOGETHER = 48
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
    Small files that come at the same time are written together: they share a pack and its fsync.
    """
    place = scope(entity, project)
    head = _read_up(source, SMALL + 1)
    if len(head) <= SMALL:
        content = _name(head)
        check(content)
        _gathering(stores).store(stores, _Small(lease, place, head, content))
        return content
    with _held(stores, lease, place) as holder, _busy:
        prints = Fingerprints()
        recipe = _store(stores, holder, place, _Tee(head, source, prints).read)
        content = WandbContent(recipe.digest, prints.md5.hexdigest(), prints.xxh128.hexdigest(), recipe.size)
        check(content)
        stores.blobs.add_files(holder, [recipe], place)
        with stores.catalog.transaction() as rows:
            rows.wandb_artifacts.know([content])
    return content


def _read_up(source: Readable, size: int) -> bytes:
    """The first `size` bytes, or all there are."""
    found, got = bytearray(size), 0
    while got < size and (count := source.readinto(memoryview(found)[got:])):
        got += count
    return bytes(found[:got])


def _name(data: bytes) -> WandbContent:
    prints = Fingerprints()
    prints.update(data)
    return WandbContent(digest_bytes(data), prints.md5.hexdigest(), prints.xxh128.hexdigest(), len(data))


# Small files together


@dataclass(slots=True, eq=False)
class _Small:
    """A small file that waits to be written; `error` says why it was not."""

    lease: str | None
    place: str
    data: bytes
    content: WandbContent
    done: bool = False
    error: Exception | None = None


class _Gathering:
    """One writes at a time, and takes along all that wait by then."""

    def __init__(self) -> None:
        self._turn, self._guard = threading.Lock(), threading.Lock()
        self._waiting: list[_Small] = []

    def store(self, stores: Stores, one: _Small) -> None:
        """Return once it is written; raises what kept it from being."""
        with self._guard:
            self._waiting.append(one)
        with self._turn:
            if not one.done:
                self._write_with(stores, one)
        if one.error is not None:
            raise one.error

    def _write_with(self, stores: Stores, one: _Small) -> None:
        with self._guard:
            batch = [w for w in self._waiting if (w.lease, w.place) == (one.lease, one.place)][:TOGETHER]
            if one not in batch:
                batch[-1] = one
            self._waiting = [w for w in self._waiting if w not in batch]
        try:
            _store_small(stores, one.lease, one.place, batch)
        except Exception as error:
            for each in batch:
                each.error = error
        for each in batch:
            each.done = True


_gatherings: WeakKeyDictionary[BlobStore, _Gathering] = WeakKeyDictionary()
_beginning = threading.Lock()


def _gathering(stores: Stores) -> _Gathering:
    """The one of this store."""
    with _beginning:
        return _gatherings.setdefault(stores.blobs, _Gathering())


def _store_small(stores: Stores, lease: str | None, place: str, batch: list[_Small]) -> None:
    """One question for all their chunks, one pack, one answer."""
    pieces: dict[bytes, bytes] = {}
    recipes: dict[str, Recipe] = {}
    for one in batch:
        cut = [one.data[at : at + n] for at, n in chunks(one.data)]
        keys = [blake3(piece).digest() for piece in cut]
        pieces.update(zip(keys, cut, strict=True))
        recipes[one.content.digest] = recipe_of(one.content.digest, zip(keys, map(len, cut), strict=True))
    with _held(stores, lease, place) as holder:
        known = dict(zip(pieces, stores.blobs.have_chunks(holder, list(pieces)), strict=True))
        _send(stores, holder, {key: piece for key, piece in pieces.items() if not known[key]})
        stores.blobs.add_files(holder, list(recipes.values()), place)
    with stores.catalog.transaction() as rows:
        rows.wandb_artifacts.know({one.content.digest: one.content for one in batch}.values())


# Large files, one by one


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


@dataclass(slots=True)
class _Tee:
    """First `head`, then the rest of `source`."""

    head: bytes
    source: Readable
    prints: Fingerprints

    def read(self, buffer: memoryview) -> int:
        count = min(len(buffer), len(self.head))
        buffer[:count] = self.head[:count]
        self.head = self.head[count:]
        count = count or self.source.readinto(buffer) or 0
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
    if not digests - known.keys():
        return known
    for digest in sorted(digests - known.keys()):
        known[digest] = _read_over(stores, digest)
        if known[digest].size > SMALL:
            _keep(stores, [known[digest]])
    _keep(stores, [content for content in known.values() if content.size <= SMALL])
    return known


def _keep(stores: Stores, contents: Collection[WandbContent]) -> None:
    if contents:
        with stores.catalog.transaction() as rows:
            rows.wandb_artifacts.know(contents)


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
