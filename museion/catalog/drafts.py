"""Versions in the making that several runs add to: parts under one id, until one of them finishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from museion.catalog import tables as t
from museion.catalog.sql import from_text, to_text, upsert


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft's row; `papers` are the description, metadata, aliases and tags gathered so far."""

    key: int
    type: str
    papers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What one call added: a manifest, by the run with the key `run`, at `step`."""

    digest: str
    run: int | None
    step: int | None


class Drafts:
    """The tables `draft` and `draft_part`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def find(self, project: int, name: str, draft_id: str) -> StoredDraft | None:
        """The draft, locked until the transaction ends."""
        d = t.draft.c
        wanted = select(d.key, d.type, d.papers).where(d.project == project, d.name == name, d.id == draft_id)
        row = self._sql.execute(wanted.with_for_update()).first()
        return None if row is None else StoredDraft(row.key, row.type, from_text(row.papers))

    def ensure(self, project: int, name: str, draft_id: str, kind: str, now: float) -> StoredDraft:
        """The draft, made if it is not there; locked until the transaction ends."""
        fresh = {"project": project, "name": name, "id": draft_id, "type": kind, "papers": "{}"}
        put = upsert(self._sql, t.draft).values(created_at=now, updated_at=now, **fresh)
        self._sql.execute(put.on_conflict_do_nothing())
        found = self.find(project, name, draft_id)
        if found is None:  # pragma: no cover - the row above is there, or the transaction is gone
            raise AssertionError(draft_id)
        return found

    def add_part(self, draft: int, part: Part, papers: Mapping[str, Any], now: float) -> int:
        """Add a part and set the papers; gives how many parts there are."""
        p = t.draft_part.c
        count = int(self._sql.execute(select(func.count()).where(p.draft == draft)).scalar_one())
        row = {"draft": draft, "number": count, "digest": part.digest, "run": part.run, "step": part.step}
        self._sql.execute(insert(t.draft_part).values(row))
        fresh = {"papers": to_text(dict(papers), "papers"), "updated_at": now}
        self._sql.execute(update(t.draft).where(t.draft.c.key == draft).values(fresh))
        return count + 1

    def parts(self, draft: int) -> list[Part]:
        """The parts in the order they came."""
        p = t.draft_part.c
        wanted = select(p.digest, p.run, p.step).where(p.draft == draft).order_by(p.number)
        return [Part(*row) for row in self._sql.execute(wanted)]

    def delete(self, draft: int) -> None:
        self._sql.execute(delete(t.draft).where(t.draft.c.key == draft))

    def abandoned(self, before: float) -> bool:
        """Whether there is a draft nobody added to since `before`."""
        return (
            self._sql.execute(select(t.draft.c.key).where(t.draft.c.updated_at < before).limit(1)).first() is not None
        )

    def sweep(self, before: float) -> int:
        """Drop drafts nobody added to since `before`; gives how many."""
        return self._sql.execute(delete(t.draft).where(t.draft.c.updated_at < before)).rowcount
