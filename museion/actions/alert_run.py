"""Say something aloud about a run, and list what was said."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import get_args

from museion.actions.stores import Stores, project_key, run_key
from museion.catalog.alerts import Alert, Level
from museion.catalog.sql import plain
from museion.errors import ValueInvalid

MAX_TITLE = 200
MAX_TEXT = 10_000
MAX_WAIT = 30 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class AlertPage:
    """Alerts, the last first; `next` is the number to go on before."""

    alerts: list[Alert]
    next: int | None


def alert_run(
    stores: Stores,
    entity: str,
    project: str,
    run: str,
    title: str,
    text: str = "",
    level: Level = "info",
    *,
    wait: float = 0.0,
    uid: str | None = None,
) -> tuple[Alert, bool]:
    """The alert, and whether it is new: within `wait` seconds of the last one with this title it is not stored.

    `uid` makes a retry no news. Raises ValueInvalid for a title, text, level or wait that cannot be.
    """
    _check(title, text, level, wait)
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        home, key = run_key(rows, entity, project, run)
        known = rows.alerts.sent(key, uid) if uid else None
        known = known or (rows.alerts.since(key, title, now - wait) if wait > 0 else None)
        if known is not None:
            return known, False
        found = rows.alerts.add(key, plain(uid, "uid", 128) or uuid.uuid4().hex, title, text, level, now)
        rows.changes.record(home, "run", found.run, now)
    return found, True


def _check(title: str, text: str, level: str, wait: float) -> None:
    if not title.strip():
        raise ValueInvalid("The alert has no title.", advice="Say in a few words what happened.")
    plain(title, "title of the alert", MAX_TITLE)
    plain(text, "text of the alert", MAX_TEXT)
    if level not in get_args(Level):
        raise ValueInvalid(f"There is no level {level!r}.", advice="Use info, warn or error.")
    if not 0 <= wait <= MAX_WAIT:
        raise ValueInvalid(f"A wait of {wait} seconds cannot be.", advice="Give 0 to 30 days.")


def list_alerts(
    stores: Stores, entity: str, project: str, run: str | None = None, *, before: int | None = None, limit: int = 100
) -> AlertPage:
    """Alerts of a project, or of one of its runs."""
    with stores.catalog.reading() as rows:
        key = None if run is None else run_key(rows, entity, project, run)[1]
        found = rows.alerts.page(project_key(rows, entity, project), key, before, limit + 1)
    shown = found[:limit]
    return AlertPage(shown, shown[-1].number if len(found) > limit else None)
