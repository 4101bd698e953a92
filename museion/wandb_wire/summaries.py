"""W&B's summary text ↔ our summary. Keys the client sets for itself (`_step`, `_runtime`, `_timestamp`, `_wandb`) are
kept beside it and given back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from museion.wandb_wire.configs import read_object

OWN = ("_step", "_runtime", "_timestamp", "_wandb")


def read_summary(text: str) -> tuple[dict[str, Any], str]:
    """The summary, and the JSON text of the client's own keys; raises ValueInvalid."""
    found = read_object(text, "summary")
    own = {key: found.pop(key) for key in OWN if key in found}
    return found, json.dumps(own)


def summary_text(values: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """Our summary as the client reads it."""
    return json.dumps({**values, **own})
