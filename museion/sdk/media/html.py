"""Pages of HTML; the browser shows them in a sandboxed frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from museion.errors import ValueInvalid
from museion.sdk.media.base import Media, Opener, existing_file


class Html(Media):
    """HTML from text, from a path (a Path, or text that ends in `.html` and names a file), or from an open file.

    `inject` is taken for W&B scripts and has no effect: the text is kept as it is.
    """

    _type = "html-file"
    _folder = "html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        self.html = _text(data, data_is_not_path)

    def _content(self) -> bytes:
        return self.html.encode()

    def _extension(self) -> str:
        return ".html"

    def __eq__(self, other: object) -> bool:
        return self.html == other.html if isinstance(other, Html) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Html:
        with opener(body["path"]) as file:
            return cls(file.read().decode(), data_is_not_path=True)


def _text(data: Any, data_is_not_path: bool) -> str:
    if hasattr(data, "read"):
        data = data.read()
    elif isinstance(data, Path) or (not data_is_not_path and _names_file(data)):
        data = existing_file(data).read_bytes()
    try:
        text = data.decode() if isinstance(data, bytes) else data
        if isinstance(text, str):
            text.encode()
            return text
    except UnicodeError:
        raise ValueInvalid("The HTML is not valid UTF-8.") from None
    raise ValueInvalid(f"HTML cannot be made from {type(data).__name__}.", advice="Give text, a path or a file.")


def _names_file(data: object) -> bool:
    return isinstance(data, str) and len(data) < 1024 and data.endswith((".html", ".htm")) and Path(data).is_file()
