"""Expire versions whose time to live is over, and drop drafts that nobody finished."""

from __future__ import annotations

from museion.actions.actor import Actor
from museion.actions.delete_artifact import Deletion, throw_away
from museion.actions.share_draft import ABANDONED
from museion.actions.stores import Stores

EXPIRY = Actor("expiry")


def expire_artifacts(stores: Stores) -> Deletion:
    """Delete what has expired, as a person would: it can be restored for a while.

    Versions that a registry links to, or that hold a protected alias, stay. `latest` moves to the newest left.
    """
    now = stores.clock()
    with stores.catalog.reading() as rows:
        if not rows.artifacts.expired(now) and not rows.drafts.abandoned(now - ABANDONED):
            return Deletion(0, 0)
    with stores.catalog.transaction() as rows:
        rows.drafts.sweep(now - ABANDONED)
        expired = rows.artifacts.expired(now)
        held = rows.protected_aliases.held(stored.key for stored in expired)
        return throw_away(rows, [stored for stored in expired if stored.key not in held], EXPIRY, now)
