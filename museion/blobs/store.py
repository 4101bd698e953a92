"""The server's store of bytes: packs in a folder, their index in SQL."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import BinaryIO

from blake3 import blake3
from sqlalchemy import Engine, select

from museion.blobs import tables
from museion.blobs.chunker import chunks
from museion.blobs.collect import Collector, Swept
from museion.blobs.copy_packs import CopiedPacks, copy_packs
from museion.blobs.direct import LEFTOVER, Offer, direct_packs
from museion.blobs.fsck import Examiner, Fault
from museion.blobs.index import (
    STORED,
    Index,
    batches,
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
from museion.blobs.ingest import PUT_SECONDS, Incoming, Ingest, PackReceipt
from museion.blobs.pack import TARGET_PACK, build_pack
from museion.blobs.packs import Folder, Packs
from museion.blobs.quota import held, read_quota, set_quota
from museion.blobs.read import Part, Piece, Reader
from museion.blobs.recipe import Recipe, recipe_of
from museion.blobs.recover import recover
from museion.blobs.repack import Repacker
from museion.errors import BlobNotFound, ValueInvalid
from museion.model.digest import digest_bytes, to_raw

__all__ = ["BlobStore", "Fault", "Incoming", "Offer", "PackReceipt", "Part", "Piece", "Recipe", "Swept"]


class BlobStore:
    """Bytes by digest. Many threads may call it at once; one process owns a root.

    `root` is the folder, `engine` the database of the index, `clock` gives Unix seconds, `token` fresh random names.
    `packs` is where the packs lie: under `root`, unless it is a bucket.
    """

    def __init__(
        self,
        root: Path,
        engine: Engine,
        *,
        clock: Callable[[], float] = time.time,
        token: Callable[[], str] = lambda: secrets.token_hex(16),
        packs: Packs | None = None,
    ) -> None:
        self._root = root
        self._index = Index(engine)
        self._clock = clock
        self._token = token
        (root / "tmp").mkdir(parents=True, exist_ok=True)
        self._packs = packs or Folder(root)
        self._reader = Reader(self._packs, self._index)
        self._ingest = Ingest(root, self._packs, self._index, clock, token)
        repacker = Repacker(root, self._packs, self._index, clock, token)
        self._collector = Collector(self._packs, self._index, repacker, clock)

    def close(self) -> None:
        """Let go of open packs."""
        self._packs.close()

    def recover(self) -> None:
        """Put in order what a crash left; call it once, before anything is stored."""
        recover(self._root, self._packs, self._index, self._clock())

    def lease(self, ttl: float, scope: str = "") -> str:
        """Begin an upload of things for `scope` ("entity/project"); it ends `ttl` seconds after its last call.

        Chunks can be asked for only in the lease's scope; without one, only what this upload sent itself is known.
        """
        name = self._token()
        with self._index.write() as conn:
            open_lease(conn, name, ttl, scope, self._clock())
        return name

    def release(self, lease: str) -> None:
        """End an upload before its time; an unknown one is no error."""
        with self._index.write() as conn:
            close_leases(conn, [lease])

    def have_chunks(self, lease: str, hashes: Sequence[bytes]) -> list[bool]:
        """For each chunk (32 raw bytes) whether it need not be sent; those are kept while the lease lives."""
        if any(len(key) != 32 for key in hashes):
            raise ValueInvalid("A chunk's hash has 32 bytes.")
        now = self._clock()
        with self._index.write() as conn:
            holder = use_lease(conn, lease, now)
            mine = claimed(conn, hashes, [holder.scope])
            pin_packs(conn, holder, {p.pack for p in find_chunks(conn, mine).values() if not p.damaged}, now)
            held = {key for key, place in find_chunks(conn, mine).items() if not place.damaged}
        return [key in held for key in hashes]

    def have_files(self, lease: str, digests: Sequence[str], scope: str) -> list[bool]:
        """For each file whether `scope` has it, whole; those are kept while the lease lives."""
        raw, now = [to_raw(digest) for digest in digests], self._clock()
        with self._index.write() as conn:
            holder = use_lease(conn, lease, now)
            number = scope_number(conn, scope)
            touch_files(conn, files_in_scope(conn, raw, number), now)
            held = files_in_scope(conn, raw, number)
            insert_new(conn, tables.lease_file, [{"lease": holder.id, "digest": key} for key in sorted(held)])
        return [key in held for key in raw]

    def add_pack(self, lease: str, body: BinaryIO | bytes) -> PackReceipt:
        """Store a pack after hashing all of it; the same pack again is no error.

        Raises PackCorrupt, TooLarge, StorageFull, or NotFound for the lease; nothing of the pack is visible then.
        """
        return self._ingest.add_pack(lease, body)

    def receive(self, lease: str) -> AbstractContextManager[Incoming]:
        """As `add_pack`, for a body that comes piece by piece: `write` the pieces, then `store`."""
        return self._ingest.receive(lease)

    def adopt(self, lease: str, folder: Path, name: str) -> PackReceipt:
        """As `add_pack`, for a file on the same disk that becomes the pack under a second name, uncopied.

        `folder` must be one only we and this machine's user write to; `name` is not trusted. NotFound if it cannot be.
        """
        return self._ingest.adopt(lease, folder, name)

    @property
    def direct(self) -> bool:
        """Whether clients may send packs straight to where they lie."""
        return bool(getattr(self._packs, "direct", False))

    def offer(self, lease: str) -> Offer:
        """A URL to send one pack straight into the bucket by; raises NotFound if there is none, or no lease."""
        return self._ingest.offer(lease)

    def take_direct(self, lease: str, name: str) -> PackReceipt:
        """As `add_pack`, for what came by the URL of an offer; NotFound if nothing did."""
        return self._ingest.take_direct(lease, name)

    def add_files(self, lease: str, recipes: Sequence[Recipe], scope: str) -> None:
        """Let `scope` have files put together from chunks it sent or has; all of them, or none.

        Raises BlobsMissing (details["missing"]: hashes in hex), BlobCorrupt if the whole is not what the digest says,
        ValueInvalid for a recipe that cannot be.
        """
        self._ingest.add_files(lease, recipes, scope)

    def put_bytes(self, data: bytes, scope: str) -> str:
        """Store content made on the server; returns its digest. Name it within the grace of the next sweep."""
        digest = digest_bytes(data)
        with self._index.write() as conn:
            raw = to_raw(digest)
            if files_in_scope(conn, [raw], scope_number(conn, scope)):
                touch_files(conn, [raw], self._clock())
                return digest
        return self._ingest.put(data, scope) if len(data) < TARGET_PACK else self._put_large(data, scope)

    def _put_large(self, data: bytes, scope: str) -> str:
        lease = self.lease(PUT_SECONDS, scope)
        pieces = [(at, n, blake3(data[at : at + n]).digest()) for at, n in chunks(data)]
        for group in batches({key: (at, n) for at, n, key in pieces}.items(), TARGET_PACK // (1 << 20)):
            self.add_pack(lease, build_pack((key, data[at : at + n]) for key, (at, n) in group))
        recipe = recipe_of(digest_bytes(data), [(key, n) for _, n, key in pieces])
        self.add_files(lease, [recipe], scope)
        self.release(lease)
        return recipe.digest

    def quota(self, scope: str) -> tuple[int | None, int]:
        """How many bytes `scope` may hold (None: no limit), and how many it holds, garbage included."""
        with self._index.write() as conn:
            number = scope_number(conn, scope)
            return read_quota(conn, number), held(conn, number)

    def set_quota(self, scope: str, limit: int | None) -> None:
        """Limit what `scope` may hold; what comes beyond raises StorageFull. None takes the limit away."""
        if limit is not None and not 0 <= limit < 1 << 62:
            raise ValueInvalid(f"A quota of {limit} bytes cannot be.")
        with self._index.write() as conn:
            set_quota(conn, scope_number(conn, scope), limit)

    def stat(self, digest: str) -> int:
        """The size in bytes; raises BlobNotFound."""
        table = tables.file
        with self._index.read() as conn:
            size = conn.execute(select(table.c.size).where(table.c.digest == to_raw(digest))).scalar()
        if size is None:
            raise BlobNotFound(f"No content is stored under {digest}.", digest=digest)
        return int(size)

    def recipe(self, digest: str) -> Recipe:
        """How stored content is put together from chunks; raises BlobNotFound."""
        return self._reader.recipe(digest)

    def open(self, digest: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes `[start, stop)` in pieces of at most 1 MiB, each verified before it is given.

        Raises BlobNotFound at once, and BlobCorrupt, naming chunk and pack, where bytes are not what they were.
        """
        recipe = self._reader.recipe(digest)
        if start < 0 or (stop is not None and stop < start):
            raise ValueInvalid(f"The range {start}–{stop} of {digest} cannot be.")
        return self._reader.read(recipe, start, stop)

    def open_many(self, parts: Sequence[Part]) -> Iterator[Piece]:
        """The bytes of many files, or of parts of them, one after the other, each chunk verified before it is given.

        Neighbours in a pack are read at once. What cannot be read ends in a Piece with an error; the rest goes on.
        """
        for part in parts:
            if part.start < 0 or (part.stop is not None and part.stop < part.start):
                raise ValueInvalid(f"The range {part.start}–{part.stop} of {part.digest} cannot be.")
        return self._reader.read_many(parts)

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those that are not here, or are known to be damaged; the grace of the others begins anew."""
        wanted = list(dict.fromkeys(digests))
        raw = [to_raw(digest) for digest in wanted]
        with self._index.write() as conn:
            touch_files(conn, raw, self._clock())
            held = sound_files(conn, raw)
        return [digest for digest, key in zip(wanted, raw, strict=True) if key not in held]

    def sweep(self, live: Callable[[], Iterable[str]], grace: float, *, at_once: bool = False) -> Swept:
        """Delete what `live()` does not name, no upload holds and nobody touched for `grace` seconds.

        It takes two looks, `grace` seconds apart: one condemns, a later one looks again and deletes; `at_once` takes
        both now, for what was not touched for `grace` seconds. `live` is called for each, the second time inside the
        transaction that deletes. Packs that are mostly garbage then are written anew.
        """
        if self.direct:
            direct_packs(self._packs).clear_sent(self._clock() - LEFTOVER)
        return self._collector.sweep(live, grace, at_once=at_once)

    def look(self, live: Callable[[], Iterable[str]], grace: float) -> Swept:
        """What `sweep(…, at_once=True)` would delete."""
        return self._collector.look(live, grace)

    @contextmanager
    def held(self, seconds: float) -> Iterator[frozenset[str]]:
        """Inside, no pack that is here now is deleted, by whatever process; for at most `seconds`. Gives their ids."""
        name, now = self._token(), self._clock()
        with self._index.write() as conn:
            holder = open_lease(conn, name, seconds, "", now)
            stored = select(tables.pack.c.id).where(tables.pack.c.state == STORED)
            pinned = frozenset(pin_packs(conn, holder, list(conn.execute(stored).scalars()), now))
        try:
            yield pinned
        finally:
            self.release(name)

    def copy_packs(self, target: Path, wanted: Mapping[str, int], *, link: bool) -> CopiedPacks:
        """Lay these packs (id → size) out in the folder `target`, as this store does; those there already stay."""
        return copy_packs(self._packs, target, wanted, link=link)

    def examine(
        self,
        live: Callable[[], Iterable[str]],
        *,
        repair: bool = False,
        progress: Callable[[int, int], object] = lambda done, total: None,
    ) -> Iterator[Fault]:
        """Read every pack from end to end, hash every chunk, compare every row; gives what is wrong as it is found.

        Damaged chunks count as absent from then on; with `repair`, what can be healed from what is here is healed.
        `progress` hears of (bytes read, bytes in all).
        """
        return Examiner(self._packs, self._index, self._clock(), repair=repair).examine(live(), progress)
