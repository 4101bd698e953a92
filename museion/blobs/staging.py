"""Content that was added on this machine and is not known to a server yet.

The staged copy is in packs already (`segments.py`), so nothing is copied twice and full ones are sent as they are.
When `add_*` returns, the content survives the death of the process; `sync()` makes it survive that of the machine.
The training process adds while the uploader reads and drops, in one folder.
"""

from __future__ import annotations

import os
import secrets
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path

from museion.blobs import ledger as books
from museion.blobs.chunker import WINDOW
from museion.blobs.intake import Intake, Policy, again
from museion.blobs.intake import Known as Found
from museion.blobs.ledger import Ledger
from museion.blobs.outgoing import pack_bodies
from museion.blobs.recipe import Recipe
from museion.blobs.segments import locked
from museion.blobs.source import Identity
from museion.blobs.staged import StagedReader
from museion.errors import ValueInvalid

Known = Callable[[list[bytes]], list[bool]]
REMEMBERED = 30 * 86_400.0
_GROUP_FILES = 2048
_GROUP_BYTES = 32 << 20
NOTHING = Identity(0, 0, 0, 0, 0)


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
        self._holder = holder
        self._clock = clock
        self._ledger = Ledger(root / "staging.db")
        self._reader = StagedReader(self._folder, self._ledger)
        self._intake = Intake(self._folder, self._ledger, clock, token)

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
        keep = self._held_for(holder)
        done: list[Recipe] = []
        for group, alone in _groups((os.fspath(path) for path in paths), policy):
            if alone:
                done.append(again(partial(self._intake.add_alone, group[0][0], policy, keep)))
            else:
                done += again(partial(self._intake.add_small, group, keep))
        return done

    def add_bytes(self, data: bytes, *, holder: str | None = None) -> Recipe:
        """Stage bytes in memory; raises StorageFull."""
        return again(partial(self._intake.add_bytes, data, self._held_for(holder)))

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
            whole = [name for name in names if books.is_sealed(db, name)]
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

    def size(self) -> int:
        """Bytes that the staged packs take on the disk."""
        paths = self._folder.iterdir() if self._folder.is_dir() else ()
        return sum(found.size for path in paths if (found := _regular(path)))

    def sync(self) -> None:
        """Wait until the disk has all that was added here."""
        self._intake.sync()
        self._ledger.sync()

    def close(self) -> None:
        """Finish the pack in progress, and give back what of it nobody needs any more."""
        self._intake.close()
        self._reclaim()
        self._ledger.close()

    def _held_for(self, holder: str | None) -> str:
        return self._holder if holder is None else holder

    def _reclaim(self) -> int:
        """Delete segments that no file needs and no live writer holds."""
        gone: list[str] = []
        with self._ledger.write() as db:
            for name in books.unneeded_segments(db):
                with locked(self._folder / name) as free:
                    if free:
                        books.forget_segment(db, name)
                        gone.append(name)
        return sum(_unlink(self._folder / name) for name in gone)

    def _clear_orphans(self) -> int:
        """Delete files of writers that died before the ledger heard of them."""
        freed = 0
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            with locked(path) as free, self._ledger.read() as db:
                if free and path.name not in books.segment_names(db):
                    freed += _unlink(path)
        return freed


def _groups(paths: Iterable[str], policy: Policy) -> Iterator[tuple[list[Found], bool]]:
    """Small regular files in groups that are entered together; any other, or one that stays in place, alone."""
    group: list[Found] = []
    size = 0
    for path in paths:
        found = _regular(path)
        if policy == "immutable" or found is None or found.size >= WINDOW:
            yield [(path, found or NOTHING)], True
            continue
        group.append((path, found))
        size += found.size
        if len(group) >= _GROUP_FILES or size >= _GROUP_BYTES:
            yield group, False
            group, size = [], 0
    if group:
        yield group, False


def _regular(path: str | Path) -> Identity | None:
    """What is at `path`; None for all that is no regular file: whoever opens it says what is wrong."""
    try:
        info = os.stat(path)
    except OSError:
        return None
    return Identity.of(info) if stat.S_ISREG(info.st_mode) else None


def _unlink(path: Path) -> int:
    found = _regular(path)
    size = found.size if found else 0
    path.unlink(missing_ok=True)
    return size
