"""Export history as a table: Parquet, an Arrow stream or CSV, of one run or many, written while it is read.

Columns are `_run` (the id, where there are many), `_step`, `_timestamp` and `_runtime` (seconds), then the keys in
alphabetical order: f64, or i64 where nothing else was logged; text where only strings were; JSON text for the rest.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from museion.actions.stores import Stores, project_key, run_key
from museion.history.cells import TEXT, Cells, Nature
from museion.history.windows import Outline, Window

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["parquet", "arrow", "csv"]
_NUMBERS = Nature.FLOAT | Nature.INT


@dataclass(frozen=True, slots=True)
class _Part:
    """One run of an export."""

    name: str
    key: int
    outline: Outline


def export_run(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    kind: Format,
    keys: Sequence[str] | None = None,
    *,
    layer: int | None = None,
) -> Iterator[bytes]:
    """All rows of a run by step; `keys` None is all but system metrics. Raises RunNotFound before the first byte."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
    part = _Part(run, key, stores.history.outline(key, keys, layer))
    return _written(stores, [part], kind, named=False, layer=layer)


def export_steps(stores: Stores, run: int, first: int, last: int, origin: float) -> Iterator[bytes]:
    """Those rows of the run with this key that have first ≤ step ≤ last, as Parquet; `_runtime` counts from origin."""
    found = stores.history.outline(run, None)
    cuts = [
        (first if low is None else max(low, first), last if high is None else min(high, last))
        for low, high in found.cuts
        if (low is None or low <= last) and (high is None or high >= first)
    ]
    return _written(stores, [_Part("", run, Outline(found.natures, cuts, origin))], "parquet", named=False)


def export_project(
    stores: Stores,
    entity: str,
    project: str,
    kind: Format,
    runs: Sequence[str] | None = None,
    keys: Sequence[str] | None = None,
) -> Iterator[bytes]:
    """All rows of these runs (None: of all) one run after another; runs that are not there are left out."""
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
        found = rows.runs.ids(rows.runs.keys_of(home))
    names = {name: key for key, name in sorted(found.items())}
    chosen = list(names) if runs is None else [run for run in dict.fromkeys(runs) if run in names]
    parts = [_Part(name, names[name], stores.history.outline(names[name], keys)) for name in chosen]
    return _written(stores, parts, kind, named=True)


def _written(
    stores: Stores, parts: Sequence[_Part], kind: Format, *, named: bool, layer: int | None = None
) -> Iterator[bytes]:
    """The file in pieces, one for each window: memory holds one at a time."""
    natures: dict[str, Nature] = {}
    for part in parts:
        for key, found in part.outline.natures.items():
            natures[key] = natures.get(key, Nature(0)) | found
    ordered = {key: natures[key] for key in sorted(natures)}
    sink = _Sink()
    writer = _open(kind, sink, _schema(ordered, named))
    for part in parts:
        for low, high in part.outline.cuts:
            window = stores.history.window(part.key, list(part.outline.natures), low, high, layer)
            if len(window.steps):
                writer.write(_table(part, window, ordered, named))
                yield sink.taken()
    writer.close()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """A file that hands on what was written to it, and keeps count of where it is."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        self._at += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def _open(kind: Format, sink: _Sink, schema: pa.Schema) -> Any:
    import pyarrow as pa

    if kind == "arrow":
        return pa.ipc.new_stream(sink, schema)
    if kind == "csv":
        from pyarrow import csv

        return csv.CSVWriter(sink, schema)
    from pyarrow import parquet

    return parquet.ParquetWriter(sink, schema, compression="zstd")


def _schema(natures: Mapping[str, Nature], named: bool) -> pa.Schema:
    import pyarrow as pa

    fields = [pa.field("_run", pa.string(), nullable=False)] if named else []
    fields.append(pa.field("_step", pa.int64(), nullable=False))
    fields += [pa.field(name, pa.float64(), nullable=False) for name in ("_timestamp", "_runtime")]
    return pa.schema([*fields, *(_field(key, found) for key, found in natures.items())])


def _field(key: str, found: Nature) -> pa.Field:
    import pyarrow as pa

    if found in (Nature.STRING, Nature.INT):
        return pa.field(key, pa.string() if found == Nature.STRING else pa.int64())
    if not found & ~_NUMBERS:
        return pa.field(key, pa.float64())
    return pa.field(key, pa.string(), metadata={"content": "application/json"})


def _table(part: _Part, window: Window, natures: Mapping[str, Nature], named: bool) -> pa.Table:
    import pyarrow as pa

    count = len(window.steps)
    columns: list[Any] = [pa.repeat(pa.scalar(part.name), count)] if named else []
    columns += [pa.array(window.steps), pa.array(window.times), pa.array(window.times - part.outline.origin)]
    columns += [_column(window, key, found, count) for key, found in natures.items()]
    return pa.Table.from_arrays(columns, schema=_schema(natures, named))


def _column(window: Window, key: str, found: Nature, count: int) -> pa.Array:
    import pyarrow as pa

    kind = _field(key, found).type
    if key not in window.points:
        return pa.nulls(count, kind)
    cells, at = window.points[key].cells, window.places[key]
    missing = np.ones(count, np.bool_)
    missing[at] = False
    if kind == pa.string():
        texts: Any = np.full(count, None, object)
        texts[at] = _texts(cells, plain=found == Nature.STRING)
        return pa.array(texts, kind, from_pandas=False)
    values = np.zeros(count, np.int64 if kind == pa.int64() else np.float64)
    values[at] = cells.bits if kind == pa.int64() else cells.numbers()
    return pa.array(values, kind, mask=missing)


def _texts(cells: Cells, *, plain: bool) -> list[str]:
    """Strings as they are, or every value as JSON."""
    import json

    write: Callable[[Any], str] = str if plain else json.dumps
    if plain or not (cells.kinds == TEXT).all():
        return [write(value) for value in cells.python()]
    return [cells.texts[at] for at in cells.bits.tolist()]
