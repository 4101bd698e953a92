"""How the content of two files differs, where their format tells: rows of tables, tensors of safetensors files, arrays
of .npz files. Pure functions over bytes that somebody else read, within bounds that the caller sets."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LISTED = 1_000
_MAX_HEADER = 100 << 20


@dataclass(frozen=True, slots=True)
class Inside:
    """What is different inside a file. `kind` is what its parts are: rows, tensors or arrays; of each at most 1,000
    names are listed, `same` counts the rest."""

    kind: str
    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    same: int


def inside(path: str, before: bytes, after: bytes) -> Inside | None:
    """The difference, or None for a format that is not known or cannot be read."""
    try:
        if path.endswith(".table.json"):
            return _rows(json.loads(before), json.loads(after))
        if path.endswith(".safetensors"):
            return _named("tensors", _tensors(before), _tensors(after))
        if path.endswith(".npz"):
            return _named("arrays", _arrays(before), _arrays(after))
    except (ValueError, KeyError, TypeError, struct.error, zipfile.BadZipFile, RecursionError, AttributeError):
        return None
    return None


def _rows(before: Any, after: Any) -> Inside:
    """Rows have no names: they are counted. A table with other columns has other rows."""
    old, new = (Counter(json.dumps([t["columns"], row]) for row in t["data"]) for t in (before, after))
    added, removed = new - old, old - new
    return Inside("rows", _cells(added), _cells(removed), (), sum((old & new).values()))


def _cells(rows: Counter[str]) -> tuple[str, ...]:
    found = (json.dumps(json.loads(text)[1], ensure_ascii=False)[:500] for text in rows.elements())
    return tuple(text for text, _ in zip(found, range(LISTED), strict=False))


def _named(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Inside:
    both = before.keys() & after.keys()
    changed = sorted(name for name in both if before[name] != after[name])
    added, removed = sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())
    return Inside(kind, _listed(added), _listed(removed), _listed(changed), len(both) - len(changed))


def _listed(names: list[str]) -> tuple[str, ...]:
    return tuple(names[:LISTED])


def _tensors(data: bytes) -> dict[str, tuple[Any, ...]]:
    """name → (dtype, shape, bytes) of a safetensors file: a header as JSON, then the tensors one after the other."""
    (length,) = struct.unpack_from("<Q", data)
    if length > min(_MAX_HEADER, len(data) - 8):
        raise ValueError(length)
    header = json.loads(data[8 : 8 + length])
    body = memoryview(data)[8 + length :]
    found: dict[str, tuple[Any, ...]] = {}
    for name, about in header.items():
        if name != "__metadata__":
            start, stop = about["data_offsets"]
            found[name] = (about["dtype"], tuple(about["shape"]), body[start:stop])
    return found


def _arrays(data: bytes) -> dict[str, tuple[int, int]]:
    """name → (size, CRC-32) of the arrays in a zip, as its table of contents says: nothing is unpacked."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {info.filename.removesuffix(".npy"): (info.file_size, info.CRC) for info in archive.infolist()}
