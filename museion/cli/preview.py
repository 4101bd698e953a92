"""`museion preview`: what a file of a version holds, without downloading or running it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect
from museion.model.names import ArtifactRef


def preview(
    name: Annotated[str, typer.Argument(help="name:alias, project/name:v3 or entity/project/name:alias")],
    path: Annotated[str, typer.Argument(help="Path of the file in it.")],
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Tell what a file holds: columns and rows, tensors, what a pickle would call."""
    transport, ref = connect(), ArtifactRef.parse(name)
    named = "/".join(part for part in (ref.entity, ref.project) if part) or project
    address = api_of_project(transport, named, "artifacts", ref.name, ref.pointer, "preview")
    found = transport.request("GET", address, query={"path": path}).json()
    if json:
        output.emit(found)
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    facts = [f"{name.replace('_', ' ')} {value}" for name, value in (found.get("facts") or {}).items()]
    output.say(" · ".join([found["format"], *facts, *filter(None, [found.get("problem")])]))
    for call in found.get("calls") or []:
        if call["verdict"] != "harmless":
            output.say(f"loading it would call {call['name']} ({call['verdict']})")
    if found.get("columns"):
        rows = ([c["name"], c["type"], _values(c), c.get("missing")] for c in found["columns"])
        output.table(("column", "type", "values", "missing"), rows)
    if found.get("tensors"):
        listed = ([t["name"], t["dtype"], " × ".join(map(str, t["shape"]))] for t in found["tensors"])
        output.table(("tensor", "type", "shape"), listed)
    if found.get("entries"):
        output.table(("path", "size"), ([e["path"], output.size(e["size"])] for e in found["entries"]))
    if found.get("text"):
        output.say(found["text"])


def _values(column: dict[str, Any]) -> str:
    low, high = column.get("min"), column.get("max")
    if low is None or high is None:
        return ", ".join(text for text, _ in column.get("top") or [])
    return f"{low:.6g} … {high:.6g}" if isinstance(low, float) else f"{low} … {high}"
