"""Put runs in groups, with counts and aggregates; and say which columns they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from museion.actions.stores import Stores, project_key
from museion.catalog.run_groups import (
    ColumnInfo,
    Group,
    aggregates_of,
    columns_of,
    groups_of,
    sorted_groups,
)
from museion.catalog.run_query import Selection, chosen
from museion.model.query.order import fields_of

__all__ = ["ColumnInfo", "Group", "GroupPage", "group_runs", "list_columns"]


@dataclass(frozen=True, slots=True)
class GroupPage:
    """A page of groups; `total` counts groups, `runs` the runs in all of them, `next` is where to go on."""

    groups: list[Group]
    total: int
    runs: int
    next: int | None


def group_runs(
    stores: Stores,
    entity: str,
    project: str,
    selection: Selection,
    *,
    by: str,
    aggregates: str = "",
    order: str = "-count",
    start: int = 0,
    limit: int = 100,
) -> GroupPage:
    """The groups of these runs; each says with which filter `list_runs` gives its runs. Raises QueryInvalid."""
    fields, wanted = fields_of(by), aggregates_of(aggregates)
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
    with stores.catalog.run_table(home) as (rows, table):
        places = chosen(rows.connection, table, home, selection, *fields, *(one.field for one in wanted))
        found = sorted_groups(groups_of(table, places, fields, wanted), fields, order)
    stop = start + limit
    shown = [group.with_filter(fields, selection.tree()) for group in found[start:stop]]
    return GroupPage(shown, len(found), len(places), stop if stop < len(found) else None)


def list_columns(
    stores: Stores, entity: str, project: str, selection: Selection, *, differing: bool = False
) -> Sequence[ColumnInfo]:
    """The columns these runs have in the run table, or only those in which they differ."""
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
    with stores.catalog.run_table(home) as (rows, table):
        return columns_of(table, chosen(rows.connection, table, home, selection), differing)
