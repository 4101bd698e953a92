"""`museion artifact lineage | upstream | downstream | stale`: where a version comes from, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect
from museion.cli.named import named

Name = Annotated[str, typer.Argument(help="name:alias, project/name:v3 or entity/project/name:alias")]


def upstream(name: Name, project: output.Project = None, json: output.Json = False) -> None:
    """List everything a version depends on, to any depth."""
    _reach(name, project, json, "upstream")


def downstream(name: Name, project: output.Project = None, json: output.Json = False) -> None:
    """List everything that was made of a version, to any depth."""
    _reach(name, project, json, "downstream")


def lineage(name: Name, project: output.Project = None, json: output.Json = False) -> None:
    """Say who made a version, who used it, and count what lies up- and downstream of it."""
    source = named(name, project)._on_server()
    runs = source.runs()
    ways = {way: source.ask(way, limit=1) for way in ("upstream", "downstream")}
    counts = {way: {**found["versions_by_type"], **_jobs(found)} for way, found in ways.items()}
    maker, users = runs["made_by"], runs["used_by"]
    if json:
        made_by = maker["id"] if maker else None
        output.emit({"made_by": made_by, "used_by": [user["id"] for user in users], **counts})
        return
    output.say(f"made by {maker['name']} ({maker['id']})" if maker else "made by no run")
    output.say(f"used by {', '.join(user['name'] for user in users) or 'no run'}")
    for way, found in counts.items():
        output.say(f"{way}: {', '.join(f'{count} {kind}' for kind, count in found.items()) or 'nothing'}")


def stale(
    name: Annotated[str | None, typer.Argument(help="A version; without it, the newest of each artifact.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """List what depends on something of which there is a newer version by now."""
    if name is None:
        transport = connect()
        found = transport.request("GET", api_of_project(transport, project, "stale")).json()
    else:
        found = named(name, project)._on_server().ask("stale")
    if json:
        output.emit(found["outdated"])
        return
    rows = ([_short(one["version"]), _short(one["input"]), one["newest"]["version"]] for one in found["outdated"])
    output.table(("version", "depends on", "newest"), rows)


def _reach(name: str, project: str | None, json: bool, way: str) -> None:
    found = named(name, project)._on_server().ask(way, limit=10_000)
    if json:
        output.emit(found)
        return
    output.table(("version", "type", "made by"), ([_short(v), v["type"], v["made_by"]] for v in found["versions"]))
    by_type = ", ".join(f"{count} {kind}" for kind, count in found["versions_by_type"].items())
    output.say(f"{by_type or 'no versions'}; {sum(found['runs_by_type'].values())} runs")
    if found["truncated"]:
        output.say("There is more than is listed; the counts are of all.")


def _jobs(found: dict[str, Any]) -> dict[str, int]:
    return {f"{kind} runs": count for kind, count in found["runs_by_type"].items()}


def _short(papers: dict[str, Any]) -> str:
    return f"{papers['project']}/{papers['name']}:{papers['version']}"
