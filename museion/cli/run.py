"""`museion run`: what ran."""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer

from museion.cli import export, output
from museion.cli.connect import api_of_project, connect

app = typer.Typer(help="Runs.", no_args_is_help=True)
app.command("export")(export.export)


@app.command("ls")
def ls(
    project: output.Project = None,
    state: Annotated[str | None, typer.Option(help="running, finished, failed, crashed or killed.")] = None,
    job_type: Annotated[str | None, typer.Option(help="Only this job type.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, newest first.", min=1, max=10_000)] = 50,
    json: output.Json = False,
) -> None:
    """List runs, newest first."""
    transport = connect()
    path = api_of_project(transport, project, "runs")
    query = {"state": state, "job_type": job_type, "limit": min(limit, 1000)}
    runs: list[dict[str, Any]] = []
    cursor: str | None = None
    while len(runs) < limit:
        asked = {**{k: v for k, v in query.items() if v is not None}, **({"cursor": cursor} if cursor else {})}
        page = transport.request("GET", path, query=asked).json()
        runs += page["runs"]
        cursor = page["next"]
        if not cursor:
            break
    runs = runs[:limit]
    if json:
        output.emit(runs)
        return
    rows = ([r["id"], r["name"], r["job_type"], r["state"], output.ago(time.time(), r["created_at"])] for r in runs)
    output.table(("id", "name", "job type", "state", "started"), rows)
