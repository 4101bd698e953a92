"""Answers: a table or a line for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Project = Annotated[str | None, typer.Option("--project", "-p", help="Project, or entity/project.")]

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """A line for a person."""
    console.print(text, markup=False)


def emit(value: Any) -> None:
    """One JSON document."""
    typer.echo(json.dumps(value, indent=2, default=str))


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under titles; nothing at all is said with a dash."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        grid.add_column(title, overflow="fold")
    for row in rows:
        grid.add_row(*("–" if cell is None or cell == "" else str(cell) for cell in row))
    console.print(grid, markup=False) if grid.row_count else say("Nothing there.")


def size(count: float) -> str:
    """Bytes for a person: 1536 → '1.5 KiB'."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"


def ago(now: float, then: float) -> str:
    """How long since `then`, in the largest unit: '5 min ago'."""
    seconds = max(0.0, now - then)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit} ago"
    return "just now"
