"""Reading: every chunk is hashed before a byte of it is handed on.

Neighbours in a pack are read at once, whichever files they belong to: many small files cost few reads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from blake3 import blake3
from sqlalchemy import select

from museion.blobs import tables
from museion.blobs.codec import decode
from museion.blobs.index import BATCH, Index, Place, batches, find_chunks, mark_damaged
from museion.blobs.packs import Packs, Span, joined
from museion.blobs.recipe import Recipe
from museion.errors import BlobCorrupt, BlobNotFound, PackCorrupt
from museion.model.digest import from_raw, to_raw

_NOWHERE = Span("", 0, 0)


class Part(NamedTuple):
    """Bytes `[start, stop)` of a file; to its end without `stop`."""

    digest: str
    start: int = 0
    stop: int | None = None


class Piece(NamedTuple):
    """Bytes of the part number `part`, in order; or the error that ends this part."""

    part: int
    data: bytes
    error: BlobCorrupt | BlobNotFound | None = None


class _Wanted(NamedTuple):
    """A chunk that a part needs, and which of its bytes: `[first, last)`."""

    part: int
    digest: str
    key: bytes
    length: int
    first: int
    last: int


class Reader:
    """Whole files, ranges of them, and many at once, out of packs."""

    def __init__(self, packs: Packs, index: Index) -> None:
        self._packs = packs
        self._index = index

    def recipe(self, digest: str) -> Recipe:
        """How the file is put together; raises BlobNotFound."""
        found = self.recipes([digest]).get(digest)
        if found is None:
            raise BlobNotFound(f"No content is stored under {digest}.", digest=digest)
        return found

    def recipes(self, digests: Iterable[str]) -> dict[str, Recipe]:
        """How the files are put together; without those that are not here."""
        table, found = tables.file, dict[str, Recipe]()
        with self._index.read() as conn:
            for batch in batches(dict.fromkeys(digests)):
                query = select(table.c.digest, table.c.size, table.c.recipe)
                for row in conn.execute(query.where(table.c.digest.in_([to_raw(digest) for digest in batch]))):
                    digest = from_raw(bytes(row.digest))
                    found[digest] = Recipe.from_bytes(digest, row.size, bytes(row.recipe))
        return found

    def read(self, recipe: Recipe, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The bytes `[start, stop)` of the file, in pieces of at most one chunk (1 MiB); raises BlobCorrupt."""
        for piece in self._pieces(_wanted(0, recipe, start, stop)):
            if piece.error:
                raise piece.error
            yield piece.data

    def digest(self, recipe: Recipe) -> str:
        """The digest of the file's bytes as they are now: the whole is hashed, and so each chunk need not be.

        Raises BlobCorrupt for a chunk that is not there.
        """
        whole = blake3()
        for piece in self._pieces(_wanted(0, recipe, 0, None), trust=True):
            if piece.error:
                raise piece.error
            whole.update(piece.data)
        return from_raw(whole.digest())

    def read_many(self, parts: Sequence[Part]) -> Iterator[Piece]:
        """The bytes of all parts, one part after the other. A part that cannot be read ends in an error; the others
        go on."""
        failed = -1
        for batch in batches(enumerate(parts)):
            recipes = self.recipes(part.digest for _, part in batch)
            for piece in self._pieces(_all_wanted(batch, recipes)):
                if piece.part != failed:
                    yield piece
                failed = piece.part if piece.error else failed

    def _pieces(self, wanted: Iterable[_Wanted | Piece], *, trust: bool = False) -> Iterator[Piece]:
        for batch in batches(wanted, BATCH):
            with self._index.read() as conn:
                places = find_chunks(conn, [one.key for one in batch if isinstance(one, _Wanted)])
            chunks = [one for one in batch if isinstance(one, _Wanted)]
            contents = self._chunks(chunks, [places.get(one.key) for one in chunks], trust)
            for one in batch:
                yield one if isinstance(one, Piece) else next(contents)

    def _chunks(self, chunks: list[_Wanted], places: list[Place | None], trust: bool) -> Iterator[Piece]:
        spans = [Span(at.pack, at.offset, at.stored) if at else _NOWHERE for at in places]
        done = 0
        for data, count in self._stretches(list(joined(spans, self._packs.run))):
            begin = spans[done].offset
            for i in range(done, done + count):
                at = spans[i].offset - begin
                stored = None if data is None else data if count == 1 else data[at : at + spans[i].length]
                yield self._checked(chunks[i], places[i], stored, trust)
            done += count

    def _stretches(self, stretches: list[tuple[Span, int]]) -> Iterator[tuple[bytes | None, int]]:
        if not self._packs.ahead or len(stretches) < 2:
            yield from ((self._read(span), count) for span, count in stretches)
            return
        with ThreadPoolExecutor(self._packs.ahead, thread_name_prefix="museion-read") as pool:
            under_way: deque[tuple[Future[bytes | None], int]] = deque()
            for span, count in stretches:
                under_way.append((pool.submit(self._read, span), count))
                if len(under_way) > self._packs.ahead:
                    future, number = under_way.popleft()
                    yield future.result(), number
            for future, number in under_way:
                yield future.result(), number

    def _read(self, span: Span) -> bytes | None:
        try:
            return self._packs.read(span) if span.pack else None
        except FileNotFoundError:
            return None

    def _checked(self, want: _Wanted, place: Place | None, stored: bytes | None, trust: bool) -> Piece:
        piece = self._content(want, place, stored, trust)
        if isinstance(piece, Piece):
            return piece
        with self._index.read() as conn:
            now = find_chunks(conn, [want.key]).get(want.key)
        if now and now != place and not now.damaged:  # it moved into another pack while we read
            piece = self._content(want, now, self._read(Span(now.pack, now.offset, now.stored)), trust)
            if isinstance(piece, Piece):
                return piece
        return self._corrupt(want, *piece)

    @staticmethod
    def _content(
        want: _Wanted, place: Place | None, stored: bytes | None, trust: bool
    ) -> Piece | tuple[str | None, str]:
        """The piece; or the pack where it should be, and what is wrong."""
        if place is None or place.length != want.length:
            return None, "is not in any pack"
        if stored is None:
            return place.pack, "cannot be read, the pack is not there"
        try:
            data = decode(place.codec, stored, place.length)
        except PackCorrupt:
            data = b""
        if not trust and blake3(data).digest() != want.key:
            return place.pack, "has other content"
        return Piece(want.part, data if want.last - want.first == want.length else data[want.first : want.last])

    def _corrupt(self, want: _Wanted, pack: str | None, what: str) -> Piece:
        with self._index.write() as conn:
            mark_damaged(conn, to_raw(want.digest), want.key)
        where = f" in the pack {pack}" if pack else ""
        message = f"The chunk {want.key.hex()} of {want.digest}{where} {what}."
        return Piece(want.part, b"", BlobCorrupt(message, digest=want.digest, chunk=want.key.hex(), pack=pack))


def _all_wanted(parts: Iterable[tuple[int, Part]], recipes: dict[str, Recipe]) -> Iterator[_Wanted | Piece]:
    for number, part in parts:
        recipe = recipes.get(part.digest)
        if recipe is None:
            missing = BlobNotFound(f"No content is stored under {part.digest}.", digest=part.digest)
            yield Piece(number, b"", missing)
        else:
            yield from _wanted(number, recipe, part.start, part.stop)


def _wanted(part: int, recipe: Recipe, start: int, stop: int | None) -> Iterator[_Wanted]:
    end = recipe.size if stop is None else stop
    at = 0
    for key, length in recipe.chunks:
        if at >= end or start >= end:
            return
        if at + length > start:
            yield _Wanted(part, recipe.digest, bytes.fromhex(key), length, max(0, start - at), min(length, end - at))
        at += length
