"""Tables: rows under named columns; a cell may be a number, text, a list, or a media object."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from museion.errors import ValueInvalid
from museion.model.values import plain, to_json
from museion.sdk.media.arrays import as_numpy, is_array
from museion.sdk.media.base import Keeper, Media, Opener, keep

_NOT_FINITE = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


class Table(Media):
    """A table.

    Args:
        columns: the names; `["Input", "Output", "Expected"]` if nothing tells them.
        data: rows, or a numpy array of two dimensions.
        rows: the same as `data`.
        dataframe: a pandas frame, in place of `data` and `columns`.
        dtype, optional: taken for W&B scripts; they have no effect.
        allow_mixed_types: do not insist on one type of value a column. None fits everywhere.
        log_mode: taken for W&B scripts; a table is always logged as it is at that moment.

    Raises:
        ValueInvalid: a row has the wrong length, a cell the wrong type; the message names row and column.
    """

    _type = "table-file"
    _folder = "table"

    def __init__(
        self,
        columns: Sequence[Any] | None = None,
        data: Any = None,
        rows: Any = None,
        dataframe: Any = None,
        dtype: Any = None,
        optional: Any = True,
        allow_mixed_types: bool = False,
        log_mode: str | None = "IMMUTABLE",
        **ignored: Any,
    ) -> None:
        if log_mode not in (None, "IMMUTABLE", "MUTABLE", "INCREMENTAL"):
            raise ValueInvalid(f"log_mode is {log_mode!r}.", advice="Use IMMUTABLE, MUTABLE or INCREMENTAL.")
        self.allow_mixed_types = allow_mixed_types
        self._stored: bytes | None = None
        if dataframe is not None:
            columns, data = list(dataframe.columns), dataframe.itertuples(index=False, name=None)
        elif data is None:
            data = rows if rows is not None else []
        if type(data).__module__.startswith("pandas"):
            columns, data = columns or list(data.columns), data.itertuples(index=False, name=None)
        given = as_numpy(data).tolist() if is_array(data) else [list(row) for row in data]
        self.columns: list[Any] = _check_columns(columns, given)
        self._kinds: list[str | None] = [None] * len(self.columns)
        self.data: list[list[Any]] = []
        for row in given:
            self.add_data(*row)

    def add_data(self, *row: Any) -> None:
        """Append a row: one value for each column."""
        if len(row) != len(self.columns):
            raise ValueInvalid(
                f"Row {len(self.data)} has {len(row)} values, the table has {len(self.columns)} columns.",
                advice=f"The columns are {self.columns}.",
            )
        cells = [self._cell(value, self._place(place)) for place, value in enumerate(row)]
        self._kinds = [self._agreed(place, cell) for place, cell in enumerate(cells)]
        self.data.append(cells)

    add_row = add_data

    def add_column(self, name: Any, data: Any) -> None:
        """Append a column: one value for each row (any number of rows if the table is empty of columns)."""
        values = as_numpy(data).tolist() if is_array(data) else list(data)
        if name in self.columns:
            raise ValueInvalid(f"The table has a column {name!r} already.")
        if self.columns and len(values) != len(self.data):
            raise ValueInvalid(f"The column {name!r} has {len(values)} values, the table {len(self.data)} rows.")
        if not self.columns:
            self.data = [[] for _ in values]
        self.columns.append(name)
        self._kinds.append(None)
        for number, (row, value) in enumerate(zip(self.data, values, strict=True)):
            row.append(self._cell(value, f"row {number}, column {name!r}"))
            self._kinds[-1] = self._agreed(len(self.columns) - 1, row[-1])

    def add_computed_columns(self, fn: Callable[[int, dict[Any, Any]], Mapping[Any, Any]]) -> None:
        """Append the columns that `fn(number, {column: value})` gives for each row; nothing happens if it has none."""
        found = [dict(fn(number, dict(zip(self.columns, row, strict=True)))) for number, row in enumerate(self.data)]
        names = list(found[0]) if found else []
        for number, columns in enumerate(found):
            if set(columns) != set(names):
                raise ValueInvalid(f"Row {number} has the columns {list(columns)}, row 0 has {names}.")
        for name in names:
            self.add_column(name, [columns[name] for columns in found])

    def get_index(self) -> list[int]:
        """The numbers of the rows, to refer to them from another table."""
        return list(range(len(self.data)))

    def get_column(self, name: Any, convert_to: str | None = None) -> Any:
        """The values of one column, as a list, or with `convert_to="numpy"` as an array."""
        if name not in self.columns:
            raise ValueInvalid(f"The table has no column {name!r}.", advice=f"It has {self.columns}.")
        place = self.columns.index(name)
        values = [row[place] for row in self.data]
        if convert_to != "numpy":
            return values
        import numpy as np

        return np.asarray(values)

    def iterrows(self) -> Iterator[tuple[int, list[Any]]]:
        """(number, row) for each row."""
        yield from enumerate(self.data)

    def get_dataframe(self) -> Any:
        """The table as a pandas frame."""
        return import_module("pandas").DataFrame(self.data, columns=self.columns)

    def __len__(self) -> int:
        return len(self.data)

    def __eq__(self, other: object) -> bool:
        return self._rows() == other._rows() if isinstance(other, Table) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Table({len(self.data)} rows × {len(self.columns)} columns)"

    def _rows(self) -> tuple[Any, ...]:
        return self.columns, [[to_json(cell) for cell in row] for row in self.data]

    def _place(self, place: int) -> str:
        return f"row {len(self.data)}, column {self.columns[place]!r}"

    def _cell(self, value: Any, where: str) -> Any:
        from museion.sdk.media import as_media

        media = as_media(value)
        return plain(value, where) if media is None else media

    def _agreed(self, place: int, cell: Any) -> str | None:
        known, found = self._kinds[place], _kind(cell)
        if known is None or found in (None, known):
            return known or found
        if self.allow_mixed_types:
            return "mixed"
        raise ValueInvalid(
            f"{self._place(place)} holds a {found}, the values before it are {known}s.",
            advice="Convert it, or make the table with allow_mixed_types=True.",
        )

    def _keep_as(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        content = self._encode(keeper, stem)
        kept = keep(keeper, self._folder, stem, content, ".table.json")
        return {"_type": self._type, **kept, "ncols": len(self.columns), "nrows": len(self.data)}

    def _encode(self, keeper: Keeper, stem: str) -> bytes:
        """The table's file; media in cells are left with `keeper` and stand in it as their JSON."""
        rows = [[_stored(cell, keeper, stem) for cell in row] for row in self.data]
        body = {"columns": self.columns, "data": rows, "column_types": [kind or "none" for kind in self._kinds]}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Table:
        if "columns" not in body:
            with opener(body["path"]) as file:
                body = json.load(file)
        kinds = body.get("column_types") or []
        mixed = len(kinds) != len(body["columns"]) or "mixed" in kinds
        rows = [
            [_loaded(cell, kinds[i] if i < len(kinds) else "", opener) for i, cell in enumerate(row)]
            for row in body["data"]
        ]
        return cls(columns=body["columns"], data=rows, allow_mixed_types=mixed)


def _check_columns(columns: Sequence[Any] | None, rows: list[Any]) -> list[Any]:
    if columns is None:
        width = len(rows[0]) if rows else 3
        return ["Input", "Output", "Expected"] if width == 3 else [f"Column {place + 1}" for place in range(width)]
    found = [as_numpy(name).item() if is_array(name) else name for name in columns]
    if not all(isinstance(name, str | int) and not isinstance(name, bool) for name in found):
        raise ValueInvalid(f"The columns {found!r} are not all text.", advice="Name columns by text.")
    if len(set(map(str, found))) != len(found):
        raise ValueInvalid(f"The columns {found!r} are not all different.")
    return found


def _kind(cell: Any) -> str | None:
    if cell is None:
        return None
    if isinstance(cell, bool):
        return "boolean"
    if isinstance(cell, Media):
        return cell._type
    return {int: "number", float: "number", str: "string", list: "list", dict: "object"}[type(cell)]


def _stored(cell: Any, keeper: Keeper, stem: str) -> Any:
    return cell._keep_as(keeper, stem) if isinstance(cell, Media) else to_json(cell)


def _loaded(cell: Any, kind: str, opener: Opener) -> Any:
    from museion.sdk.media import from_json

    if isinstance(cell, dict) and isinstance(cell.get("_type"), str):
        return from_json(cell, opener)
    return _NOT_FINITE.get(cell, cell) if kind == "number" and isinstance(cell, str) else cell
