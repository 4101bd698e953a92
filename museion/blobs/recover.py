"""After a crash: what was half-written goes, what was written and not indexed is indexed, what is lost is said."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, select, update

from museion.blobs import tables
from museion.blobs.index import STORED, Index, batches, delete_pack_rows, insert_new
from museion.blobs.ingest import index_pack
from museion.blobs.pack import Footer, read_footer
from museion.blobs.packs import Packs, Span
from museion.errors import PackCorrupt

COMING = 3_600.0
"""Seconds that a pack which another server announced may take to come."""


def recover(root: Path, packs: Packs, index: Index, now: float) -> None:
    """Bring folder and index together again."""
    for leftover in (root / "tmp").glob("*.tmp"):
        leftover.unlink(missing_ok=True)
    with index.read() as conn:
        columns = (tables.pack.c.id, tables.pack.c.state, tables.pack.c.touched_at)
        found = {row.id: row for row in conn.execute(select(*columns))}
    there = dict(packs.each())
    fresh = now - COMING if packs.shared else now
    rows = {row.id: row.state for row in found.values() if row.state == STORED or row.touched_at <= fresh}
    for pack in sorted(there.keys() - {pack for pack, state in rows.items() if state == STORED}):
        index_again(packs, index, pack, there[pack], now)
    for batch in batches(sorted(rows.keys() - there.keys())):
        with index.write() as conn:
            report_lost(conn, batch)


def index_again(packs: Packs, index: Index, pack: str, size: int, now: float) -> bool:
    """The pack was verified before it got its name, so its footer is enough. One that does not hold together is put
    aside under another name, for a person to look at: False."""
    try:
        footer = footer_of(packs, pack, size)
    except PackCorrupt:
        packs.put_aside(pack)
        return False
    with index.write() as conn:
        row = {"id": pack, "size": footer.size, "chunks": len(footer.entries), "state": STORED, "touched_at": now}
        insert_new(conn, tables.pack, [row])
        conn.execute(update(tables.pack).where(tables.pack.c.id == pack).values(row))
        index_pack(conn, footer)
    return True


def footer_of(packs: Packs, pack: str, size: int) -> Footer:
    """What a pack says it holds; raises PackCorrupt."""
    footer = read_footer(lambda offset, length: packs.read(Span(pack, offset, length)), size)
    if footer.id != pack:
        raise PackCorrupt(f"The pack {pack} is not the one its name says.")
    return footer


def report_lost(conn: Connection, packs: list[str]) -> None:
    """Packs that are not there: rows nobody needs go; files that need them are damaged, and so asked for again."""
    unused = list(_unused(conn, packs))
    delete_pack_rows(conn, unused)
    lost = sorted(set(packs) - set(unused))
    conn.execute(update(tables.chunk).where(tables.chunk.c.pack.in_(lost)).values(damaged=True))
    files = select(tables.file_pack.c.digest).where(tables.file_pack.c.pack.in_(lost))
    conn.execute(update(tables.file).where(tables.file.c.digest.in_(files)).values(damaged=True))


def _unused(conn: Connection, packs: list[str]) -> list[str]:
    """Unused by any file: the pins of uploads do not bring bytes back."""
    used = select(tables.file_pack.c.pack).where(tables.file_pack.c.pack.in_(packs))
    keep = set(conn.execute(used).scalars())
    return [pack for pack in packs if pack not in keep]
