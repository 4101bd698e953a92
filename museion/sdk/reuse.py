"""Chunks of a large file that an older version of it, still in the cache, has already: these are not fetched again."""

from __future__ import annotations

import json
import mmap
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from museion.blobs.chunker import chunks
from museion.model.digest import digest_bytes
from museion.model.manifest import Content
from museion.sdk import local
from museion.sdk.partial import PartialFile
from museion.sdk.source import Source

REMEMBERED = 8
"""How many contents of a path are remembered, the last downloaded first."""


def remember(collection: str, contents: Mapping[str, Content]) -> None:
    """These paths of a collection (a name that its versions share) had these contents."""
    for path, content in contents.items():
        file = _notes(collection, path)
        known = [content.digest, *(digest for digest in _older(collection, path) if digest != content.digest)]
        file.parent.mkdir(parents=True, exist_ok=True)
        temp = file.with_name(f".{file.name}.{secrets.token_hex(4)}.tmp")
        temp.write_text(json.dumps(known[:REMEMBERED]))
        os.replace(temp, file)


def fill_from_older(source: Source, path: str, content: Content, partial: PartialFile) -> None:
    """Lay down what older contents of this path have in common with `content`."""
    cache = local.file_cache()
    held = [file for digest in _older(source.identity(), path) if (file := cache.get(digest))]
    if held and (steps := source.recipe(path, content)):
        partial.put(_common(held[0], steps))


def _common(older: Path, steps: list[tuple[bytes, int]]) -> Iterator[tuple[int, bytes]]:
    """(place in the new file, bytes) for each chunk that the older file has, wherever it has it."""
    from blake3 import blake3

    with older.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        with memoryview(data) as view:
            there = {blake3(view[at : at + length]).digest(): (at, length) for at, length in chunks(view)}
        place = 0
        for name, length in steps:
            if (found := there.get(name)) is not None and found[1] == length:
                yield place, data[found[0] : found[0] + length]
            place += length


def _older(collection: str, path: str) -> list[str]:
    with suppress(OSError, ValueError):
        found = json.loads(_notes(collection, path).read_text())
        return [digest for digest in found if isinstance(digest, str)]
    return []


def _notes(collection: str, path: str) -> Path:
    name = digest_bytes(f"{collection}\0{path}".encode())[7:]
    return local.partial_root() / "older" / name[:2] / f"{name}.json"
