"""PyTorch checkpoints: the tensors that `torch.load` would build, and what else it would call, without loading."""

from __future__ import annotations

from typing import Any, BinaryIO

from museion.errors import Corrupt, TooLarge
from museion.previews.answer import Answer, cell
from museion.previews.archives import open_zip
from museion.previews.limits import MAX_HEADER, MAX_ITEMS
from museion.previews.pickles import Reading, Thing, is_storage, judged, read_pickle, walk
from museion.previews.reading import reading
from museion.previews.tensors import tensors

_OLD_MAGIC = 0x1950A86A20F9469CFC6C
_WIDTHS = {
    "Double": 8,
    "Long": 8,
    "ComplexFloat": 8,
    "Float": 4,
    "Int": 4,
    "Half": 2,
    "BFloat16": 2,
    "Short": 2,
    "Char": 1,
    "Byte": 1,
    "Bool": 1,
    "ComplexDouble": 16,
}
_NAMES = {"Float": "float32", "Double": "float64", "Half": "float16", "BFloat16": "bfloat16", "Long": "int64"}
_NAMES |= {"Int": "int32", "Short": "int16", "Char": "int8", "Byte": "uint8", "Bool": "bool"}
_NAMES |= {"ComplexFloat": "complex64", "ComplexDouble": "complex128"}


def preview_checkpoint(file: BinaryIO, path: str) -> Answer:
    """`tensors`, the other `values` (epoch, learning rate, …), and `calls` as of a pickle."""
    zipped = file.read(4) == b"PK\x03\x04"
    file.seek(0)
    found = _new_format(file) if zipped else _old_format(file)
    listed, values = _parts(found.value)
    return tensors("pytorch", listed, values=values, calls=judged(found.calls))


def _new_format(file: BinaryIO) -> Reading:
    with open_zip(file) as archive, reading("a PyTorch file"):
        names = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
        if not names:
            raise Corrupt("Not a PyTorch file: the zip holds no data.pkl.")
        if archive.getinfo(names[0]).file_size > MAX_HEADER:
            raise TooLarge(f"Its data.pkl takes more than {MAX_HEADER:,} bytes.")
        with archive.open(names[0]) as member:
            return read_pickle(member.read(MAX_HEADER))


def _old_format(file: BinaryIO) -> Reading:
    """Before version 1.6: five pickles in a row, of which the fourth holds the object."""
    first = read_pickle(file)
    if first.value != _OLD_MAGIC:
        file.seek(0)
        return read_pickle(file)
    for _ in range(2):
        read_pickle(file)
    return read_pickle(file)


def _parts(root: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    listed: list[dict[str, Any]] = []
    values: list[dict[str, Any]] = []

    def see(path: str, item: Any) -> bool:
        tensor = _tensor(path, item)
        if tensor is not None:
            listed.append(tensor)
        elif isinstance(item, Thing) and item.state is None:
            values.append({"path": path, "value": f"<{cell(item.name)}>"})
        elif not isinstance(item, dict | list | tuple | Thing):
            values.append({"path": path, "value": cell(item)})
        return len(listed) + len(values) < 4 * MAX_ITEMS

    walk(root, see)
    return listed, values[:MAX_ITEMS]


def _tensor(path: str, item: Any) -> dict[str, Any] | None:
    """The tensor that this call of PyTorch's would rebuild, or None."""
    if not isinstance(item, Thing) or not item.name.startswith("torch._utils._rebuild_"):
        return None
    arguments = item.arguments
    if item.name.startswith("torch._utils._rebuild_parameter"):
        item.state = None
        return _tensor(path, arguments[0])
    item.state = None
    store, shape = arguments[0], arguments[2]
    kind = store.arguments[1] if isinstance(store, Thing) and store.name == "persistent" else None
    name = kind.name if isinstance(kind, Thing) and is_storage(kind.name) else ""
    word = name.rpartition(".")[2].removesuffix("Storage")
    lengths = [int(length) for length in shape]
    size = _WIDTHS.get(word)
    for length in lengths:
        size = size and size * length
    return {"name": path, "dtype": _NAMES.get(word, word or "?"), "shape": lengths, "bytes": size}
