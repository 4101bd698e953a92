"""History as files: Parquet, Arrow and CSV, of one run or of a project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from fastapi.responses import Response, StreamingResponse

from museion.actions.export_history import Format, export_project, export_run
from museion.server.content import disposition
from museion.server.context import Asked
from museion.server.doors import PROJECT, RUN, Door
from museion.server.routes.history import Layer

_TYPES = {
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
    "csv": "text/csv; charset=utf-8",
}
_ENDINGS = {"parquet": "parquet", "arrow": "arrows", "csv": "csv"}
Kind = Annotated[Format, Query(alias="format", description="parquet, arrow (a stream) or csv")]
Keys = Annotated[str | None, Query(description="Keys, joined by commas; else all but system ones", max_length=65536)]
Runs = Annotated[str | None, Query(description="Ids of runs, joined by commas; without, all", max_length=65536)]


def export_run_history(
    here: Asked, entity: str, project: str, run: str, kind: Kind = "parquet", keys: Keys = None, layer: Layer = None
) -> Response:
    """The history of a run as a file."""
    pieces = export_run(here.stores, entity, project, run, kind, _names(keys), layer=layer)
    return _file(pieces, f"{project}-{run}", kind)


def export_project_history(
    here: Asked, entity: str, project: str, kind: Kind = "parquet", runs: Runs = None, keys: Keys = None
) -> Response:
    """The history of many runs in one file, told apart by the column `_run`."""
    pieces = export_project(here.stores, entity, project, kind, _names(runs), _names(keys))
    return _file(pieces, project, kind)


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name for name in text.split(",") if name]


def _file(pieces: Iterator[bytes], name: str, kind: Format) -> Response:
    headers = {"Content-Disposition": disposition(f"{name}.{_ENDINGS[kind]}", inline=False)}
    return StreamingResponse(pieces, media_type=_TYPES[kind], headers={**headers, "Cache-Control": "no-store"})


_FILE = {
    "responses": {
        "200": {
            "description": "The file",
            "content": {
                kind.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}} for kind in _TYPES.values()
            },
        }
    }
}

DOORS = (
    Door("GET", f"{RUN}/export", export_run_history, "read", "history", openapi=_FILE),
    Door("GET", f"{PROJECT}/export", export_project_history, "read", "history", openapi=_FILE),
)
