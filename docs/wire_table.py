"""Write the table of operations into docs/WIRE.md: `python docs/wire_table.py`. A test compares.

What W&B's client asks is in tests/golden/wandb-operations.json: for each operation the fields it selects, with the
names of their arguments. An operation is spoken if the schema has all of it; what is spoken in part, or for show, says
so in NOTES.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLUnionType, get_named_type

DOCS = Path(__file__).parent
OPERATIONS = DOCS.parent / "tests" / "golden" / "wandb-operations.json"
BEGIN, END = "<!-- operations: begin -->", "<!-- operations: end -->"

NOTES = {
    "CreateInvite": "partly: a user of this server becomes a member at once, no mail is sent",
    "CreateServiceAccount": "partly: the account is made, its key by `museion user key`",
    "CreateUserFromAdmin": "partly: the name before the @ becomes the account, no address is kept",
    "DeleteApiKey": "partly: by id; the client compares whole keys, of which we keep only a hint",
    "GetViewer": "partly: `apiKeys` are told by their hints, `email` is empty",
    "GetProject": "partly: as GetViewer",
    "GetProjects": "partly: as GetViewer",
    "SearchUsers": "partly: as GetViewer; an address means the name before the @",
    "FetchAdvancedRegistryFeatures": "partly: always null; registries are searched by name, tag and alias",
    "FetchOrganization": "partly: every entity is an organisation of its own",
    "OrganizationCoreWeaveOrganizationID": "partly: always null",
    "UpsertRegistry": "partly: types are not restricted, who may see it is as for the entity",
    "SweepWithRuns": "partly: `scheduler` as it was sent",
    "CreateProject": "partly: name and description; access and the rest have no meaning here",
    "MarkRunFilesUploaded": "partly: nothing to do, a file is there once its PUT was answered",
    "RewindRun": "partly: to a `_step` only",
}
"""What the schema alone does not tell."""


def walk(text: str) -> Iterator[tuple[int, str, str, list[str]]]:
    """(depth, type condition, field, arguments) of each field in a selection as the golden file writes it."""
    depth, inside = 0, [""]
    condition = ""
    for token in re.finditer(r"\.\.\.on (\w+)|(?:\w+:)?(\w+)(?:\(([\w, ]*)\))?|([{}])", text):
        on, field, arguments, brace = token.groups()
        if on:
            condition = on
        elif field:
            yield depth, inside[-1], field, [a.strip() for a in (arguments or "").split(",") if a.strip()]
        elif brace == "{":
            depth += 1
            inside.append(condition)
            condition = ""
        else:
            depth -= 1
            inside.pop()


def missing(schema: Any, kind: str, asks: str) -> list[str]:
    """The fields and arguments that the schema does not have."""
    root = schema.query_type if kind == "query" else schema.mutation_type
    types: dict[int, Any] = {0: root}
    lost: list[str] = []
    for depth, condition, field, arguments in walk(asks):
        # An inline fragment opens a brace of its own: the field is looked for in the nearest type that is known.
        home = schema.get_type(condition) if condition else types.get(depth)
        if field == "__typename":
            continue
        found = home.fields.get(field) if isinstance(home, GraphQLObjectType | GraphQLInterfaceType) else None
        if found is None:
            lost.append(field)
            types[depth + 1] = None
            continue
        if depth or kind == "query":  # a mutation's arguments travel in its input
            lost.extend(f"{field}({name})" for name in arguments if name not in found.args)
        named = get_named_type(found.type)
        types[depth + 1] = named
        if isinstance(named, GraphQLUnionType):
            types[depth + 1] = None
    return lost


def rows() -> list[tuple[str, str, str, str]]:
    """(operation, kind, state, note) of each operation."""
    from museion.wandb_wire.graphql import schema

    out: dict[tuple[str, str], tuple[str, str]] = {}
    for one in json.loads(OPERATIONS.read_text()):
        lost = missing(schema(), one["kind"], one["asks"])
        note = NOTES.get(one["name"], "")
        state = "not" if lost else "partly" if note.startswith("partly") else "spoken"
        said = note.removeprefix("partly: ") if not lost else "no " + ", ".join(f"`{field}`" for field in lost[:4])
        key = (one["name"], one["kind"])
        if key not in out or state == "not":
            out[key] = (state, said)
    return [
        (name, kind, *found) for (name, kind), found in sorted(out.items(), key=lambda item: (item[0][1], item[0][0]))
    ]


def table() -> str:
    """The table as it stands in the page."""
    found = rows()
    counts = {state: sum(row[2] == state for row in found) for state in ("spoken", "partly", "not")}
    lines = [f"{counts['spoken']} spoken, {counts['partly']} partly, {counts['not']} not, of {len(found)}.", ""]
    lines += ["| operation | kind | state | |", "|---|---|---|---|"]
    lines += [f"| {name} | {kind} | {state} | {note} |" for name, kind, state, note in found]
    return "\n".join(lines)


def main() -> None:
    page = DOCS / "WIRE.md"
    head, _, rest = page.read_text().partition(BEGIN)
    fresh = f"{head}{BEGIN}\n\n{table()}\n\n{END}{rest.partition(END)[2]}"
    page.write_text(fresh)
    sys.stdout.write(f"{page} written\n")


if __name__ == "__main__":
    main()
