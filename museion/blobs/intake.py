"""How content gets into the staging folder: chunks into segments, then all of it into the ledger at once."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeVar

from blake3 import blake3

from museion.blobs import ledger as books
from museion.blobs.chunker import chunks, windows
from museion.blobs.disk import sync_file, sync_folder
from museion.blobs.ledger import Ledger
from museion.blobs.recipe import Recipe, recipe_of
from museion.blobs.segments import SegmentWriter, Spot
from museion.blobs.source import Identity, Source
from museion.errors import FileChanged
from museion.model.digest import from_raw

Policy = Literal["mutable", "immutable"]
Known = tuple[str, Identity]
T = TypeVar("T")
_TRIES = 3
_AT_ONCE = 8 << 20  # bytes of small files that are in memory together
_SETTLED_NS = 2_000_000_000  # a file changed less than 2 s ago may change again within one tick of its clock


@dataclass(slots=True)
class _Added:
    """A file on its way into the ledger: its recipe, the chunks written for it, and where it came from."""

    recipe: Recipe
    spots: dict[bytes, Spot] = field(default_factory=dict)
    identity: Identity | None = None
    path: Path | None = None  # set when it stays where it lies
    began_ns: int = 0

    @property
    def settled(self) -> bool:
        """Whether a later change would be seen in its times."""
        at = self.identity
        return at is not None and self.began_ns - max(at.mtime, at.ctime) > _SETTLED_NS


@dataclass(slots=True)
class _Cut:
    """Content in memory, cut and hashed."""

    recipe: Recipe
    pieces: list[tuple[bytes, memoryview]]
    identity: Identity | None = None
    began_ns: int = 0


def _cut(data: bytes, identity: Identity | None = None, began_ns: int = 0) -> _Cut:
    view = memoryview(data)
    parts = [view[at : at + length] for at, length in chunks(view)]
    pieces = [(blake3(part).digest(), part) for part in parts]
    digest = pieces[0][0] if len(pieces) == 1 else blake3(data).digest()
    recipe = recipe_of(from_raw(digest), [(key, len(part)) for key, part in pieces])
    return _Cut(recipe, pieces, identity, began_ns)


def _at_once(files: Sequence[Known]) -> Iterator[Sequence[Known]]:
    """Stretches of at most `_AT_ONCE` bytes, or one file."""
    begin = size = 0
    for at, (_, identity) in enumerate(files):
        size += identity.size
        if size > _AT_ONCE and at > begin:
            yield files[begin:at]
            begin, size = at, identity.size
    yield files[begin:]


class Vanished(Exception):
    """Chunks that were staged when we looked were dropped by another process before we were done."""


def again(add: Callable[[bool], T]) -> T:
    """Add; once more if a file changed meanwhile, and without looking for known chunks if these vanish."""
    changed = False
    for attempt in range(2 * _TRIES):
        try:
            return add(attempt < _TRIES)
        except FileChanged:
            if changed:
                raise
            changed = True
        except Vanished:
            continue
    raise AssertionError("without looking for known chunks none can vanish")


class Intake:
    """Adds to one staging folder. Small content shares a segment; a large file has a writer of its own."""

    def __init__(self, folder: Path, ledger: Ledger, clock: Callable[[], float], token: Callable[[], str]) -> None:
        self._folder = folder
        self._ledger = ledger
        self._clock = clock
        self._token = token
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._shared = self._new_writer()
        self._unsynced: set[str] = set()

    def add_bytes(self, data: bytes, holder: str, look: bool) -> Recipe:
        """Stage bytes; `look`: whether to see first what is staged already."""
        with self._small_writer() as writer:
            added = self._stage_bytes(writer, data, look)
            self._commit(writer, [added], holder)
        return added.recipe

    def _new_writer(self) -> SegmentWriter:
        return SegmentWriter(self._folder, self._token)

    def _writer(self) -> SegmentWriter:
        if self._pid != os.getpid():  # after a fork the segment is the parent's
            self._pid, self._shared = os.getpid(), self._new_writer()
        return self._shared

    def add_small(self, files: Sequence[Known], holder: str, look: bool) -> list[Recipe]:
        """Stage regular files that fit into memory, all in one transaction and with few questions to the ledger."""
        with self._small_writer() as writer:
            added = self._stage_small(writer, files, look)
            self._commit(writer, added, holder)
        return [one.recipe for one in added]

    @contextmanager
    def _small_writer(self) -> Iterator[SegmentWriter]:
        """The segment that small content shares. If writing fails, what is half-written is abandoned."""
        with self._lock:
            writer = self._writer()
            try:
                yield writer
            except Vanished:
                raise
            except BaseException:
                self._discard(writer)
                raise

    def _discard(self, writer: SegmentWriter) -> None:
        """Close its segments, and cut off what the ledger does not know of."""
        for path in writer.abandon():
            with self._ledger.read() as db:
                end = books.end_of_segment(db, path.name)
            if end is None:
                path.unlink(missing_ok=True)
            else:
                os.truncate(path, end)

    def _stage_small(self, writer: SegmentWriter, files: Sequence[Known], look: bool) -> list[_Added]:
        remembered = self._all_remembered([identity for _, identity in files])
        written: dict[bytes, Spot] = {}
        added: list[_Added] = []
        for some in _at_once(files):
            cut = [remembered.get(identity) or self._cut_file(path, identity) for path, identity in some]
            keys = [key for one in cut if isinstance(one, _Cut) for key, _ in one.pieces]
            known = self._staged_already(keys) if look else {}
            added += [one if isinstance(one, _Added) else self._write_cut(writer, one, known, written) for one in cut]
        return added

    def _cut_file(self, path: str, identity: Identity) -> _Cut:
        began = self._now_ns()
        with Source(path, known=identity) as source:
            data = source.read_all()
            source.check_unchanged(len(data))
            return _cut(data, source.identity, began)

    @staticmethod
    def _write_cut(writer: SegmentWriter, cut: _Cut, known: Collection[bytes], written: dict[bytes, Spot]) -> _Added:
        spots: dict[bytes, Spot] = {}
        for key, data in cut.pieces:
            if key not in known and key not in written:
                spots[key] = written[key] = writer.add(key, data)
        return _Added(cut.recipe, spots, cut.identity, None, cut.began_ns)

    def _staged_already(self, keys: list[bytes]) -> dict[bytes, Spot]:
        with self._ledger.read() as db:
            return books.find_chunks(db, keys)

    def _stage_bytes(self, writer: SegmentWriter, data: bytes, look: bool) -> _Added:
        cut = _cut(data)
        known = self._staged_already([key for key, _ in cut.pieces]) if look else {}
        return self._write_cut(writer, cut, known, {})

    def add_alone(self, path: str, policy: Policy, holder: str, look: bool) -> Recipe:
        """A large file, or one that stays in place: it has a writer of its own, so that others need not wait for it."""
        began = self._now_ns()
        with Source(path) as source:
            if known := self._remembered(source.identity, in_place=policy == "immutable"):
                added = _Added(known, identity=source.identity, began_ns=began)
                added.path = Path(path).absolute() if policy == "immutable" else None
                self._commit(None, [added], holder)
                return known
            writer = self._new_writer() if policy == "mutable" else None
            try:
                added = self._stream(source, writer, look)
                added.identity, added.began_ns = source.identity, began
                added.path = None if writer else Path(path).absolute()
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
        with closing(windows(source.read_into, whole)) as stretches:  # its thread ends before the file is closed
            for window in stretches:
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
        known: Collection[bytes] = self._staged_already([key for key, _ in pieces]) if look else ()
        spots: dict[bytes, Spot] = {}
        for key, data in pieces:
            if key not in known and key not in written and key not in spots:
                spots[key] = writer.add(key, data)
        return spots

    def _commit(self, writer: SegmentWriter | None, added: Sequence[_Added], holder: str) -> None:
        """Enter it all in one transaction: from here on it is staged."""
        now = self._clock()
        names = {spot.segment for one in added for spot in one.spots.values()}
        if writer:
            writer.flush()
        with self._ledger.write() as db:
            if writer:
                books.keep_segments(db, names, writer.sealed)
            written = {key: spot for one in added for key, spot in one.spots.items()}
            mine = books.keep_chunks(db, written) == len(written)  # else others wrote some of them meanwhile
            self._enter(db, added, written if mine else {}, holder, now)
        if writer:
            self._unsynced |= names
            writer.let_go()

    def _enter(
        self, db: sqlite3.Connection, added: Sequence[_Added], entered: dict[bytes, Spot], holder: str, now: float
    ) -> None:
        needed = [(one.recipe.digest, one.recipe.hashes()) for one in added if one.path is None]
        found = entered | books.find_chunks(db, (key for _, keys in needed for key in keys if key not in entered))
        segments: dict[str, set[str]] = {}
        for digest, keys in needed:
            if not all(key in found for key in keys):
                raise Vanished
            segments[digest] = {found[key].segment for key in keys}
        for one in added:
            if one.path is not None and one.identity:
                books.keep_source(db, one.recipe.digest, one.path, one.identity)
        books.keep_files(db, [one.recipe for one in added], segments, now)
        books.hold(db, [one.recipe.digest for one in added], holder)
        books.keep_stats(db, [(one.identity, one.recipe.digest) for one in added if one.identity and one.settled])

    def _remembered(self, identity: Identity, in_place: bool) -> Recipe | None:
        """The recipe of a file that did not change since it was added, if its content needs no second reading."""
        with self._ledger.read() as db:
            digest = books.find_stats(db, [identity]).get(identity)
            recipe = books.find_recipe(db, digest) if digest else None
            return recipe if recipe and (in_place or books.has_bytes(db, recipe)) else None

    def _all_remembered(self, identities: list[Identity]) -> dict[Identity, _Added]:
        """The same for many whose content must be staged."""
        with self._ledger.read() as db:
            digests = books.find_stats(db, identities)
            recipes = books.find_recipes(db, digests.values())
            staged = books.find_chunks(db, (key for recipe in recipes.values() for key in recipe.hashes()))
        whole = {digest: recipe for digest, recipe in recipes.items() if staged.keys() >= set(recipe.hashes())}
        return {identity: _Added(whole[digest]) for identity, digest in digests.items() if digest in whole}

    def sync(self) -> None:
        """Wait until the disk has the bytes of all that was added here."""
        while self._unsynced:
            sync_file(self._folder / self._unsynced.pop())
        if self._folder.is_dir():
            sync_folder(self._folder)

    def close(self) -> None:
        """Finish the pack in progress."""
        with self._lock:
            writer = self._writer()
            writer.seal()
            with self._ledger.write() as db:
                books.keep_segments(db, [], writer.sealed)
            writer.let_go()

    def _now_ns(self) -> int:
        return int(self._clock() * 1e9)
