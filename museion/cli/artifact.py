"""`museion artifact`: what came out, put in and taken out by hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect, split_project
from museion.errors import ArtifactNotFound, FileMissing
from museion.model.names import ArtifactRef

app = typer.Typer(help="Artifacts.", no_args_is_help=True)


@app.command("ls")
def ls(
    project: output.Project = None,
    type: Annotated[str | None, typer.Option(help="Only this type.")] = None,
    json: output.Json = False,
) -> None:
    """List the artifacts of a project."""
    transport = connect()
    path = api_of_project(transport, project, "artifacts")
    found = transport.request("GET", path, query={"type": type}).json()["collections"]
    if json:
        output.emit(found)
        return
    now = time.time()
    rows = (
        [c["name"], c["type"], c["latest"], c["versions"], output.size(c["size"]), output.ago(now, c["updated_at"])]
        for c in found
    )
    output.table(("name", "type", "latest", "versions", "size", "updated"), rows)


@app.command("get")
def get(
    name: Annotated[str, typer.Argument(help="name:alias, project/name:v3 or entity/project/name:alias")],
    root: Annotated[Path | None, typer.Argument(help="Folder to put it in; ./artifacts/<name>:<version>.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Download a version; files that are there and unchanged are left alone."""
    from museion.sdk.api import Api

    transport = connect()
    ref = ArtifactRef.parse(name)
    entity, inside = (ref.entity, ref.project) if ref.entity else split_project(transport, ref.project or project)
    artifact = Api(transport=transport).artifact(f"{entity}/{inside}/{ref.name}:{ref.pointer}")
    with output.console.status(f"Downloading {artifact.name}"):
        folder = artifact.download(root)
    if json:
        output.emit({"artifact": artifact.qualified_name, "path": folder, "size": artifact.size})
    else:
        output.say(f"{artifact.name}: {output.size(artifact.size)} in {folder}")


@app.command("put")
def put(
    path: Annotated[Path, typer.Argument(help="A file or a folder.")],
    name: Annotated[str | None, typer.Option("--name", "-n", help="Its name; the file's own by default.")] = None,
    type: Annotated[str, typer.Option("--type", "-t", help="Its type.")] = "dataset",
    description: Annotated[str | None, typer.Option("--description", "-d")] = None,
    alias: Annotated[list[str] | None, typer.Option("--alias", "-a", help="May be given several times.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Log a file or a folder as the next version of an artifact."""
    if not path.exists():
        raise FileMissing(f"There is no {path}.", advice="Give a file or a folder that is there.")
    transport = connect()
    entity, inside = split_project(transport, project)
    version = _log(path, entity, inside, name or path.resolve().name, type, description, alias or [])
    if json:
        output.emit(version)
    else:
        output.say(f"{version['artifact']}: {output.size(version['size'])} in {version['files']} files")


def _log(
    path: Path, entity: str, project: str, name: str, type: str, description: str | None, aliases: list[str]
) -> dict[str, Any]:
    import museion

    artifact = museion.Artifact(name, type=type, description=description)
    with output.console.status(f"Reading {path}"):
        artifact.add_dir(path) if path.is_dir() else artifact.add_file(path)
    settings = {"silent": True, "console": "off"}
    with museion.init(project=project, entity=entity, job_type="put", settings=settings) as run:
        run.log_artifact(artifact, aliases=aliases)
        with output.console.status(f"Sending {output.size(artifact.size)}"):
            artifact.wait()
    if artifact.is_draft():
        raise ArtifactNotFound(f"{name} was not committed.", advice="`museion sync` sends what is waiting.")
    return {"artifact": artifact.qualified_name, "size": artifact.size, "files": len(artifact.manifest.entries)}
