"""Two tables joined by a column they share."""

from __future__ import annotations

from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.base import Keeper, Media, Opener
from museion.sdk.media.table import Table


class JoinedTable(Media):
    """`table1` and `table2`, to be looked at side by side where their `join_key` (or pair of keys) is equal.

    Raises:
        ValueInvalid: a table lacks the column, or something else than two tables was given.
    """

    _type = "joined-table"
    _folder = "table"

    def __init__(self, table1: Table, table2: Table, join_key: str | tuple[str, str] | list[str]) -> None:
        for number, table in enumerate((table1, table2), 1):
            if not isinstance(table, Table):
                raise ValueInvalid(f"table{number} is a {type(table).__name__}.", advice="Give two tables.")
        self.join_key = join_key if isinstance(join_key, str) else [str(key) for key in join_key]
        self._table1, self._table2 = table1, table2
        for table, key in zip((table1, table2), self._keys(), strict=True):
            table.get_column(key)

    def _keys(self) -> tuple[str, str]:
        if isinstance(self.join_key, str):
            return self.join_key, self.join_key
        if len(self.join_key) != 2:
            raise ValueInvalid(f"join_key has {len(self.join_key)} names.", advice="Give one, or one for each table.")
        return self.join_key[0], self.join_key[1]

    def join(self) -> Table:
        """The rows of both tables whose keys are equal: the key, then the other columns, with `_1` and `_2` behind
        names that both have."""
        (left, right), (key1, key2) = (self._table1, self._table2), self._keys()
        at1, at2 = left.columns.index(key1), right.columns.index(key2)
        rest1, rest2 = _without(left.columns, at1), _without(right.columns, at2)
        partners: dict[Any, list[list[Any]]] = {}
        for row in right.data:
            partners.setdefault(_hashable(row[at2]), []).append(row)
        both = {key1, *rest1} & set(rest2)
        names = [key1, *(_named(n, both, 1) for n in rest1), *(_named(n, both, 2) for n in rest2)]
        rows = [
            [row[at1], *_without(row, at1), *_without(partner, at2)]
            for row in left.data
            for partner in partners.get(_hashable(row[at1]), ())
        ]
        return Table(columns=names, data=rows, allow_mixed_types=True)

    def _keep_as(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        tables = [table._keep_as(keeper, stem) for table in (self._table1, self._table2)]
        return {"_type": self._type, "join_key": self.join_key, "table1": tables[0], "table2": tables[1]}

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> JoinedTable:
        tables = [Table._from_json(body[name], opener) for name in ("table1", "table2")]
        return cls(tables[0], tables[1], body["join_key"])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, JoinedTable):
            return NotImplemented
        mine = (self._table1, self._table2, self.join_key)
        return mine == (other._table1, other._table2, other.join_key)

    __hash__ = None  # type: ignore[assignment]


def _without(items: list[Any], place: int) -> list[Any]:
    return [item for i, item in enumerate(items) if i != place]


def _named(name: Any, both: set[Any], number: int) -> str:
    return f"{name}_{number}" if name in both else str(name)


def _hashable(cell: Any) -> Any:
    return repr(cell) if isinstance(cell, list | dict) else cell
