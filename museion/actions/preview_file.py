"""Look into a file without running anything of it: what it holds, or a small picture of it. Each is made once."""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

from museion.actions.stores import Stores
from museion.errors import MuseionError
from museion.previews.pictures import WIDTHS
from museion.previews.preview import VERSION
from museion.previews.process import run
from museion.previews.shelf import Shelf


@dataclass(frozen=True, slots=True)
class Looked:
    """The file to look into: its content, and the path that says of what kind it is."""

    digest: str
    path: str
    size: int


def preview_file(stores: Stores, shelf: Shelf, file: Looked) -> bytes:
    """JSON text: `kind`, `format` and what the kind has (museion/previews). A file that takes too much time or memory
    answers with a `problem`, and does so at once the next time."""
    ending = file.path.rpartition("/")[2].rpartition(".")[2].lower()[:20]
    name = f"{_stem(file.digest)}-{VERSION}-{ending if ending.isalnum() else 'none'}.json"
    found = shelf.get(name)
    if found is None:
        found = _made(stores, {"what": "preview", "path": file.path}, file)
        shelf.put(name, found)
    return found


def thumbnail_file(stores: Stores, shelf: Shelf, file: Looked, width: int) -> bytes:
    """The picture as WebP, no wider and no higher than `width` rounded up to 64, 128, 256, 512 or 1024 pixels.

    Raises Corrupt if it is no picture, TooLarge if it is too large for a small one.
    """
    rounded = WIDTHS[min(bisect_left(WIDTHS, width), len(WIDTHS) - 1)]
    name = f"{_stem(file.digest)}-{VERSION}-{rounded}.webp"
    found = shelf.get(name)
    if found is None:
        found = run({"what": "thumbnail", "width": rounded}, _Content(stores, file))
        shelf.put(name, found)
    return found


def _made(stores: Stores, task: dict[str, Any], file: Looked) -> bytes:
    try:
        return run(task, _Content(stores, file))
    except MuseionError as error:
        if error.status >= 500:
            raise
        return json.dumps({"kind": "binary", "format": "bytes", "problem": str(error)}).encode()


def _stem(digest: str) -> str:
    return digest.partition(":")[2]


class _Content:
    """The stored bytes, as a preview's source: every range verified on its way."""

    def __init__(self, stores: Stores, file: Looked) -> None:
        self._stores, self._digest, self.size = stores, file.digest, file.size

    def read(self, offset: int, length: int) -> bytes:
        return b"".join(self._stores.blobs.open(self._digest, offset, offset + length))
