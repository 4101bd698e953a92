"""Which project a lease of the blob store belongs to: what is uploaded under it may be named there only."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from museion.catalog import tables as t


class Uploads:
    """The table `upload`."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def add(self, lease: str, project: int, expires: float) -> None:
        self._sql.execute(insert(t.upload).values(lease=lease, project=project, expires=expires))

    def project(self, lease: str, now: float) -> int | None:
        """The project's key, or None if there is no such lease, or no more."""
        u = t.upload.c
        return self._sql.execute(select(u.project).where(u.lease == lease, u.expires > now)).scalar()

    def remove(self, lease: str) -> None:
        """Forget a lease, known or not."""
        self._sql.execute(delete(t.upload).where(t.upload.c.lease == lease))

    def sweep(self, now: float) -> None:
        """Forget leases that are over."""
        self._sql.execute(delete(t.upload).where(t.upload.c.expires <= now))
