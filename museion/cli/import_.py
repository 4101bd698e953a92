"""`museion import`: bring in what W&B's clients and servers hold."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from museion.cli import output
from museion.cli.connect import connect, entity_of, wait_until_ready
from museion.errors import UsageError
from museion.sdk.imports.copies import Proof

app = typer.Typer(help="Bring in what other trackers hold.", no_args_is_help=True)
Paths = Annotated[list[Path] | None, typer.Argument(help="Folders that W&B's client wrote offline.")]


@app.command("wandb")
def import_wandb(
    paths: Paths = None,
    source: Annotated[str | None, typer.Option("--from", help="URL of a W&B-compatible server.")] = None,
    key: Annotated[str | None, typer.Option(help="API key there (default: WANDB_API_KEY).")] = None,
    entity: Annotated[str | None, typer.Option(help="Entity there (default: the key's own).")] = None,
    project: Annotated[list[str] | None, typer.Option("--project", "-p", help="Only these projects.")] = None,
    into: Annotated[str | None, typer.Option(help="Entity here (default: your own).")] = None,
    json: output.Json = False,
) -> None:
    """Bring in runs and artifacts, and prove that all of it is there. Doing it again goes on where it was cut off.

    Exit code 1 if something differs or could not be brought over.
    """
    from museion.sdk.imports.bring import from_folders, from_server

    if bool(paths) == bool(source):
        raise UsageError("Name folders, or a server with --from.")
    transport = connect()
    wait_until_ready(transport)
    here = into or entity_of(transport)
    tell = (lambda proof: None) if json else show
    if source:
        secret = key or os.environ.get("WANDB_API_KEY")
        if not secret:
            raise UsageError("There is no key for the source.", advice="Give --key, or set WANDB_API_KEY.")
        proofs = from_server(source, secret, entity, project, transport, here, tell)
    else:
        proofs = from_folders(paths or [], transport, here, tell)
    if json:
        output.emit([proof.to_json() for proof in proofs])
    wrong = sum(not proof.equal for proof in proofs)
    if not json:
        output.say(f"{len(proofs)} things brought in; " + ("all equal." if not wrong else f"{wrong} differ."))
    if wrong:
        raise typer.Exit(1)


def show(proof: Proof) -> None:
    """One thing in a line, and what is wrong with it below."""
    counts = ", ".join(f"{name} {here}" for name, (_, here) in proof.compared.items())
    output.say(f"{'=' if proof.equal else '≠'} {proof.what}: {counts}")
    for name, (there, here) in proof.compared.items():
        if there != here:
            output.say(f"    {name}: {there} there, {here} here")
    for line in (*proof.faults, *proof.notes):
        output.say(f"    {line}")
