"""List the runs of a project."""

from __future__ import annotations

from museion.actions.stores import Stores, project_key
from museion.catalog.run_query import RunPage, RunQuery, Selection, query_runs
from museion.model.run import Run

__all__ = ["RunPage", "RunQuery", "Selection", "list_deleted", "list_runs"]


def list_runs(stores: Stores, entity: str, project: str, query: RunQuery | None = None) -> RunPage:
    """A page of runs, filtered and sorted; raises ProjectNotFound, or QueryInvalid for a query it cannot read."""
    with stores.catalog.reading() as rows:
        home = project_key(rows, entity, project)
    with stores.catalog.run_table(home) as (rows, table):
        return query_runs(rows.connection, table, home, query or RunQuery())


def list_deleted(stores: Stores, entity: str, project: str, limit: int = 1_000) -> list[Run]:
    """Runs in the trash, which `restore_runs` brings back, the last deleted first."""
    with stores.catalog.reading() as rows:
        return rows.runs.in_trash_of(project_key(rows, entity, project), limit)
