"""The catalog: transactions that hand out the repositories."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, Engine

from museion.catalog.alerts import Alerts
from museion.catalog.artifacts import Artifacts
from museion.catalog.changes import ChangeLog
from museion.catalog.collections import Collections
from museion.catalog.console import Console
from museion.catalog.drafts import Drafts
from museion.catalog.edges import Edges
from museion.catalog.files import Files
from museion.catalog.manifests import Manifests, Shelf
from museion.catalog.papers import Edits, Signatures
from museion.catalog.projects import Projects
from museion.catalog.registry import Links, ProtectedAliases
from museion.catalog.run_table import RunTable, RunTables
from museion.catalog.runs import Runs
from museion.catalog.trash import Trash
from museion.catalog.uploads import Uploads
from museion.catalog.users import ApiKeys, Users
from museion.catalog.views import Views
from museion.catalog.wandb import Reports, Sweeps, WandbRuns
from museion.catalog.wandb_artifacts import WandbArtifacts


class Rows:
    """The repositories of one transaction."""

    def __init__(self, connection: Connection, shelf: Shelf) -> None:
        self.connection = connection
        self._shelf = shelf

    @cached_property
    def projects(self) -> Projects:
        return Projects(self.connection)

    @cached_property
    def runs(self) -> Runs:
        return Runs(self.connection)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(self.connection)

    @cached_property
    def files(self) -> Files:
        return Files(self.connection)

    @cached_property
    def console(self) -> Console:
        return Console(self.connection)

    @cached_property
    def collections(self) -> Collections:
        return Collections(self.connection)

    @cached_property
    def artifacts(self) -> Artifacts:
        return Artifacts(self.connection)

    @cached_property
    def links(self) -> Links:
        return Links(self.connection)

    @cached_property
    def protected_aliases(self) -> ProtectedAliases:
        return ProtectedAliases(self.connection)

    @cached_property
    def edits(self) -> Edits:
        return Edits(self.connection)

    @cached_property
    def signatures(self) -> Signatures:
        return Signatures(self.connection)

    @cached_property
    def drafts(self) -> Drafts:
        return Drafts(self.connection)

    @cached_property
    def trash(self) -> Trash:
        return Trash(self.connection)

    @cached_property
    def manifests(self) -> Manifests:
        return Manifests(self.connection, self._shelf)

    @cached_property
    def edges(self) -> Edges:
        return Edges(self.connection)

    @cached_property
    def users(self) -> Users:
        return Users(self.connection)

    @cached_property
    def api_keys(self) -> ApiKeys:
        return ApiKeys(self.connection)

    @cached_property
    def uploads(self) -> Uploads:
        return Uploads(self.connection)

    @cached_property
    def views(self) -> Views:
        return Views(self.connection)

    @cached_property
    def changes(self) -> ChangeLog:
        return ChangeLog(self.connection)

    @cached_property
    def wandb_runs(self) -> WandbRuns:
        return WandbRuns(self.connection)

    @cached_property
    def sweeps(self) -> Sweeps:
        return Sweeps(self.connection)

    @cached_property
    def reports(self) -> Reports:
        return Reports(self.connection)

    @cached_property
    def wandb_artifacts(self) -> WandbArtifacts:
        return WandbArtifacts(self.connection)


class Catalog:
    """Rows of everything but history and bytes, in the database of `engine`."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._shelf = Shelf()
        self._run_tables = RunTables()

    @contextmanager
    def transaction(self) -> Iterator[Rows]:
        """Change rows: all of it is kept, durably, or nothing."""
        with self.engine.begin() as connection:
            yield Rows(connection, self._shelf)

    @contextmanager
    def reading(self) -> Iterator[Rows]:
        """Look at rows as they are at one moment; waits for nobody."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "postgresql":  # SQLite reads one snapshot by itself
                connection = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield Rows(connection, self._shelf)

    @contextmanager
    def run_table(self, project: int) -> Iterator[tuple[Rows, RunTable]]:
        """Look at rows and at the run table of a project, both as they are at one moment."""
        with self._run_tables.locked(project) as table, self.reading() as rows:
            yield rows, table
