"""Files of runs: path → content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, func, select

from museion.catalog import tables as t
from museion.catalog.sql import pieces, upsert


@dataclass(frozen=True, slots=True)
class RunFile:
    """A file of a run; `size` in bytes, `updated_at` UTC seconds since the epoch."""

    path: str
    digest: str
    size: int
    updated_at: float


class Files:
    """The table `run_file`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def put(self, run: int, files: Iterable[RunFile]) -> None:
        """Name contents; a path that is there gets the new content."""
        for piece in pieces(files, 1_000):
            rows = [{"run": run, **_columns(file)} for file in piece]
            put = upsert(self._sql, t.run_file)
            fresh = {name: put.excluded[name] for name in ("digest", "size", "updated_at")}
            self._sql.execute(put.on_conflict_do_update(index_elements=["run", "path"], set_=fresh), rows)

    def get(self, run: int, path: str) -> RunFile | None:
        f = t.run_file.c
        row = self._sql.execute(
            select(f.path, f.digest, f.size, f.updated_at).where(f.run == run, f.path == path)
        ).first()
        return None if row is None else RunFile(*row)

    def page(self, run: int, prefix: str = "", after: str = "", limit: int = 1_000) -> list[RunFile]:
        """Files whose path begins with `prefix` and comes after `after`, in order of path."""
        f = t.run_file.c
        wanted = select(f.path, f.digest, f.size, f.updated_at).where(*_under(run, prefix), f.path > after)
        return [RunFile(*row) for row in self._sql.execute(wanted.order_by(f.path).limit(limit))]

    def count(self, run: int, prefix: str = "") -> tuple[int, int]:
        """How many files, and how many bytes."""
        size = func.coalesce(func.sum(t.run_file.c.size), 0)
        files, size_sum = self._sql.execute(select(func.count(), size).where(*_under(run, prefix))).one()
        return int(files), int(size_sum)

    def contents(self, run: int) -> dict[str, int]:
        """digest → size of all files of the run."""
        f = t.run_file.c
        return dict(self._sql.execute(select(f.digest, f.size).where(f.run == run)).all())

    def digests(self) -> Iterator[str]:
        """Every content any run names."""
        yield from self._sql.execute(select(t.run_file.c.digest).distinct()).scalars()

    def named(self, digests: Iterable[str]) -> set[str]:
        """Those of `digests` that a file still names, of a run that is not in the trash."""
        found: set[str] = set()
        wanted = select(t.run_file.c.digest).join_from(t.run_file, t.run).where(t.run.c.deleted_at.is_(None))
        for piece in pieces(digests):
            found.update(self._sql.execute(wanted.where(t.run_file.c.digest.in_(piece))).scalars())
        return found

    def remove(self, run: int, path: str) -> None:
        """Name this content no more; one that is not there is no error."""
        self._sql.execute(delete(t.run_file).where(t.run_file.c.run == run, t.run_file.c.path == path))

    def forget(self, run: int) -> None:
        self._sql.execute(delete(t.run_file).where(t.run_file.c.run == run))


def _columns(file: RunFile) -> dict[str, str | int | float]:
    return {"path": file.path, "digest": file.digest, "size": file.size, "updated_at": file.updated_at}


def _under(run: int, prefix: str) -> tuple[ColumnElement[bool], ...]:
    here = t.run_file.c.run == run
    return (here, func.substr(t.run_file.c.path, 1, len(prefix)) == prefix) if prefix else (here,)
