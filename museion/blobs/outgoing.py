"""What goes to the server: packs with the chunks it lacks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from museion.blobs.chunker import Buffer
from museion.blobs.pack import TARGET_PACK, PackWriter, read_footer, verify_pack
from museion.blobs.recipe import Recipe
from museion.blobs.staged import StagedReader
from museion.errors import MuseionError

_ASKED = 8_192
Known = Callable[[list[bytes]], list[bool]]


def pack_bodies(reader: StagedReader, folder: Path, recipes: Iterable[Recipe], known: Known) -> Iterator[bytes | Path]:
    """Packs of at most 32 MiB: a staged one as it is where the server lacks all of it, else put together."""
    builder = _Builder()
    done: set[bytes] = set()
    for group in _groups(recipes):
        lacking = _lacking(group, done, known)
        done.update(key for recipe in group for key in recipe.hashes())
        for path, keys in _whole_segments(reader, folder, lacking):
            lacking -= keys
            yield path
        for recipe in group:
            mine = lacking.intersection(recipe.hashes())
            lacking -= mine
            for key, data in reader.read(recipe, mine) if mine else ():
                yield from builder.add(key, data)
    yield from builder.finish()


class _Builder:
    """Gathers chunks, gives a pack when the next one does not fit."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._parts: list[Buffer] = []
        self._writer = PackWriter(self._parts.append)

    def add(self, key: bytes, data: bytes) -> Iterator[bytes]:
        if not self._writer.fits(len(data)):
            yield from self.finish()
        self._writer.add(key, data)

    def finish(self) -> Iterator[bytes]:
        if self._writer.count:
            self._writer.close()
            body = b"".join(self._parts)
            self._begin()
            yield body


def _groups(recipes: Iterable[Recipe]) -> Iterator[list[Recipe]]:
    group: list[Recipe] = []
    size = 0
    for recipe in recipes:
        group.append(recipe)
        size += len(recipe.chunks)
        if size >= _ASKED:
            yield group
            group, size = [], 0
    if group:
        yield group


def _lacking(group: list[Recipe], done: set[bytes], known: Known) -> set[bytes]:
    keys = [key for key in dict.fromkeys(key for recipe in group for key in recipe.hashes()) if key not in done]
    lacking: set[bytes] = set()
    for at in range(0, len(keys), _ASKED):
        asked = keys[at : at + _ASKED]
        lacking.update(key for key, there in zip(asked, known(asked), strict=True) if not there)
    return lacking


def _whole_segments(reader: StagedReader, folder: Path, lacking: set[bytes]) -> Iterator[tuple[Path, set[bytes]]]:
    """Staged packs with nothing in them but what is to be sent, and which are sound."""
    segments = dict.fromkeys(spot.segment for spot in reader.spots(sorted(lacking)).values())
    for name in segments:
        if reader.is_sealed(name):
            keys = _sound(folder / name)
            if keys and lacking.issuperset(keys):
                yield folder / name, keys


def _sound(path: Path) -> set[bytes]:
    """The chunks of a pack that is whole, to the last one. Else none: its chunks are then read one by one, and the bad
    one is named."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return set()
    try:
        size = os.fstat(fd).st_size
        footer = read_footer(lambda offset, length: os.pread(fd, length, offset), size)
        verify_pack(lambda offset, length: os.pread(fd, length, offset), footer)
    except MuseionError:
        return set()
    finally:
        os.close(fd)
    return {entry.hash for entry in footer.entries} if size <= TARGET_PACK else set()
