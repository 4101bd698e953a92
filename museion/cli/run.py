"""`museion run`: what ran, put in order, out of the way, or away."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any

import typer

from museion.cli import branch, export, output
from museion.cli.connect import api_of_project, connect
from museion.errors import UsageError
from museion.model.query.order import split
from museion.sdk.transport import HttpTransport

app = typer.Typer(help="Runs.", no_args_is_help=True)
app.command("export")(export.export)
app.command("fork")(branch.fork)
app.command("rewind")(branch.rewind)

Ids = Annotated[list[str] | None, typer.Argument(help="Ids of runs.", show_default=False)]
Filter = Annotated[
    str | None, typer.Option("--filter", "-f", help='All runs that this means: "state = failed and config.lr > 0.1".')
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.command("ls")
def ls(
    project: output.Project = None,
    filter: Filter = None,
    sort: Annotated[str, typer.Option("--sort", "-s", help="-created_at, -summary.loss,+name …")] = "-created_at",
    columns: Annotated[str | None, typer.Option("--columns", "-c", help="state,config.lr,summary.loss …")] = None,
    state: Annotated[str | None, typer.Option(help="running, finished, failed, crashed or killed.")] = None,
    job_type: Annotated[str | None, typer.Option(help="Only this job type.")] = None,
    archived: Annotated[bool, typer.Option("--archived", help="Only archived runs.")] = False,
    deleted: Annotated[bool, typer.Option("--deleted", help="Only runs that can still be restored.")] = False,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=100_000)] = 50,
    json: output.Json = False,
) -> None:
    """List runs, newest first. The filter language: docs/guides/queries.md."""
    transport = connect()
    if deleted:
        runs = transport.request("GET", api_of_project(transport, project, "run-trash")).json()[:limit]
    else:
        query = {"filter": filter, "sort": sort, "columns": columns, "state": state, "job_type": job_type}
        query["archived"] = "only" if archived else "no"
        runs = list(_runs(transport, api_of_project(transport, project, "runs"), query, limit))
    if json:
        output.emit(runs)
        return
    titles = split(columns or "name,job_type,state,created_at")
    now = time.time()
    output.table(("id", *titles), ([run["id"], *(_cell(run, title, now) for title in titles)] for run in runs))


def _runs(transport: HttpTransport, path: str, query: Mapping[str, Any], limit: int) -> Iterator[dict[str, Any]]:
    cursor: str | None = None
    while limit > 0:
        asked = {**query, "limit": min(limit, 1_000), "cursor": cursor}
        page = transport.request("GET", path, query={k: v for k, v in asked.items() if v is not None}).json()
        yield from page["runs"]
        limit -= len(page["runs"])
        cursor = page["next"]
        if not cursor:
            return


def _cell(run: Mapping[str, Any], title: str, now: float) -> Any:
    """What stands under `config.lr`, `state`, `created` …: as the server names it."""
    part, dot, key = title.partition(".")
    if dot and part in ("config", "summary"):
        value = run[part].get(key.strip('"'))
        return f"{value:.6g}" if isinstance(value, float) else value
    value = run.get(title, run.get(f"{title}_at"))
    if title.removesuffix("_at") in ("created", "updated", "heartbeat", "finished") and value is not None:
        return output.ago(now, value)
    return ", ".join(value) if isinstance(value, list) else value


@app.command("groups")
def groups(
    by: Annotated[str, typer.Argument(help="job_type, config.optimizer, tags … or several with commas.")],
    aggregates: Annotated[str, typer.Option("--aggregates", "-a", help="mean:summary.loss,max:summary.acc …")] = "",
    sort: Annotated[str, typer.Option("--sort", "-s", help="-count, -mean:summary.loss …")] = "-count",
    project: output.Project = None,
    filter: Filter = None,
    limit: Annotated[int, typer.Option(help="At most so many groups.", min=1, max=1_000)] = 50,
    json: output.Json = False,
) -> None:
    """Count runs in groups, with mean, std, min, max, sum or count of their numbers."""
    transport = connect()
    query = {"by": by, "aggregates": aggregates, "order": sort, "limit": limit, "filter": filter or ""}
    page = transport.request("GET", api_of_project(transport, project, "run-groups"), query=query).json()
    if json:
        output.emit(page["groups"])
        return
    found = page["groups"]
    named = list(found[0]["aggregates"]) if found else []
    rows = ([*g["values"], g["count"], *(_short(g["aggregates"][name]) for name in named)] for g in found)
    output.table((*split(by), "runs", *named), rows)


def _short(value: Any) -> Any:
    return f"{value:.6g}" if isinstance(value, float) else value


@app.command("edit")
def edit(
    ids: Ids = None,
    filter: Filter = None,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    notes: Annotated[str | None, typer.Option(help="New notes; an empty text takes them away.")] = None,
    group: Annotated[str | None, typer.Option(help="A new group; an empty text takes it away.")] = None,
    job_type: Annotated[str | None, typer.Option(help="A new job type; an empty text takes it away.")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Add this tag.")] = None,
    untag: Annotated[list[str] | None, typer.Option(help="Take this tag away.")] = None,
    dry_run: DryRun = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Change name, notes, group, job type and tags of runs."""
    papers = {"name": name, "notes": notes, "group": group, "job_type": job_type}
    change: dict[str, Any] = {key: value or None for key, value in papers.items() if value is not None}
    change |= {"add_tags": tag or [], "remove_tags": untag or []}
    if not any(value for value in change.values()) and not papers.keys() & change.keys():
        raise UsageError("Nothing was given to change.", advice="Give --name, --notes, --group, --job-type or --tag.")
    _change("edit", ids, filter, project, dry_run, json, "changed", edit=change)


@app.command("archive")
def archive(
    ids: Ids = None,
    filter: Filter = None,
    dry_run: DryRun = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Put runs out of the way: lists leave them out, nothing is lost."""
    _change("archive", ids, filter, project, dry_run, json, "archived")


@app.command("restore")
def restore(
    ids: Ids = None,
    filter: Filter = None,
    dry_run: DryRun = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Bring runs back from the archive, and deleted ones by their ids (`museion run ls --deleted`)."""
    _change("restore", ids, filter, project, dry_run, json, "restored")


@app.command("stop")
def stop(
    ids: Ids = None,
    filter: Filter = None,
    dry_run: DryRun = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Ask runs to stop; they hear it with their next heartbeat."""
    _change("stop", ids, filter, project, dry_run, json, "asked to stop")


@app.command("rm")
def rm(
    ids: Ids = None,
    filter: Filter = None,
    artifacts: Annotated[bool, typer.Option("--artifacts", help="Also the versions they made.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Delete runs, and say how many bytes that frees. They can be restored for a week: `museion run restore`."""

    def sure(look: Mapping[str, Any]) -> bool:
        if yes or json:
            return True
        if not sys.stdin.isatty():
            raise UsageError("Nobody is there to say yes.", advice="Give --yes, or --dry-run to look only.")
        return typer.confirm(f"Delete {_said(look)}?")

    _change("delete", ids, filter, project, dry_run, json, "deleted", sure, artifacts=artifacts)


def _change(
    action: str,
    ids: Sequence[str] | None,
    filter: str | None,
    project: str | None,
    dry_run: bool,
    json: bool,
    done: str,
    sure: Callable[[Mapping[str, Any]], bool] | None = None,
    **more: Any,
) -> None:
    """Do it to all these runs and say how many that were; `sure` is asked first, with what a dry run says."""
    if bool(ids) == (filter is not None):
        raise UsageError("Which runs?", advice="Give their ids, or --filter.")
    transport = connect()
    path = api_of_project(transport, project, "run-changes")
    body = {"action": action, **({"runs": ids} if ids else {"filter": filter}), **more}
    if dry_run or sure is not None:
        found = transport.request("POST", path, json={**body, "dry_run": True}).json()
    if not dry_run:
        if sure is not None and not sure(found):
            return
        found = transport.request("POST", path, json=body).json()
    if json:
        output.emit({**found, "dry_run": dry_run})
    else:
        output.say(f"{_said(found)} {'would be ' if dry_run else ''}{done}")


def _said(found: Mapping[str, Any]) -> str:
    runs, versions, freed = found["runs"], found["versions"], found["freed"]
    parts = [f"{runs} run{'' if runs == 1 else 's'}"]
    parts += [f"{versions} version{'' if versions == 1 else 's'}"] if versions else []
    return " and ".join(parts) + (f" ({output.size(freed)})" if freed else "")


@app.command("alerts")
def alerts(
    run: Annotated[str | None, typer.Argument(help="Only of this run.")] = None,
    project: output.Project = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 50,
    json: output.Json = False,
) -> None:
    """What runs said aloud, the last first."""
    transport = connect()
    path = api_of_project(transport, project, *(("runs", run) if run else ()), "alerts")
    found = transport.request("GET", path, query={"limit": limit}).json()["alerts"]
    if json:
        output.emit(found)
        return
    now = time.time()
    rows = ([output.ago(now, a["created_at"]), a["level"], a["run_name"], a["title"], a["text"]] for a in found)
    output.table(("when", "level", "run", "title", "text"), rows)
