"""Read one run."""

from __future__ import annotations

from museion.actions.stores import Stores, project_key
from museion.errors import RunNotFound
from museion.model.run import Run


def read_run(stores: Stores, entity: str, project: str, run: str) -> Run:
    """The run with this id; `latest` is the newest of the project. Raises ProjectNotFound or RunNotFound."""
    with stores.catalog.reading() as rows:
        found = rows.runs.find(project_key(rows, entity, project), run)
    if found is None:
        raise RunNotFound(f"There is no run {run!r} in {entity}/{project}.")
    return found.run
