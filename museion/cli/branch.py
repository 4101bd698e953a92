"""`museion run fork` and `museion run rewind`: go on from a step, in another run or in the same one."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from museion.cli import output
from museion.cli.connect import api_of_project, connect

Run = Annotated[str, typer.Argument(help="A run's id.")]
Step = Annotated[int, typer.Argument(help="The last step that is seen.")]


def fork(
    run: Run,
    step: Step,
    into: Annotated[str, typer.Argument(help="The id of the run that goes on from there; made if it is not there.")],
    project: output.Project = None,
    json: output.Json = False,
) -> None:
    """Let another run show this one's history up to a step, and then its own."""
    transport = connect()
    path = api_of_project(transport, project, "runs", into, "fork")
    found = transport.request("POST", path, json={"parent": run, "step": step}).json()
    _tell(found, f"{into} goes on from {found['forked_from']} after step {step}.", json)


def rewind(run: Run, step: Step, project: output.Project = None, json: output.Json = False) -> None:
    """Take a run back to a step. What came after is hidden, not lost: it stays readable as a layer."""
    transport = connect()
    path = api_of_project(transport, project, "runs", run, "rewind")
    found = transport.request("POST", path, json={"step": step}).json()
    _tell(found, f"{found['id']} stands at step {step} again.", json)


def _tell(found: Any, words: str, json: bool) -> None:
    if json:
        output.emit(found)
    else:
        output.say(words)
