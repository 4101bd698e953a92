"""After a crash: what was half-written goes, what was written and not indexed is indexed, what is lost is said."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, select, update

from museion.blobs import tables
from museion.blobs.collect import delete_pack_rows
from museion.blobs.index import STORED, Index, batches, insert_new
from museion.blobs.ingest import index_pack
from museion.blobs.pack import Footer, read_footer
from museion.blobs.read import pack_path
from museion.errors import PackCorrupt

_ID = re.compile(r"[0-9a-f]{64}")


def recover(root: Path, index: Index, now: float) -> None:
    """Bring folder and index together again."""
    for leftover in (root / "tmp").glob("*.tmp"):
        leftover.unlink(missing_ok=True)
    with index.read() as conn:
        rows = {row.id: row.state for row in conn.execute(select(tables.pack.c.id, tables.pack.c.state))}
    there = set(_packs(root))
    for pack in sorted(there - {pack for pack, state in rows.items() if state == STORED}):
        _index_again(root, index, pack, now)
    for batch in batches(sorted(rows.keys() - there)):
        with index.write() as conn:
            _report_lost(conn, batch)


def _packs(root: Path) -> Iterator[str]:
    for folder in os.scandir(root / "packs"):
        if folder.is_dir(follow_symlinks=False):
            yield from (entry.name for entry in os.scandir(folder) if _ID.fullmatch(entry.name))


def _index_again(root: Path, index: Index, pack: str, now: float) -> None:
    """The pack was verified before it got its name, so its footer is enough. One that does not hold together is put
    aside under another name, for a person to look at."""
    path = pack_path(root, pack)
    try:
        footer = _footer(path)
        if footer.id != pack:
            raise PackCorrupt(f"The pack {path} is not the one its name says.")
    except PackCorrupt:
        aside = root / "quarantine"
        aside.mkdir(exist_ok=True)
        path.rename(aside / pack)
        return
    with index.write() as conn:
        row = {"id": pack, "size": footer.size, "chunks": len(footer.entries), "state": STORED, "touched_at": now}
        insert_new(conn, tables.pack, [row])
        conn.execute(update(tables.pack).where(tables.pack.c.id == pack).values(row))
        index_pack(conn, footer)


def _footer(path: Path) -> Footer:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return read_footer(lambda offset, length: os.pread(fd, length, offset), os.fstat(fd).st_size)
    finally:
        os.close(fd)


def _report_lost(conn: Connection, packs: list[str]) -> None:
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
