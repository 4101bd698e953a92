"""Taking packs and recipes in: nothing is believed, and nothing is visible before it lasts.

Order, so that a crash at any point loses nothing that was acknowledged and shows nothing that was not: the pack's row
and pin → its bytes under a temporary name → fsync → rename → fsync of the folder → its chunks' rows → the answer.
The row comes first, so that a sweep which has just deleted an older pack of the same id does not take the new file.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from blake3 import blake3
from sqlalchemy import Connection, delete, literal, select, update

from museion.blobs import tables
from museion.blobs.chunker import chunks
from museion.blobs.direct import Offer, offer, taken
from museion.blobs.disk import PIECE, Ahead, roomy, write_all
from museion.blobs.index import (
    ANNOUNCED,
    STORED,
    Index,
    Lease,
    Place,
    check_lease,
    claimed,
    close_leases,
    files_in_scope,
    find_chunks,
    insert_new,
    open_lease,
    pin_packs,
    scope_number,
    sound_files,
    touch_files,
    use_lease,
)
from museion.blobs.pack import MAX_PACK, Entry, Footer, build_pack, pread_of, read_footer, verify_pack
from museion.blobs.packs import Packs
from museion.blobs.quota import check_quota
from museion.blobs.read import Reader
from museion.blobs.recipe import EMPTY, Recipe, check_recipe, recipe_of
from museion.errors import BlobCorrupt, BlobsMissing, MuseionError, NotFound, TooLarge
from museion.model.digest import digest_bytes, to_raw

PUT_SECONDS = 3600.0
Put = Callable[[str, Path, int], None]
_STAGED = re.compile(r"[0-9]+-[0-9a-zA-Z]+")


@contextmanager
def _lent(folder: Path, name: str, temporary: Path) -> Iterator[int]:
    """The file `name` of `folder`, open and under a second name `temporary`, which is gone afterwards."""
    refused = NotFound(f"There is no staged pack {name[:80]!r} to take over.", advice="Send its bytes.")
    if not _STAGED.fullmatch(name):
        raise refused
    try:
        home = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        raise refused from None
    try:
        fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=home)
    except OSError:
        os.close(home)
        raise refused from None
    try:
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode) or info.st_uid != os.geteuid():
            raise refused
        os.link(name, temporary, src_dir_fd=home, follow_symlinks=False)
        if not os.path.samestat(os.lstat(temporary), info):
            raise refused
        yield fd
    except OSError as error:
        if isinstance(error, MuseionError):
            raise
        raise refused from error  # another disk, a file system without links, or gone meanwhile
    finally:
        os.close(fd)
        os.close(home)
        temporary.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class PackReceipt:
    """A pack is stored: its id, its size in bytes, how many chunks it has and how many of them were new."""

    pack: str
    size: int
    chunks: int
    new: int


class Incoming:
    """A pack on its way in: `write` its bytes, then `store` it."""

    def __init__(self, path: Path, fd: int, take: Callable[[int], PackReceipt]) -> None:
        self._path = path
        self._fd = fd
        self._take = take
        self._size = 0

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """The next bytes; raises TooLarge, StorageFull."""
        self._size += len(piece)
        if self._size > MAX_PACK:
            raise TooLarge(f"A pack may have {MAX_PACK:,} bytes, this one has more.", limit=MAX_PACK)
        with roomy(self._path):
            write_all(self._fd, piece)

    def store(self) -> PackReceipt:
        """All of it came; raises PackCorrupt, StorageFull."""
        return self._take(self._size)


class Ingest:
    """The store's two doors for bytes from outside."""

    def __init__(
        self, root: Path, packs: Packs, index: Index, clock: Callable[[], float], token: Callable[[], str]
    ) -> None:
        self._root = root
        self._packs = packs
        self._index = index
        self._reader = Reader(packs, index)
        self._clock = clock
        self._token = token

    def add_pack(self, lease: str, body: BinaryIO | bytes) -> PackReceipt:
        """Store a pack; raises PackCorrupt, TooLarge or StorageFull, and then nothing of it is there."""
        with self.receive(lease) as incoming:
            for piece in [body] if isinstance(body, bytes) else iter(lambda: body.read(PIECE), b""):
                incoming.write(piece)
            return incoming.store()

    @contextmanager
    def receive(self, lease: str) -> Iterator[Incoming]:
        """A pack that comes piece by piece, straight into its file; raises NotFound for the lease."""
        with self._index.read() as conn:
            check_lease(conn, lease, self._clock())
        with self._temporary() as (path, fd):
            yield Incoming(path, fd, lambda size: self._take(lease, path, fd, size))

    def adopt(self, lease: str, folder: Path, name: str) -> PackReceipt:
        """Take the file `name` of `folder` over as a pack, without a copy: by a second name for it.

        It is opened without following links, must be a plain file of ours on the same disk, and is hashed like any
        other. Raises NotFound if it is not that, and PackCorrupt.
        """
        with self._index.read() as conn:
            check_lease(conn, lease, self._clock())
        temporary = self._root / "tmp" / f"{self._token()}.tmp"
        with _lent(folder, name, temporary) as fd:
            size = os.fstat(fd).st_size
            if size > MAX_PACK:
                raise TooLarge(f"A pack may have {MAX_PACK:,} bytes, this one has {size:,}.", limit=MAX_PACK)
            return self._take(lease, temporary, fd, size)

    def offer(self, lease: str) -> Offer:
        """A URL to send a pack straight into the bucket by; raises NotFound if there is no such way, or no lease."""
        now = self._clock()
        with self._index.write() as conn:
            use_lease(conn, lease, now)
        return offer(self._packs, lease, self._token(), now)

    def take_direct(self, lease: str, name: str) -> PackReceipt:
        """As `add_pack`, for what came under an offer's name; NotFound if nothing did: then send it."""
        with self._index.read() as conn:
            check_lease(conn, lease, self._clock())
        with self._temporary() as (path, fd), roomy(path), taken(self._packs, lease, name, self._token(), fd) as settle:
            return self._take(lease, path, fd, os.fstat(fd).st_size, settle)

    def _take(self, lease: str, path: Path, fd: int, size: int, put: Put | None = None) -> PackReceipt:
        """Verify what lies at `path`, then store (by `put`, if it is not to come from there) and index it."""
        footer = read_footer(lambda offset, length: os.pread(fd, length, offset), size)
        verify_pack(Ahead(fd).read, footer)
        with self._index.write() as conn:
            now = self._clock()
            new = _announce(conn, use_lease(conn, lease, now), footer, now)
        if new:
            (put or self._packs.put)(footer.id, path, fd)
            with self._index.write() as conn:
                now = self._clock()
                _show(conn, use_lease(conn, lease, now), footer, now)
        return PackReceipt(footer.id, size, len(footer.entries), new)

    def put(self, data: bytes, scope: str) -> str:
        """Store bytes made on this side, at most one pack of them, with a lease that lasts as long as the call."""
        whole = memoryview(data)
        cuts = {blake3(piece).digest(): piece for piece in (whole[at : at + n] for at, n in chunks(data))}
        order = [(blake3(whole[at : at + n]).digest(), n) for at, n in chunks(data)]
        recipe = recipe_of(digest_bytes(data), order)
        pack = build_pack(cuts.items()) if cuts else b""
        footer = read_footer(pread_of(pack), len(pack)) if pack else None
        name, now = self._token(), self._clock()
        with self._index.write() as conn:
            holder = open_lease(conn, name, PUT_SECONDS, scope, now)
            new = _announce(conn, holder, footer, now) if footer else 0
        if new and footer:
            with self._temporary() as (path, fd):
                with roomy(path):
                    write_all(fd, pack)
                self._packs.put(footer.id, path, fd)
        with self._index.write() as conn:
            holder = use_lease(conn, name, now)
            if new and footer:
                _show(conn, holder, footer, now)
            _add_files(conn, [recipe], _places(conn, holder, [recipe], holder.scope, now), now)
            _allow(conn, holder, [recipe], holder.scope, now)
            close_leases(conn, [name])
        return recipe.digest

    @contextmanager
    def _temporary(self) -> Iterator[tuple[Path, int]]:
        path = self._root / "tmp" / f"{self._token()}.tmp"
        with roomy(path):
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            yield path, fd
        finally:
            os.close(fd)
            path.unlink(missing_ok=True)

    def add_files(self, lease: str, recipes: Sequence[Recipe], scope: str) -> None:
        """Give recipes their files, all or none; raises BlobsMissing, BlobCorrupt, ValueInvalid."""
        wanted = {recipe.digest: check_recipe(recipe) for recipe in recipes}
        unknown = self._pin_recipes(lease, list(wanted.values()), scope)
        for recipe in unknown:
            self._check_content(recipe)
        now = self._clock()
        with self._index.write() as conn:
            holder, number = use_lease(conn, lease, now), scope_number(conn, scope)
            places = _places(conn, holder, unknown, number, now)
            _add_files(conn, unknown, places, now)
            _allow(conn, holder, list(wanted.values()), number, now)

    def _pin_recipes(self, lease: str, recipes: list[Recipe], scope: str) -> list[Recipe]:
        """Pin what the recipes need; returns those whose content is yet to be checked."""
        now = self._clock()
        with self._index.write() as conn:
            holder, number = use_lease(conn, lease, now), scope_number(conn, scope)
            digests = [to_raw(recipe.digest) for recipe in recipes]
            touch_files(conn, files_in_scope(conn, digests, number), now)
            known = files_in_scope(conn, digests, number)  # again: now nobody can delete them any more
            unknown = [recipe for recipe in recipes if to_raw(recipe.digest) not in known]
            _places(conn, holder, unknown, number, now)
            _pin_files(conn, holder, known, now)
        return unknown

    def _check_content(self, recipe: Recipe) -> None:
        """Read the chunks again and hash the whole, which is what the digest promises."""
        if len(recipe.chunks) == 1:
            found = f"blake3:{recipe.chunks[0][0]}"
        elif not recipe.chunks:
            found = EMPTY
        else:
            found = self._reader.digest(recipe)
        if found != recipe.digest:
            raise BlobCorrupt(f"The chunks of {recipe.digest} put together are {found}.", digest=recipe.digest)


def _announce(conn: Connection, lease: Lease, footer: Footer, now: float) -> int:
    """Pin what is known of the pack; if something is new, write down that the pack comes. Returns how many are new."""
    known = _pin_known(conn, lease, [entry.hash for entry in footer.entries], now)
    if len(known) == len(footer.entries):
        check_quota(conn, lease.scope, footer)
        _claim(conn, known, lease.scope)
        return 0
    check_quota(conn, lease.scope, footer)
    row = {"id": footer.id, "size": footer.size, "chunks": len(footer.entries), "state": ANNOUNCED}
    insert_new(conn, tables.pack, [row | {"touched_at": now}])
    pin_packs(conn, lease, [footer.id], now)
    return len(footer.entries) - len(known)


def _show(conn: Connection, lease: Lease, footer: Footer, now: float) -> None:
    """The bytes last: let the chunks be found."""
    conn.execute(update(tables.pack).where(tables.pack.c.id == footer.id).values(state=STORED))
    index_pack(conn, footer)
    keys = [entry.hash for entry in footer.entries]
    _pin_known(conn, lease, keys, now)
    _claim(conn, keys, lease.scope)


def index_pack(conn: Connection, footer: Footer) -> None:
    """Write down where the chunks are. A chunk that is elsewhere stays there, unless it is damaged there."""
    known = find_chunks(conn, [entry.hash for entry in footer.entries])
    insert_new(conn, tables.chunk, [_row(entry, footer.id) for entry in footer.entries if entry.hash not in known])
    for entry in footer.entries:
        place = known.get(entry.hash)
        if place and place.damaged:
            _replace(conn, entry, place, footer.id)


def _row(entry: Entry, pack: str) -> dict[str, Any]:
    return {**entry._asdict(), "pack": pack, "damaged": False}


def _replace(conn: Connection, entry: Entry, old: Place, pack: str) -> None:
    conn.execute(update(tables.chunk).where(tables.chunk.c.hash == entry.hash).values(_row(entry, pack)))
    if old.pack == pack:
        return
    users = select(tables.file_pack.c.digest, literal(pack).label("pack")).where(tables.file_pack.c.pack == old.pack)
    insert_new(conn, tables.file_pack, [dict(row) for row in conn.execute(users).mappings().all()])


def _pin_known(conn: Connection, lease: Lease, keys: Sequence[bytes], now: float) -> list[bytes]:
    """Pin the packs of chunks that are there and sound; returns these chunks."""
    sound = {key: place for key, place in find_chunks(conn, keys).items() if not place.damaged}
    pin_packs(conn, lease, {place.pack for place in sound.values()}, now)
    # On PostgreSQL a sweep may have taken a pack while we waited for its row: look again, now that they are held.
    return [key for key, place in find_chunks(conn, sound).items() if not place.damaged]


def _claim(conn: Connection, keys: Sequence[bytes], scope: int) -> None:
    insert_new(conn, tables.chunk_scope, [{"hash": key, "scope": scope} for key in keys])


def _places(conn: Connection, lease: Lease, recipes: list[Recipe], scope: int, now: float) -> dict[bytes, Place]:
    """Where the recipes' chunks are, pinned; raises BlobsMissing naming those that this scope does not have."""
    lengths = {bytes.fromhex(key): length for recipe in recipes for key, length in recipe.chunks}
    mine = claimed(conn, lengths, {scope, lease.scope})
    held = set(_pin_known(conn, lease, sorted(mine), now))
    if missing := [key.hex() for key in lengths if key not in held]:
        raise BlobsMissing(f"{len(missing):,} chunks are not here.", missing=missing)
    places = find_chunks(conn, held)
    for recipe in recipes:
        for key, length in recipe.chunks:
            if places[bytes.fromhex(key)].length != length:
                raise BlobCorrupt(f"The recipe of {recipe.digest} says {length:,} bytes for the chunk {key}: not so.")
    return places


def _add_files(conn: Connection, recipes: Sequence[Recipe], places: dict[bytes, Place], now: float) -> None:
    rows = [_file_row(recipe, now) for recipe in recipes]
    digests = [row["digest"] for row in rows]
    touch_files(conn, digests, now)  # locks those that are there against a sweep
    whole = sound_files(conn, digests)
    insert_new(conn, tables.file, rows)
    sound = sound_files(conn, digests) - whole
    for row in rows:
        if row["digest"] not in sound and row["digest"] not in whole:  # it was damaged, and is mended
            conn.execute(update(tables.file).where(tables.file.c.digest == row["digest"]).values(row))
            conn.execute(delete(tables.file_pack).where(tables.file_pack.c.digest == row["digest"]))
    needed = {(row["digest"], places[key].pack) for row, one in zip(rows, recipes, strict=True) for key in one.hashes()}
    insert_new(conn, tables.file_pack, [{"digest": digest, "pack": pack} for digest, pack in sorted(needed)])


def _file_row(recipe: Recipe, now: float) -> dict[str, Any]:
    return {
        "digest": to_raw(recipe.digest),
        "size": recipe.size,
        "recipe": recipe.to_bytes(),
        "damaged": False,
        "touched_at": now,
    }


def _allow(conn: Connection, lease: Lease, recipes: list[Recipe], scope: int, now: float) -> None:
    digests = [to_raw(recipe.digest) for recipe in recipes]
    insert_new(conn, tables.file_scope, [{"digest": digest, "scope": scope} for digest in digests])
    if lease.scope != scope:
        _claim(conn, sorted({key for recipe in recipes for key in recipe.hashes()}), scope)
    _pin_files(conn, lease, digests, now)


def _pin_files(conn: Connection, lease: Lease, digests: Sequence[bytes] | set[bytes], now: float) -> None:
    touch_files(conn, digests, now)
    insert_new(conn, tables.lease_file, [{"lease": lease.id, "digest": digest} for digest in sorted(set(digests))])
