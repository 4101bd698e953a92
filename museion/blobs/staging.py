"""Content that was added on this machine and is not known to a server yet.

The staged copy is in packs already (`segments.py`), so nothing is copied twice and full ones are sent as they are.
When `add_*` returns, the content survives the death of the process; `sync()` makes it survive that of the machine.
The training process adds while the uploader reads and drops, in one folder.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from blake3 import blake3

from museion.blobs import ledger as books
from museion.blobs.chunker import WINDOW, chunks, windows
from museion.blobs.disk import sync_folder
from museion.blobs.ledger import Ledger
from museion.blobs.outgoing import pack_bodies
from museion.blobs.recipe import Recipe, recipe_of
from museion.blobs.segments import SegmentWriter, Spot, is_live
from museion.blobs.source import Identity, Source
from museion.blobs.staged import StagedReader
from museion.errors import FileChanged, ValueInvalid
from museion.model.digest import from_raw

Policy = Literal["mutable", "immutable"]
Known = Callable[[list[bytes]], list[bool]]
REMEMBERED = 30 * 86_400.0
_TRIES = 3
_GROUP_FILES = 256
_GROUP_BYTES = 8 << 20
_SETTLED_NS = 2_000_000_000  # a file changed less than 2 s ago may change again within one tick of its clock


@dataclass(slots=True)
class _Added:
    """A file on its way into the ledger: its recipe, the chunks written for it, and where it came from."""

    recipe: Recipe
    spots: dict[bytes, Spot] = field(default_factory=dict)
    identity: Identity | None = None
    path: Path | None = None  # set when it stays where it lies
    began_ns: int = 0


class _Vanished(Exception):
    """Chunks that were staged when we looked were dropped by another process before we were done."""


class Staging:
    """The folder of staged content. `holder` says for whom content is kept, unless a call says it: a run's id.

    Threads may share one; processes open their own over the same folder.
    """

    def __init__(
        self,
        root: Path,
        holder: str = "",
        *,
        clock: Callable[[], float] = time.time,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._folder = root / "packs"
        self._root = root
        self._holder = holder
        self._clock = clock
        self._token = token
        self._ledger = Ledger(root / "staging.db")
        self._reader = StagedReader(self._folder, self._ledger)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._shared = self._new_writer()

    def add_file(
        self, path: str | os.PathLike[str], policy: Policy = "mutable", *, holder: str | None = None
    ) -> Recipe:
        """Take a snapshot of a file; with "immutable" only note where it lies, and read it again when it is sent.

        Raises FileMissing, Denied, ValueInvalid (not a regular file), FileChanged (written to meanwhile, twice), and
        StorageFull; nothing of it is staged then.
        """
        return self.add_files([path], policy, holder=holder)[0]

    def add_files(
        self, paths: Iterable[str | os.PathLike[str]], policy: Policy = "mutable", *, holder: str | None = None
    ) -> list[Recipe]:
        """Add many files: as `add_file`, faster. If one fails, those before it may have been added."""
        if policy not in ("mutable", "immutable"):
            raise ValueInvalid(f"The policy is {policy!r}.", advice='Use "mutable" or "immutable".')
        done: list[Recipe] = []
        group: list[Path] = []
        size = 0
        for path in map(Path, paths):
            group.append(path)
            size += _size(path)
            if len(group) >= _GROUP_FILES or size >= _GROUP_BYTES:
                done += self._persist(group, policy, self._held_for(holder))
                group, size = [], 0
        return done + self._persist(group, policy, self._held_for(holder))

    def add_bytes(self, data: bytes, *, holder: str | None = None) -> Recipe:
        """Stage bytes in memory; raises StorageFull."""
        for attempt in range(_TRIES):
            try:
                with self._small_writer() as writer:
                    added = self._stage_bytes(writer, data, look=attempt == 0)
                    self._commit(writer, [added], self._held_for(holder))
                return added.recipe
            except _Vanished:
                continue
        raise AssertionError("without looking for known chunks none can vanish")

    def recipe(self, digest: str) -> Recipe | None:
        """How staged content is put together; None if it is not staged."""
        with self._ledger.read() as db:
            return books.find_recipe(db, digest) if books.is_held(db, digest) else None

    def has(self, digest: str) -> bool:
        """Whether content is staged."""
        with self._ledger.read() as db:
            return books.is_held(db, digest)

    def open(self, digest: str) -> Iterator[bytes]:
        """Staged content in pieces of at most 1 MiB, each verified; raises BlobNotFound, BlobCorrupt, FileChanged."""
        recipe = self._reader.recipe(digest)
        return (data for _, data in self._reader.read(recipe))

    def read(self, recipe: Recipe, wanted: Collection[bytes]) -> Iterator[tuple[bytes, bytes]]:
        """Each wanted chunk of a file, once, verified, with its content."""
        return self._reader.read(recipe, set(wanted))

    def pack_bodies(self, recipes: Iterable[Recipe], known: Known) -> Iterator[bytes | Path]:
        """Packs of at most 32 MiB with those chunks of `recipes` that `known` does not know, asked in batches.

        A Path is a pack file that can be sent as it is; it stays while its content is held.
        """
        return pack_bodies(self._reader, self._folder, recipes, known)

    def packs(self) -> Iterator[Path]:
        """The staged pack files that are complete."""
        with self._ledger.read() as db:
            names = sorted(books.segment_names(db))
            whole = [name for name in names if books.sealed_segment(db, name)]
        yield from (self._folder / name for name in whole)

    def drop(self, digests: Iterable[str], *, holder: str | None = None) -> int:
        """The server has acknowledged these: one reason less to keep each. Gives the bytes freed on disk.

        Call it once for each time they were added and sent, after having noted the acknowledgement; a drop that was
        lost in a crash is made good by `release`.
        """
        with self._ledger.write() as db:
            books.let_go(db, list(digests), self._held_for(holder))
        return self._reclaim()

    def release(self, holder: str) -> int:
        """Everything of this holder was sent, or is not wanted any more. Gives the bytes freed on disk."""
        with self._ledger.write() as db:
            books.let_go_of_all(db, holder)
        return self._reclaim()

    def sweep(self, live: Collection[str]) -> int:
        """Keep only what is held for `live`; clear away what dead writers left. Gives the bytes freed on disk."""
        with self._ledger.write() as db:
            for holder in books.holders(db) - set(live):
                books.let_go_of_all(db, holder)
            books.forget_old(db, self._clock() - REMEMBERED)
        return self._reclaim() + self._clear_orphans()

    def sync(self) -> None:
        """Wait until the disk has all that was added here."""
        with self._lock:
            self._writer().sync()
            if self._folder.is_dir():
                sync_folder(self._folder)
        self._ledger.sync()

    def close(self) -> None:
        """Finish the pack in progress."""
        with self._lock:
            writer = self._writer()
            writer.seal()
            self._enter_sealed(writer)
        self._ledger.close()

    def _held_for(self, holder: str | None) -> str:
        return self._holder if holder is None else holder

    def _new_writer(self) -> SegmentWriter:
        return SegmentWriter(self._folder, self._token)

    def _writer(self) -> SegmentWriter:
        if self._pid != os.getpid():  # after a fork the segment is the parent's
            self._pid, self._shared = os.getpid(), self._new_writer()
        return self._shared

    def _persist(self, paths: Sequence[Path], policy: Policy, holder: str) -> list[Recipe]:
        """Add a group; again if a file changed meanwhile (once) or if chunks vanished."""
        changed = False
        for attempt in range(2 * _TRIES):
            try:
                return self._add_group(paths, policy, holder, look=attempt < _TRIES) if paths else []
            except FileChanged:
                if changed:
                    raise
                changed = True
            except _Vanished:
                continue
        raise AssertionError("without looking for known chunks none can vanish")

    def _add_group(self, paths: Sequence[Path], policy: Policy, holder: str, look: bool) -> list[Recipe]:
        if policy == "immutable" or _size(paths[-1]) >= WINDOW:
            done = self._add_group(paths[:-1], policy, holder, look) if len(paths) > 1 else []
            return [*done, self._add_alone(paths[-1], policy, holder, look)]
        with self._small_writer() as writer:
            added = [self._stage_small(writer, path, look) for path in paths]
            self._commit(writer, added, holder)
        return [one.recipe for one in added]

    @contextmanager
    def _small_writer(self) -> Iterator[SegmentWriter]:
        """The segment that small content shares. If writing fails, what is half-written is abandoned."""
        with self._lock:
            writer = self._writer()
            try:
                yield writer
            except _Vanished:
                raise
            except BaseException:
                self._discard(writer)
                raise

    def _discard(self, writer: SegmentWriter) -> None:
        """Close its segments, and delete those of which the ledger knows nothing."""
        paths = writer.abandon()
        with self._ledger.read() as db:
            known = books.segment_names(db)
        for path in paths:
            if path.name not in known:
                path.unlink(missing_ok=True)

    def _stage_small(self, writer: SegmentWriter, path: Path, look: bool) -> _Added:
        began = self._now_ns()
        with Source(path) as source:
            if known := self._remembered(source.identity, in_place=False):
                return _Added(known)
            data = source.read_all()
            source.check_unchanged(len(data))
            added = self._stage_bytes(writer, data, look)
            added.identity, added.began_ns = source.identity, began
        return added

    def _stage_bytes(self, writer: SegmentWriter, data: bytes, look: bool) -> _Added:
        view = memoryview(data)
        cuts = chunks(view)
        order = [(blake3(view[at : at + length]).digest(), length) for at, length in cuts]
        pieces = [(key, view[at : at + length]) for (key, length), (at, _) in zip(order, cuts, strict=True)]
        digest = order[0][0] if len(order) == 1 else blake3(data).digest()
        spots = self._append(writer, pieces, {}, look)
        writer.flush()
        return _Added(recipe_of(from_raw(digest), order), spots)

    def _add_alone(self, path: Path, policy: Policy, holder: str, look: bool) -> Recipe:
        """A large file, or one that stays in place: it has a writer of its own, so that others need not wait for it."""
        began = self._now_ns()
        with Source(path) as source:
            if known := self._remembered(source.identity, in_place=policy == "immutable"):
                added = _Added(known, identity=source.identity, began_ns=began)
                added.path = path.absolute() if policy == "immutable" else None
                self._commit(None, [added], holder)
                return known
            writer = self._new_writer() if policy == "mutable" else None
            try:
                added = self._stream(source, writer, look)
                added.identity, added.began_ns = source.identity, began
                added.path = None if writer else path.absolute()
                if writer:
                    writer.seal()
                self._commit(writer, [added], holder)
            except BaseException:
                if writer:
                    self._discard(writer)
                raise
        return added.recipe

    def _stream(self, source: Source, writer: SegmentWriter | None, look: bool) -> _Added:
        whole, order, spots = blake3(), list[tuple[bytes, int]](), dict[bytes, Spot]()
        for window in windows(source.read_into, whole):
            pieces = [window.view[at : at + length] for at, length in window.cuts]
            keyed = [(blake3(piece).digest(), piece) for piece in pieces]
            order += [(key, len(piece)) for key, piece in keyed]
            if writer:
                spots |= self._append(writer, keyed, spots, look)
                writer.flush()
        source.check_unchanged(sum(length for _, length in order))
        return _Added(recipe_of(from_raw(whole.digest()), order), spots)

    def _append(
        self, writer: SegmentWriter, pieces: list[tuple[bytes, memoryview]], written: dict[bytes, Spot], look: bool
    ) -> dict[bytes, Spot]:
        """Write what is neither staged nor written before; with `look` off, whatever may be staged is written again."""
        known: Collection[bytes] = ()
        if look:
            with self._ledger.read() as db:
                known = books.find_chunks(db, [key for key, _ in pieces])
        spots: dict[bytes, Spot] = {}
        for key, data in pieces:
            if key not in known and key not in written and key not in spots:
                spots[key] = writer.add(key, data)
        return spots

    def _commit(self, writer: SegmentWriter | None, added: Sequence[_Added], holder: str) -> None:
        """Enter it all in one transaction: from here on it is staged."""
        now = self._clock()
        with self._ledger.write() as db:
            if writer:
                names = {spot.segment for one in added for spot in one.spots.values()}
                books.keep_segments(db, names, writer.sealed)
            for one in added:
                books.keep_chunks(db, one.spots)
            for one in added:
                self._enter(db, one, holder, now)
        if writer:
            writer.let_go()

    def _enter(self, db: books.sqlite3.Connection, one: _Added, holder: str, now: float) -> None:
        segments: set[str] = set()
        if one.path is None:
            found = books.find_chunks(db, one.recipe.hashes())
            if len(found) != len(set(one.recipe.hashes())):
                raise _Vanished
            segments = {spot.segment for spot in found.values()}
        elif one.identity:
            books.keep_source(db, one.recipe.digest, one.path, one.identity)
        books.keep_file(db, one.recipe, segments, now)
        books.hold(db, one.recipe.digest, holder)
        settled = one.identity and one.began_ns - max(one.identity.mtime, one.identity.ctime) > _SETTLED_NS
        if one.identity and settled:
            books.keep_stat(db, one.identity, one.recipe.digest)

    def _remembered(self, identity: Identity, in_place: bool) -> Recipe | None:
        """The recipe of a file that did not change since it was added, if its content needs no second reading."""
        with self._ledger.read() as db:
            digest = books.find_stat(db, identity)
            recipe = books.find_recipe(db, digest) if digest else None
            return recipe if recipe and (in_place or books.has_bytes(db, recipe)) else None

    def _enter_sealed(self, writer: SegmentWriter) -> None:
        with self._ledger.write() as db:
            books.keep_segments(db, [], writer.sealed)
        writer.let_go()

    def _reclaim(self) -> int:
        """Delete segments that no file needs and no live writer holds."""
        with self._ledger.write() as db:
            names = [name for name in books.unneeded_segments(db) if not is_live(self._folder / name)]
            for name in names:
                books.forget_segment(db, name)
        return sum(_unlink(self._folder / name) for name in names)

    def _clear_orphans(self) -> int:
        """Files of writers that died before the ledger heard of them."""
        if not self._folder.is_dir():
            return 0
        files = {path.name: path for path in self._folder.iterdir() if not is_live(path)}
        with self._ledger.read() as db:  # after the files, so that one that was just entered is seen
            known = books.segment_names(db)
        return sum(_unlink(path) for name, path in files.items() if name not in known)

    def _now_ns(self) -> int:
        return int(self._clock() * 1e9)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # whoever opens it says what is wrong


def _unlink(path: Path) -> int:
    size = _size(path)
    path.unlink(missing_ok=True)
    return size
