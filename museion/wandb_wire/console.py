"""Console lines of W&B clients ↔ ours.

A line travels as `"<ISO time> text"`, `"ERROR <ISO time> text"`, or as a JSON object with `ts`, `content`, `level`
and `label`. A line whose terminal line changed (a progress bar) is sent again under its number.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from museion.actions.rewrite_console import rewrite_console
from museion.catalog.console import Line, Stream
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.nouns.lookup import RunNode

LONGEST = 64_000
_STAMPED = re.compile(r"(ERROR )?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?) ?(.*)", re.DOTALL)


def read_line(line: str, now: float) -> Line:
    """Time, stream and text of a line as it was sent."""
    line = line.removesuffix("\n")
    if line.startswith("{"):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict) and isinstance(found.get("content"), str):
            return _structured(found, now)
    stamped = _STAMPED.match(line)
    if stamped is None:
        return now, "stdout", _plain(line)
    error, stamp, text = stamped.groups()
    return _moment(stamp, now), "stderr" if error else "stdout", _plain(text)


def _structured(found: dict[str, Any], now: float) -> Line:
    stream: Stream = "stderr" if found.get("level") == "error" else "stdout"
    label = found.get("label")
    text = f"[{label}] {found['content']}" if isinstance(label, str) and label else found["content"]
    return _moment(str(found.get("ts", "")), now), stream, _plain(text)


def _plain(text: str) -> str:
    return text.removesuffix("\n")[:LONGEST].replace("\0", "").encode("utf-8", "replace").decode()


def _moment(text: str, now: float) -> float:
    try:
        return datetime.fromisoformat(text[:26].rstrip("Z")).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return now


def log_lines(asked: Asked, node: RunNode, writer: str, offset: int, content: Sequence[str]) -> None:
    """Store lines, the first being number `offset` of `writer`; lines that are there are written over."""
    now = asked.stores.clock()
    lines = [read_line(line, now) for line in content]
    rewrite_console(asked.stores, *node.place, writer, offset, lines)
