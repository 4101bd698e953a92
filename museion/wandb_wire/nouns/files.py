"""Files of a run: where to put them, where they are, and away with them."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ariadne import MutationType, ObjectType

from museion.catalog.files import RunFile
from museion.errors import NotFound, ValueInvalid
from museion.model.paths import check_path
from museion.wandb_wire import ids
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import RunNode, context, require_run, run_by_key
from museion.wandb_wire.nouns.projects import place_of
from museion.wandb_wire.pages import connection, size

PUT = "wandb-run-put"
GET = "wandb-run-get"
MAX_NAMES = 10_000
MAX_MATCHED = 100_000

mutation = MutationType()
run_type = ObjectType("Run")


@dataclass(frozen=True, slots=True)
class FileNode:
    """A file of a run; one that is only asked about (to be uploaded, say) has no content."""

    node: RunNode
    path: str
    file: RunFile | None = None
    md5: str | None = None


def plain_path(name: str) -> str:
    """The path that the client means: it may begin with `./`, or have doubled slashes. Raises PathInvalid."""
    return check_path(re.sub(r"/{2,}", "/", name.removeprefix("./")))


def upload_url(node: RunNode, path: str) -> str:
    """Where the content of `path` may be put, by whoever has this."""
    return node.asked.links.url(PUT, {"run": node.key, "path": path}, path)


def read_url(node: RunNode, file: RunFile) -> str:
    """Where the content can be read, by whoever has this."""
    fields = {"run": node.key, "path": file.path, "digest": file.digest, "size": file.size}
    return node.asked.links.url(GET, fields, file.path)


@run_type.field("fileCount")
def resolve_count(node: RunNode, _: Any) -> int:
    with node.asked.stores.catalog.reading() as rows:
        return rows.files.count(node.key)[0]


@run_type.field("files")
def resolve_files(
    node: RunNode,
    _: Any,
    names: list[str | None] | None = None,
    pattern: str | None = None,
    after: str | None = None,
    first: int | None = None,
) -> dict[str, Any]:
    """Files in order of path: those named (there or not: an upload asks before it begins), or like a pattern."""
    if names:
        return _named(node, [name for name in names[:MAX_NAMES] if name])
    limit = size(first)
    with node.asked.stores.catalog.reading() as rows:
        if pattern:
            every = rows.files.page(node.key, "", after or "", MAX_MATCHED)
            found = [file for file in every if _like(pattern).fullmatch(file.path)][: limit + 1]
        else:
            found = rows.files.page(node.key, "", after or "", limit + 1)
        total, _size = rows.files.count(node.key)
    nodes = _nodes(node, found[:limit])
    return _page(nodes, total, more=len(found) > limit)


def _named(node: RunNode, names: list[str]) -> dict[str, Any]:
    paths = [plain_path(name) for name in names]
    with node.asked.stores.catalog.reading() as rows:
        known = {path: rows.files.get(node.key, path) for path in paths}
    there = {one.path: one for one in _nodes(node, [file for file in known.values() if file is not None])}
    nodes = [there.get(path) or FileNode(node, path) for path in paths]
    return _page(nodes, len(nodes), more=False)


def _page(nodes: list[FileNode], total: int, *, more: bool) -> dict[str, Any]:
    shown = [file_fields(node) for node in nodes]
    return connection(shown, more=more, cursor=lambda one: str(one["name"]), totalCount=total)


def _nodes(node: RunNode, files: list[RunFile]) -> list[FileNode]:
    with node.asked.stores.catalog.reading() as rows:
        known = rows.wandb_artifacts.contents(sorted({file.digest for file in files}))
    prints = {digest: base64.b64encode(bytes.fromhex(content.md5)).decode() for digest, content in known.items()}
    return [FileNode(node, file.path, file, prints.get(file.digest)) for file in files]


def _like(pattern: str) -> re.Pattern[str]:
    """SQL's LIKE: % is any text, _ any letter."""
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(letter) or re.escape(letter) for letter in pattern[:1_024]), re.DOTALL)


def file_fields(file: FileNode) -> dict[str, Any]:
    """A file as the schema has it; `url` is where to read it, or where to put it if the document says `upload`."""
    known = file.file

    def url(_: Any = None, upload: bool | None = False) -> str:
        return upload_url(file.node, file.path) if upload or known is None else read_url(file.node, known)

    return {
        "id": ids.seal_path("File", file.node.key, file.path),
        **dict.fromkeys(("name", "displayName", "storagePath"), file.path),
        "url": url,
        "directUrl": url,
        "uploadUrl": lambda _: upload_url(file.node, file.path),
        "uploadHeaders": [],
        "sizeBytes": known.size if known else 0,
        "updatedAt": known.updated_at if known else None,
        **dict.fromkeys(("md5", "digest"), file.md5),
    }


@mutation.field("createRunFiles")
def resolve_create(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Where to put files: as many URLs as names, in their order."""
    asked = context(info)
    node = require_run(asked, input["entityName"], input["projectName"], input["runName"])
    if len(input["files"]) > MAX_NAMES:
        raise ValueInvalid(f"At most {MAX_NAMES:,} files are asked for at once.")
    files = [{"name": name, "uploadUrl": upload_url(node, plain_path(name))} for name in input["files"]]
    return {"runID": node.id, "uploadHeaders": [], "files": files}


@mutation.field("markRunFilesUploaded")
def resolve_mark(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """A file is there once its PUT was answered; there is nothing left to do."""
    require_run(context(info), input["entityName"], input["projectName"], input["runName"])
    return {"success": True}


@mutation.field("deleteFiles")
def resolve_delete(_: Any, info: Any, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    asked = context(info)
    if input.get("projectId") is not None and place_of(asked, input["projectId"]) is None:
        raise NotFound("There is no such project.")
    found = [_open(asked, one) for one in input["files"][:MAX_NAMES]]
    with asked.stores.catalog.transaction() as rows:
        for node, path in found:
            rows.files.remove(node.key, path)
            rows.changes.record(node.home, "run", node.run.id, asked.stores.clock())
    asked.changed = True
    return {"success": True}


def _open(asked: Asked, global_id: str) -> tuple[RunNode, str]:
    named = ids.unseal_path("File", global_id)
    node = run_by_key(asked, named[0]) if named else None
    if named is None or node is None:
        raise NotFound("There is no such file.")
    asked.demand("write", node.run.entity)
    return node, named[1]


BINDABLES = (mutation, run_type)
