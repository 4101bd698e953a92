"""Fields that are attributes under another name."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from ariadne import ObjectType


def plain_fields(kind: ObjectType, part: str, fields: Mapping[str, str]) -> None:
    """Let each field of `kind` be an attribute of the node's `part`: `{field: attribute}`."""
    for field, attribute in fields.items():
        found = attrgetter(f"{part}.{attribute}")
        kind.set_field(field, lambda node, _, found=found: found(node))
