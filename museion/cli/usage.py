"""`museion usage` and `museion quota`: what takes how much on the server, and how much may."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect, split_project
from museion.errors import UsageError
from museion.sdk.local import byte_count
from museion.sdk.settings import from_environment
from museion.sdk.transport import HttpTransport, project_path

NO_LIMIT = "none"
_TITLES = ("files", "content", "on disk", "its own")


def usage(
    project: Annotated[
        str | None, typer.Argument(help="Project, or entity/project; without one, every project you may read.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Say what projects take on the server's disk, or the artifacts of one, and what of it only they need."""
    transport = connect()
    if project is None and from_environment().project is None:
        _of_projects(transport, json)
    else:
        _of_project(transport, project, json)


def _of_projects(transport: HttpTransport, json: bool) -> None:
    found = []
    for one in transport.request("GET", "/api/v1/projects").json():
        place = (one["entity"], one["name"])
        quota = transport.request("GET", project_path(*place, "quota")).json()
        found.append({"project": "/".join(place), **_usage(transport, project_path(*place)), "quota": quota})
    if json:
        output.emit(found)
        return
    rows = ([one["project"], *_cells(one), output.size(one["quota"]["held"]), _limit(one["quota"])] for one in found)
    output.table(("project", *_TITLES, "held", "quota"), rows)


def _of_project(transport: HttpTransport, project: str | None, json: bool) -> None:
    base = api_of_project(transport, project)
    quota = transport.request("GET", f"{base}/quota").json()
    whole = _usage(transport, base)
    listed = transport.request("GET", f"{base}/artifacts").json()["collections"]
    place = split_project(transport, project)
    parts = [
        {"artifact": one["name"], "type": one["type"]}
        | _usage(transport, project_path(*place, "artifacts", one["name"], "-"))
        for one in listed
    ]
    if json:
        output.emit({"project": "/".join(place), **whole, "quota": quota, "artifacts": parts})
        return
    rows = [[part["artifact"], part["type"], *_cells(part)] for part in parts]
    output.table(("artifact", "type", *_TITLES), rows)
    held, limit = output.size(quota["held"]), _limit(quota)
    output.say(f"{'/'.join(place)}: {output.size(whole['stored'])} in all, {held} with garbage, quota {limit}.")


def quota(
    project: Annotated[str, typer.Argument(help="Project, or entity/project.")],
    limit: Annotated[
        str | None, typer.Argument(metavar="[SIZE|none]", help="The most it may hold (500GB, 1TiB), or `none`.")
    ] = None,
    json: output.Json = False,
) -> None:
    """Show how much a project may hold and holds; with a size, set it (admins of the whole server)."""
    transport = connect()
    path = api_of_project(transport, project, "quota")
    if limit is None:
        found = transport.request("GET", path).json()
    else:
        found = transport.request("PUT", path, json={"bytes": _parsed(limit)}).json()
    if json:
        output.emit(found)
        return
    output.say(f"{project} holds {output.size(found['held'])}, garbage included; its quota is {_limit(found)}.")


def _parsed(limit: str) -> int | None:
    if limit.lower() == NO_LIMIT:
        return None
    count = byte_count(limit, "The quota")
    if count is None:
        raise UsageError("The quota is empty.", advice="Write a size such as 500GB, or `none`.")
    return count


def _usage(transport: HttpTransport, path: str) -> dict[str, Any]:
    found: dict[str, Any] = transport.request("GET", f"{path}/usage").json()
    return found


def _cells(found: dict[str, Any]) -> list[str]:
    return [f"{found['files']:,}", *(output.size(found[name]) for name in ("size", "stored", "unique"))]


def _limit(quota: dict[str, Any]) -> str:
    return "none" if quota["bytes"] is None else output.size(quota["bytes"])
