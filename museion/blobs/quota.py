"""Quotas: how many bytes of chunks a scope may hold. What it holds is what it sent, each chunk once, as it is stored,
until the garbage collector took it back."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select

from museion.blobs import tables
from museion.blobs.index import claimed
from museion.blobs.pack import Footer
from museion.errors import StorageFull


def read_quota(conn: Connection, scope: int) -> int | None:
    """The most bytes it may hold; None if nobody said."""
    found = conn.execute(select(tables.quota.c.bytes).where(tables.quota.c.scope == scope)).scalar()
    return None if found is None else int(found)


def set_quota(conn: Connection, scope: int, limit: int | None) -> None:
    """Say how many bytes it may hold; None takes that back."""
    conn.execute(delete(tables.quota).where(tables.quota.c.scope == scope))
    if limit is not None:
        conn.execute(insert(tables.quota).values(scope=scope, bytes=limit))


def held(conn: Connection, scope: int) -> int:
    """Bytes in packs that it holds now."""
    joined = tables.chunk_scope.join(tables.chunk, tables.chunk.c.hash == tables.chunk_scope.c.hash)
    total = select(func.coalesce(func.sum(tables.chunk.c.stored), 0)).select_from(joined)
    return int(conn.execute(total.where(tables.chunk_scope.c.scope == scope)).scalar_one())


def check_quota(conn: Connection, scope: int, coming: Footer) -> None:
    """Raise StorageFull if the scope may not hold what this pack brings it beside what it holds."""
    limit = read_quota(conn, scope)
    if limit is None:
        return
    known = claimed(conn, [entry.hash for entry in coming.entries], [scope])
    more = sum(entry.stored for entry in coming.entries if entry.hash not in known)
    now = held(conn, scope)
    if now + more > limit:
        name = conn.execute(select(tables.scope.c.name).where(tables.scope.c.id == scope)).scalar()
        raise StorageFull(
            f"{name} may hold {limit:,} bytes; it holds {now:,}, and {more:,} more would come.",
            advice="Delete what is not needed and run `museion gc`, or ask an admin for a larger quota.",
            limit=limit,
            used=now,
            more=more,
        )
