"""Tensors: names, types and shapes from the headers of safetensors and NumPy files."""

from __future__ import annotations

import ast
import json
import struct
from typing import Any, BinaryIO

from museion.errors import Corrupt, TooLarge
from museion.previews.answer import Answer, cell
from museion.previews.archives import open_zip
from museion.previews.limits import MAX_HEADER, MAX_ITEMS
from museion.previews.reading import reading

_NPY_HEADER = 64 << 10


def tensors(form: str, found: list[dict[str, Any]], **rest: Any) -> Answer:
    """The answer for a list of `{name, dtype, shape, bytes}`; counts the numbers in all of them."""
    total = sum(_count(tensor["shape"]) for tensor in found)
    facts = {"tensors": len(found), "values": cell(total), **rest.pop("facts", {})}
    shown = found[:MAX_ITEMS]
    return {
        "kind": "tensors",
        "format": form,
        "facts": facts,
        "tensors": shown,
        "truncated": len(found) > MAX_ITEMS,
        **rest,
    }


def preview_safetensors(file: BinaryIO, path: str) -> Answer:
    """The header of a safetensors file: 8 bytes of length, then JSON (the format's own specification)."""
    header = read_safetensors(file)
    metadata = header.pop("__metadata__", {})
    return tensors("safetensors", list(header.values()), metadata=cell(metadata))


def read_safetensors(file: BinaryIO) -> dict[str, dict[str, Any]]:
    """name → `{name, dtype, shape, bytes, begin}`, and `__metadata__` if there is any; `begin` counts from the end of
    the header. Raises Corrupt, TooLarge."""
    with reading("a safetensors file"):
        (length,) = struct.unpack("<Q", file.read(8))
        if length > MAX_HEADER:
            raise TooLarge(f"The header says it takes {length:,} bytes, more than {MAX_HEADER:,}.")
        raw = file.read(length)
        if len(raw) < length:
            raise Corrupt("Not a safetensors file: its header is cut off.")
        header = json.loads(raw)
        found = {} if "__metadata__" not in header else {"__metadata__": dict(header.pop("__metadata__"))}
        return found | {name: _entry(name, tensor) for name, tensor in header.items()}


def _entry(name: str, tensor: Any) -> dict[str, Any]:
    begin, end = (int(place) for place in tensor["data_offsets"])
    shape = [int(length) for length in tensor["shape"]]
    return {"name": name, "dtype": str(tensor["dtype"])[:20], "shape": shape, "bytes": end - begin, "begin": begin}


def preview_npy(file: BinaryIO, path: str) -> Answer:
    """The header of one array."""
    return tensors("npy", [npy_header(file, "array")])


def preview_npz(file: BinaryIO, path: str) -> Answer:
    """The headers of the arrays in an npz."""
    found = []
    with open_zip(file) as archive, reading("an npz file"):
        for name in [name for name in archive.namelist() if name.endswith(".npy")][: MAX_ITEMS + 1]:
            with archive.open(name) as member:
                found.append(npy_header(member, name[:-4]))
    return tensors("npz", found)


def npy_header(file: Any, name: str) -> dict[str, Any]:
    """`{name, dtype, shape, bytes}` by NumPy's format description (NEP 1): a Python literal, never evaluated."""
    with reading("a NumPy file"):
        if file.read(6) != b"\x93NUMPY":
            raise Corrupt("Not a NumPy file: it does not begin like one.")
        major = file.read(2)[0]
        (length,) = struct.unpack("<H", file.read(2)) if major == 1 else struct.unpack("<I", file.read(4))
        if length > _NPY_HEADER:
            raise TooLarge(f"The header says it takes {length:,} bytes.")
        header = ast.literal_eval(file.read(length).decode("latin1").strip())
        shape, dtype = [int(size) for size in header["shape"]], header["descr"]
    width = int(dtype[2:]) if isinstance(dtype, str) and dtype[2:].isdigit() else None
    size = None if width is None else cell(_count(shape) * width * (4 if dtype[1] == "U" else 1))
    return {"name": name, "dtype": str(cell(str(dtype))), "shape": shape, "bytes": size}


def _count(shape: list[int]) -> int:
    found = 1
    for length in shape:
        found *= max(0, length)
    return found
