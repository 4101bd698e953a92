"""`museion artifact`: what came out, put in and taken out by hand, named, linked, compared and deleted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from museion.cli import lineage, output, signing
from museion.cli.connect import api_of_project, connect, split_project
from museion.cli.named import home_of, named
from museion.errors import FileMissing, UsageError
from museion.model.names import ArtifactRef

app = typer.Typer(help="Artifacts.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="name:alias, project/name:v3 or entity/project/name:alias")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

for _name, _command in (
    ("lineage", lineage.lineage),
    ("upstream", lineage.upstream),
    ("downstream", lineage.downstream),
    ("stale", lineage.stale),
    ("verify", signing.verify),
    ("sign", signing.sign),
):
    app.command(_name)(_command)


@app.command("ls")
def ls(
    name: Annotated[
        str | None, typer.Argument(help="An artifact: list its versions; with `:alias`, its files.")
    ] = None,
    project: output.Project = None,
    type: Annotated[str | None, typer.Option(help="Only this type.")] = None,
    json: output.Json = False,
) -> None:
    """List the artifacts of a project, the versions of one, or the files of a version."""
    if name is not None:
        _ls_files(name, project, json) if ":" in name else _ls_versions(name, project, json)
        return
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


def _ls_versions(name: str, project: str | None, json: bool) -> None:
    transport = connect()
    ref = ArtifactRef.parse(name)
    inside = home_of(ref, project)
    found = transport.request("GET", api_of_project(transport, inside, "artifacts", ref.name)).json()["versions"]
    if json:
        output.emit(found)
        return
    now = time.time()
    rows = (
        [
            v["version"],
            ", ".join(v["aliases"]),
            ", ".join(v["tags"]),
            v["files"],
            output.size(v["size"]),
            output.ago(now, v["created_at"]),
            v["source"] or v["made_by"],
        ]
        for v in found
    )
    output.table(("version", "aliases", "tags", "files", "size", "made", "by"), rows)


def _ls_files(name: str, project: str | None, json: bool) -> None:
    entries = named(name, project).manifest.items()
    if json:
        output.emit([{"path": p, "size": e.size, "digest": e.digest, "uri": e.ref} for p, e in entries])
        return
    rows = ([path, output.size(e.size) if e.size is not None else None, e.ref or e.digest] for path, e in entries)
    output.table(("path", "size", "content"), rows)


@app.command("get")
def get(
    name: Name,
    root: Annotated[Path | None, typer.Argument(help="Folder to put it in; ./artifacts/<name>:<version>.")] = None,
    path: Annotated[str | None, typer.Option(help="Only this file or folder of it.")] = None,
    manifest: Annotated[bool, typer.Option("--manifest", help="Put its manifest beside the folder.")] = False,
    skip_cache: Annotated[bool, typer.Option("--skip-cache", help="Neither read nor fill the cache.")] = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Download a version; files that are there and unchanged are left alone."""
    artifact = named(name, project)
    folder = artifact.download(root, path_prefix=path, skip_cache=skip_cache)
    if manifest:
        from museion.sdk.integrity import write_manifest

        write_manifest(artifact, Path(folder))
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
    tag: Annotated[list[str] | None, typer.Option("--tag", help="May be given several times.")] = None,
    days: Annotated[float | None, typer.Option(help="Delete it after so many days.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Log a file or a folder as the next version of an artifact."""
    if not path.exists():
        raise FileMissing(f"There is no {path}.", advice="Give a file or a folder that is there.")
    from datetime import timedelta

    from museion.sdk.artifact import Artifact
    from museion.sdk.publish import publish

    transport = connect()
    entity, inside = split_project(transport, project)
    artifact = Artifact(name or path.resolve().name, type, description)
    if days is not None:
        artifact.ttl = timedelta(days=days)
    with output.console.status(f"Reading {path}"):
        artifact.add_dir(path) if path.is_dir() else artifact.add_file(path)
    existing = publish(transport, entity, inside, artifact, aliases=alias or [], tags=tag or [])
    if json:
        found = {"artifact": artifact.qualified_name, "size": artifact.size, "files": len(artifact)}
        output.emit({**found, "existing": existing})
    else:
        what = " (the version had this content already)" if existing else ""
        output.say(f"{artifact.qualified_name}: {output.size(artifact.size)} in {len(artifact)} files{what}")


@app.command("diff")
def diff(
    name: Name,
    other: Annotated[str, typer.Argument(help="What to compare with: `:v2`, name:v2, project/name:best.")],
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Say how a version differs from another: files, metadata, rows and tensors, bytes."""
    from dataclasses import asdict

    found = named(name, project).diff(other)
    if json:
        output.emit(asdict(found))
        return
    output.say(f"{found.before} → {found.after}")
    for sign, paths in (("+", found.added), ("-", found.removed), ("~", found.changed)):
        for path in paths:
            output.say(f"  {sign} {path}")
            if inside := found.inside.get(path):
                counts = f"+{len(inside.added)} -{len(inside.removed)} ~{len(inside.changed)}, {inside.same} same"
                output.say(f"      {inside.kind}: {counts}")
    for key, (before, after) in found.metadata.items():
        output.say(f"  metadata {key}: {before!r} → {after!r}")
    output.say(
        f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed, {found.same} same; "
        f"{output.size(found.shared_bytes)} shared, {output.size(found.new_bytes)} new"
    )


@app.command("tag")
def tag(
    name: Name,
    add: Annotated[list[str] | None, typer.Argument(help="Tags to add.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", "-r", help="A tag to take away.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Add tags to a version, or take some away."""
    _edit(name, project, json, "tags", {"add_tags": add or [], "remove_tags": remove or []})


@app.command("alias")
def alias(
    name: Name,
    add: Annotated[list[str] | None, typer.Argument(help="Aliases to give it; they move here.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", "-r", help="An alias to take away.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Give a version aliases, or take some away."""
    _edit(name, project, json, "aliases", {"add_aliases": add or [], "remove_aliases": remove or []})


def _edit(name: str, project: str | None, json: bool, field: str, change: dict[str, Any]) -> None:
    if not any(change.values()):
        raise UsageError(f"No {field} were given.", advice="Name what to add, or --remove what to take away.")
    papers = named(name, project)._on_server().patch(change)
    if json:
        output.emit(papers)
    else:
        output.say(f"{papers['name']}:{papers['version']}: {', '.join(papers[field]) or 'none'}")


@app.command("protect")
def protect(
    alias: Annotated[
        list[str] | None, typer.Argument(help="All aliases to protect; none given: say which are.")
    ] = None,
    nothing: Annotated[bool, typer.Option("--none", help="Protect no alias any more.")] = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Set which aliases of a project's artifacts only admins may move, or say which these are."""
    transport = connect()
    path = api_of_project(transport, project, "protected-aliases")
    if alias or nothing:
        found = transport.request("PUT", path, json={"aliases": alias or []}).json()
    else:
        found = transport.request("GET", path).json()
    if json:
        output.emit(found)
    else:
        output.say(", ".join(found) or "No alias is protected.")


@app.command("link")
def link(
    name: Name,
    target: Annotated[str, typer.Argument(help="A registry's collection: project/name or entity/project/name.")],
    alias: Annotated[list[str] | None, typer.Option("--alias", "-a", help="An alias there.")] = None,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Link a version into a registry; `museion artifact rm` of what it is called there takes the link away."""
    shown = named(name, project).link(target, alias)
    if json:
        output.emit({"artifact": shown.qualified_name, "source": shown.source_qualified_name, "aliases": shown.aliases})
    else:
        output.say(f"{shown.qualified_name} ({', '.join(shown.aliases)}) is {shown.source_qualified_name}")


@app.command("rm")
def rm(
    name: Annotated[str, typer.Argument(help="name:v3, or a name (with * for any text) and what to delete of it.")],
    all_versions: Annotated[bool, typer.Option("--all", help="The whole artifact, with all its versions.")] = False,
    keep: Annotated[int | None, typer.Option(help="All but so many of the newest.", min=0)] = None,
    older: Annotated[float | None, typer.Option(help="Those made more than so many days ago.", min=0)] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Those with this tag.")] = None,
    aliased: Annotated[bool, typer.Option("--aliased", help="Also those that have an alias.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    yes: Yes = False,
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Delete versions, and say what that frees. They can be restored for a week: `museion artifact restore`."""
    if keep is None and older is None and not tag:
        _rm_one(name, project, all_versions, dry_run, yes, json)
        return
    transport = connect()
    ref = ArtifactRef.parse(name.replace("*", "x"))
    inside = home_of(ref, project)
    before = time.time() - older * 86_400 if older is not None else None
    wanted = {"names": [name.rpartition("/")[2]], "tags": tag or [], "keep": keep or 0, "before": before}
    if aliased:
        wanted |= {"aliased": None}
    path = api_of_project(transport, inside, "versions", "delete")
    look = transport.request("POST", path, json={**wanted, "dry_run": True}).json()
    if not dry_run and look["deleted"] and _sure(f"Delete {look['deleted']} versions?", look, yes, json):
        look = transport.request("POST", path, json=wanted).json()
    _say_deleted(look, dry_run, json)


def _rm_one(name: str, project: str | None, everything: bool, dry_run: bool, yes: bool, json: bool) -> None:
    if ":" not in name and not everything:
        raise UsageError(f"{name!r} is a whole artifact.", advice="Name a version (name:v3), or say --all.")
    transport = connect()
    ref = ArtifactRef.parse(name)
    inside = home_of(ref, project)
    rest = ("artifacts", ref.name) if everything else ("artifacts", ref.name, ref.pointer)
    path = api_of_project(transport, inside, *rest)
    found = transport.request("GET", path).json()
    look = {"deleted": found["total"] if everything else 1, "freed": None, "versions": [name], "kept": []}
    if not dry_run and _sure(f"Delete {name}?", look, yes, json):
        look |= transport.request("DELETE", path).json()
    _say_deleted(look, dry_run, json)


def _sure(question: str, look: dict[str, Any], yes: bool, json: bool) -> bool:
    if yes or json:
        return True
    freed = f" That frees {output.size(look['freed'])}." if look["freed"] is not None else ""
    return typer.confirm(f"{question}{freed}", abort=True)


def _say_deleted(found: dict[str, Any], dry_run: bool, json: bool) -> None:
    if json:
        output.emit(found)
        return
    freed = (
        f"{'would free' if dry_run else 'frees'} {output.size(found['freed'])}" if found["freed"] is not None else ""
    )
    output.say(f"{found['deleted']} versions{' to delete' if dry_run else ' deleted'} {freed}".rstrip())
    if found["kept"]:
        output.say(f"{len(found['kept'])} stay for an alias or a link: {', '.join(found['kept'][:10])}")


@app.command("trash")
def trash(project: output.Project = None, json: output.Json = False) -> None:
    """List deleted versions that can be restored."""
    transport = connect()
    found = transport.request("GET", api_of_project(transport, project, "trash")).json()
    if json:
        output.emit(found)
        return
    now = time.time()
    rows = ([f"{t['name']}:{t['version']}", t["type"], output.ago(now, t["deleted_at"]), t["by"]] for t in found)
    output.table(("version", "type", "deleted", "by"), rows)


@app.command("restore")
def restore(
    name: Annotated[str, typer.Argument(help="name:v3, or a name: all that was deleted of it.")],
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Bring deleted versions back."""
    transport = connect()
    ref = ArtifactRef.parse(name)
    inside = home_of(ref, project)
    asked = {"name": ref.name, "version": ref.pointer if ":" in name else None}
    path = api_of_project(transport, inside, "trash", "restore")
    found = transport.request("POST", path, json=asked).json()
    if json:
        output.emit(found)
    else:
        output.say(", ".join(f"{v['name']}:{v['version']}" for v in found))
