"""Files of runs as their bytes arrive."""

from __future__ import annotations

from typing import IO, cast

from sqlalchemy import select

from museion.actions.receive_content import Readable, receive_content
from museion.actions.save_files import NewFile, save_files
from museion.actions.stores import Stores
from museion.catalog import tables as t
from museion.errors import NotFound
from museion.wandb_wire.nouns.lookup import project_row


def put_file(stores: Stores, run: int, path: str, body: IO[bytes]) -> str:
    """Keep `body` as the run's file at `path`; returns its MD5 in hex. Raises NotFound if the run is gone."""
    with stores.catalog.reading() as rows:
        named = rows.connection.execute(select(t.run.c.id, t.run.c.project).where(t.run.c.key == run)).first()
        home = None if named is None else project_row(rows, named.project)
    if named is None or home is None:
        raise NotFound("The run of this file is not there any more.")
    content = receive_content(stores, home.entity, home.name, cast("Readable", body))
    save_files(stores, home.entity, home.name, named.id, [NewFile(path, content.digest, content.size)])
    return content.md5
