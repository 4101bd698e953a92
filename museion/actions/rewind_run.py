"""Rewind a run: take it back to a step and go on from there."""

from __future__ import annotations

from dataclasses import replace

from museion.actions.seen_summary import logged_keys, seen_summary
from museion.actions.stores import Stores, run_key
from museion.history.spans import Spans, owner_of
from museion.model.run import Run


def rewind_run(stores: Stores, entity: str, project: str, run: str, step: int) -> Run:
    """Hide the rows after `step`: they stay readable as a layer, and what is logged from now on is seen.

    The summary becomes that of `step`; what was put into it by hand stays. Rewinding again to the same step with
    nothing logged since is no news. Raises RunNotFound.
    """
    with stores.catalog.reading() as rows:
        home, key = run_key(rows, entity, project, run)
        found = rows.runs.get(key).run
    before = logged_keys(stores, key)
    if found.rewound_to == step and stores.history.is_fresh(key):
        return found
    stores.history.rewind(key, step)
    now = stores.clock()
    summary = seen_summary(stores, key, found.metrics)
    with stores.catalog.transaction() as rows:
        fresh = rows.runs.get(key).run
        by_hand = {name: value for name, value in fresh.summary.items() if name not in before}
        rewound = replace(fresh, rewound_to=step, summary={**by_hand, **summary}, updated_at=now)
        rows.runs.change(key, rewound)
        rows.changes.record(home, "run", fresh.id, now)
    return rewound


def read_layers(stores: Stores, entity: str, project: str, run: str) -> list[list[tuple[str | None, int | None]]]:
    """Each view the run has had, as (id of the run whose rows they are, last step seen); the last is the present one.

    The id is None where that run is gone and only its rows are still needed.
    """
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
        layers = stores.history.layers(key)
        ids = rows.runs.ids({owner_of(each.source) for spans in layers for each in spans})
    return [_named(spans, ids) for spans in layers]


def _named(spans: Spans, ids: dict[int, str]) -> list[tuple[str | None, int | None]]:
    return [(ids.get(owner_of(each.source)), each.stop) for each in spans]
