"""Edit the papers of a version: description, metadata, tags, aliases. Its content never changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from museion.actions.resolve import find_version
from museion.actions.stores import Stores
from museion.catalog.sql import plain
from museion.errors import ValueInvalid
from museion.model.artifact import LATEST, Version
from museion.model.names import check_alias, check_tag


def edit_artifact(
    stores: Stores,
    entity: str,
    project: str,
    name: str,
    pointer: str,
    *,
    description: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    add_aliases: Sequence[str] = (),
    remove_aliases: Sequence[str] = (),
    tags: Sequence[str] | None = None,
) -> Version:
    """The version as it is now. None leaves a field alone; an empty description takes it away. An alias that another
    version has is moved here. `latest` can be moved but not taken away."""
    for alias in add_aliases:
        check_alias(alias)
    for tag in tags or ():
        check_tag(tag)
    if LATEST in remove_aliases:
        raise ValueInvalid("The alias 'latest' cannot be taken away.", advice="Give it to another version.")
    fields: dict[str, Any] = {}
    if description is not None:
        fields["description"] = plain(description, "description") or None
    if metadata is not None:
        fields["metadata"] = dict(metadata)
    if tags is not None:
        fields["tags"] = list(dict.fromkeys(tags))
    now = stores.clock()
    with stores.catalog.transaction() as rows:
        stored = find_version(rows, entity, project, name, pointer, lock=True)
        rows.artifacts.change(stored.key, fields, now)
        rows.artifacts.unpoint(stored.key, list(remove_aliases))
        rows.artifacts.point(stored.collection, add_aliases, stored.key)
        rows.artifacts.touch(stored.collection, now)
        rows.changes.record(rows.artifacts.home(stored.collection), "collection", name, now)
        return rows.artifacts.get(stored.key).version
