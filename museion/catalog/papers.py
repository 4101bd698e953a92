"""What is kept beside a version's papers: how they were edited, and who signed its manifest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from museion.catalog import tables as t
from museion.catalog.sql import from_text, to_text, upsert
from museion.model.artifact import Edit
from museion.model.signature import Signature


class Edits:
    """The table `version_edit`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, version: int, changes: Mapping[str, Any], by: str | None, now: float) -> None:
        """Note what changed, field → [before, after]; nothing is no news."""
        if changes:
            row = {"version": version, "at": now, "by": by, "changes": to_text(dict(changes), "changes")}
            self._sql.execute(insert(t.version_edit).values(row))

    def of(self, version: int, limit: int, offset: int = 0) -> list[Edit]:
        """How the version's papers were edited, the last first."""
        e = t.version_edit.c
        wanted = select(e.at, e.by, e.changes).where(e.version == version)
        wanted = wanted.order_by(e.key.desc()).limit(limit).offset(offset)
        return [Edit(row.at, row.by, from_text(row.changes)) for row in self._sql.execute(wanted)]


class Signatures:
    """The table `signature`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def put(self, version: int, signature: Signature) -> None:
        """Keep it; one of the same key is replaced."""
        fields = {
            "signer": signature.signer,
            "body": signature.body,
            "created_at": signature.created_at,
            "by": signature.by,
        }
        put = upsert(self._sql, t.signature).values(version=version, fingerprint=signature.fingerprint, **fields)
        self._sql.execute(put.on_conflict_do_update(index_elements=["version", "fingerprint"], set_=fields))

    def of(self, version: int) -> list[Signature]:
        s = t.signature.c
        wanted = select(s.fingerprint, s.signer, s.body, s.created_at, s.by).where(s.version == version)
        return [Signature(*row) for row in self._sql.execute(wanted.order_by(s.created_at, s.fingerprint))]

    def remove(self, version: int, fingerprint: str) -> bool:
        """Take one away; False if it was not there."""
        s = t.signature.c
        where = s.version == version, s.fingerprint == fingerprint
        return bool(self._sql.execute(delete(t.signature).where(*where)).rowcount)
