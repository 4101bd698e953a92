"""Edit the papers of runs: name, notes, tags, group and job type."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from museion.actions.choose_runs import Choice, choose_runs
from museion.actions.stores import Stores, run_key
from museion.catalog.sql import plain
from museion.model.names import check_name, check_tag
from museion.model.run import Run

KEEP: Any = object()
"""Leave it as it is."""


@dataclass(frozen=True, slots=True)
class RunEdit:
    """What to set; None takes notes, group or job type away. `add_tags` and `remove_tags` follow after `tags`."""

    name: str = KEEP
    notes: str | None = KEEP
    group: str | None = KEEP
    job_type: str | None = KEEP
    tags: Sequence[str] = KEEP
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()

    def check(self) -> None:
        """Raise NameInvalid or ValueInvalid for what cannot be."""
        if self.name is not KEEP:
            check_name(self.name, "run name")
        for value, what in ((self.group, "group"), (self.job_type, "job type")):
            if value is not KEEP and value is not None:
                check_name(value, what)
        if self.notes is not KEEP:
            plain(self.notes, "notes")
        for tag in (*(() if self.tags is KEEP else self.tags), *self.add_tags):
            check_tag(tag)

    def applied(self, run: Run, now: float) -> Run:
        """The run as it is afterwards."""
        given = {f.name: getattr(self, f.name) for f in fields(self)[:4] if getattr(self, f.name) is not KEEP}
        tags = run.tags if self.tags is KEEP else tuple(self.tags)
        kept = dict.fromkeys(tag for tag in (*tags, *self.add_tags) if tag not in self.remove_tags)
        return replace(run, **given, tags=tuple(kept), updated_at=now)


def edit_run(stores: Stores, entity: str, project: str, run: str, edit: RunEdit) -> Run:
    """The run as it is now; raises RunNotFound, NameInvalid, ValueInvalid."""
    edit.check()
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        changed = edit.applied(rows.runs.get(key).run, now)
        rows.runs.change(key, changed)
        rows.changes.record(home, "run", changed.id, now)
    return changed


def edit_runs(
    stores: Stores, entity: str, project: str, choice: Choice, edit: RunEdit, *, dry_run: bool = False
) -> int:
    """Edit all these runs at once; returns how many."""
    edit.check()
    keys = choose_runs(stores, entity, project, choice)
    if dry_run:
        return len(keys)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        for key, (home, run) in rows.runs.named(keys).items():
            rows.runs.change(key, edit.applied(rows.runs.get(key).run, now))
            rows.changes.record(home, "run", run, now)
    return len(keys)
