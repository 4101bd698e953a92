"""Write the tables of rooms in docs/ARCHITECTURE.md again, from the first line of each file's docstring.

`python docs/source_map.py` rewrites the part between the two markers; a test compares.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "ARCHITECTURE.md"
BEGIN, END = "<!-- map: begin -->", "<!-- map: end -->"
ROOMS = (
    ("cli", "arguments to calls"),
    ("server", "HTTP: parse, authorise, call one action, render"),
    ("server/routes", "the doors, a file for each noun"),
    ("sdk", "what runs inside a training job, and its uploader"),
    ("sdk/api", "the reading API"),
    ("sdk/imports", "bringing in what W&B's clients and servers hold"),
    ("sdk/media", "pictures, tables, sounds"),
    ("sdk/plots", "plots out of tables and of what a classifier said"),
    ("wandb_wire", "what unmodified W&B clients say, translated to actions"),
    ("wandb_wire/nouns", "resolvers, a file for each noun"),
    ("wandb_wire/artifacts", "artifacts as W&B clients speak of them"),
    ("actions", "verbs, the only room that holds the stores together"),
    ("catalog", "rows"),
    ("history", "numbers over steps"),
    ("blobs", "bytes by digest"),
    ("previews", "what a file holds, told without running anything of it"),
    ("model", "nouns, no input or output"),
    ("model/query", "the filter language"),
)


def first_line(path: Path) -> str:
    """The first sentence of a module's docstring, made fit for a table."""
    text = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")[0].replace("\n", " ")
    return text.replace("|", "\\|")


def render() -> str:
    """All tables."""
    parts = []
    for room, what in ROOMS:
        parts.append(f"### `museion/{room}/`: {what}\n\n| file | idea |\n|---|---|")
        files = sorted((ROOT / "museion" / room).glob("*.py"))
        parts[-1] += "".join(f"\n| `{p.name}` | {first_line(p)} |" for p in files if p.name != "__init__.py")
    return "\n\n".join(parts)


def written(page: str) -> str:
    """`page` with its tables as they should be."""
    head, _, rest = page.partition(BEGIN)
    tail = rest.partition(END)[2]
    return f"{head}{BEGIN}\n\n{render()}\n\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
