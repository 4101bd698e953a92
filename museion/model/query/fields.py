"""What a filter, an order or a group may speak of: the fields of a run, and any key inside its config and summary."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from museion.errors import ValueInvalid

Kind = Literal["text", "number", "time", "bool", "list", "any"]

FIELDS: dict[str, Kind] = {
    "id": "text",
    "name": "text",
    "number": "number",
    "state": "text",
    "job_type": "text",
    "group": "text",
    "user": "text",
    "notes": "text",
    "tags": "list",
    "created_at": "time",
    "updated_at": "time",
    "heartbeat_at": "time",
    "finished_at": "time",
    "duration": "number",
    "exit_code": "number",
    "archived": "bool",
}
"""Each field and what its values are. `duration` is in seconds, up to the last sign of life."""

SHORT = {
    "created": "created_at",
    "updated": "updated_at",
    "heartbeat": "heartbeat_at",
    "finished": "finished_at",
    "tag": "tags",
    "type": "job_type",
}
"""Other words for fields, as people type them."""

PARTS = ("config", "summary")
MAX_PATH = 1024


@dataclass(frozen=True, slots=True, order=True)
class Field:
    """`part` is "run" for a field of the run itself, else "config" or "summary"; `key` a name or a dotted path."""

    part: str
    key: str

    @property
    def kind(self) -> Kind:
        return FIELDS[self.key] if self.part == "run" else "any"

    def __str__(self) -> str:
        return self.key if self.part == "run" else f"{self.part}.{_written(self.key)}"


def field_of(path: str) -> Field:
    """The field that a dotted path names: `state`, `config.lr`, `summary.val/loss`; raises ValueInvalid."""
    head, dot, key = path.partition(".")
    if len(path) > MAX_PATH:
        raise ValueInvalid(f"The field {path[:40]!r}… is longer than {MAX_PATH:,} characters.")
    if dot and head in PARTS and key:
        return Field(head, key)
    name = SHORT.get(path, path)
    if name in FIELDS:
        return Field("run", name)
    raise ValueInvalid(
        f"Runs have no field {path!r}.",
        advice=f"Use {', '.join(FIELDS)}, config.<key> or summary.<key>.",
    )


BARE = re.compile(r"[\w/@%$\-]+(?:[.:+][\w/@%$\-]+)*")
"""A key that needs no quotes."""


def _written(key: str) -> str:
    return key if BARE.fullmatch(key) else quoted(key)


def quoted(text: str) -> str:
    """`text` as a string of the language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
