"""Figures of Plotly: the figure itself as JSON, drawn by the browser."""

from __future__ import annotations

import json
from typing import Any

from museion.errors import TooLarge, ValueInvalid
from museion.sdk.media.arrays import library
from museion.sdk.media.base import Media, Opener

MAX_BYTES = 32 << 20


class Plotly(Media):
    """A Plotly figure: `plotly.graph_objects.Figure`, what `Figure.to_dict()` gives, or its JSON text.

    Raises:
        ValueInvalid: it is no figure: an object with a list `data` and perhaps `layout`.
        TooLarge: its JSON takes more than 32 MiB.
    """

    _type = "plotly-file"
    _folder = "plotly"

    def __init__(self, val: Any) -> None:
        self._json = _check(_text(val))

    def _content(self) -> bytes:
        return self._json

    def _extension(self) -> str:
        return ".plotly.json"

    @property
    def figure(self) -> dict[str, Any]:
        """The figure as plain JSON: `data`, `layout`, `frames`."""
        found: dict[str, Any] = json.loads(self._json)
        return found

    def __eq__(self, other: object) -> bool:
        return self.figure == other.figure if isinstance(other, Plotly) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Plotly:
        with opener(body["path"]) as file:
            return cls(file.read().decode())


def is_figure(value: object) -> bool:
    """Whether `value` is a figure of the library Plotly."""
    return library(value) == "plotly" and hasattr(value, "to_json") and hasattr(value, "layout")


def _text(value: Any) -> str:
    if is_figure(value):
        return str(value.to_json())
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"A Plotly figure cannot be made from {type(value).__name__}: {error}."
        raise ValueInvalid(message, advice="Give a plotly figure, or Image(figure) for one of matplotlib.") from None


def _check(text: str) -> bytes:
    data = text.encode(errors="surrogatepass")
    if len(data) > MAX_BYTES:
        raise TooLarge(f"The figure takes {len(data):,} bytes, more than {MAX_BYTES:,}.", advice="Log fewer points.")
    try:
        found = json.loads(data)
    except ValueError as error:
        raise ValueInvalid(f"The figure is not JSON: {error}.") from None
    if not isinstance(found, dict) or not isinstance(found.get("data"), list):
        raise ValueInvalid("A Plotly figure is an object with a list of traces under `data`.")
    return data
