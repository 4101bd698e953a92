"""List the runs of a project."""

from __future__ import annotations

from museion.actions.stores import Stores, project_key
from museion.catalog.run_query import RunPage, RunQuery, query_runs

__all__ = ["RunPage", "RunQuery", "list_runs"]


def list_runs(stores: Stores, entity: str, project: str, query: RunQuery | None = None) -> RunPage:
    """A page of runs, filtered and sorted; raises ProjectNotFound, or ValueInvalid for a query it cannot read."""
    with stores.catalog.reading() as rows:
        return query_runs(rows.connection, project_key(rows, entity, project), query or RunQuery())
