"""Files of a run."""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path
from typing import Any

from museion.errors import FileMissing, NotFound
from museion.model.manifest import Content
from museion.model.paths import inside
from museion.sdk.transport import Transport


class File:
    """One file of a run; `size` is in bytes."""

    def __init__(self, transport: Transport, run_path: str, body: dict[str, Any]) -> None:
        self._transport = transport
        self._url = f"{run_path}/files/{_quoted(body['path'])}"
        self._body = body

    @property
    def name(self) -> str:
        """Its path among the run's files."""
        return str(self._body["path"])

    @property
    def size(self) -> int:
        return int(self._body["size"])

    @property
    def digest(self) -> str | None:
        found: str | None = self._body.get("digest")
        return found

    @property
    def mimetype(self) -> str:
        return str(self._body.get("type", ""))

    @property
    def url(self) -> str:
        """Signed: works without a key, until it expires."""
        return str(self._body.get("url", ""))

    @property
    def updated_at(self) -> float | None:
        found: float | None = self._body.get("updated_at")
        return found

    def read(self) -> bytes:
        """The whole content, verified."""
        return b"".join(self._pieces())

    def open(self) -> BytesIO:
        """The content as an open file."""
        return BytesIO(self.read())

    def download(self, root: str | os.PathLike[str] = ".", replace: bool = False, exist_ok: bool = False) -> Any:
        """Bring it to `root/name`, verified, and give it opened for reading.

        A file that is there raises FileExistsError, unless it may be replaced or kept (`exist_ok`).
        """
        from museion.sdk.download import write

        target = inside(Path(root), self.name)
        if target.exists() and not replace:
            if not exist_ok:
                raise FileExistsError(f"{target} is there already. Use replace=True, or exist_ok=True to keep it.")
            return target.open("r")
        target.parent.mkdir(parents=True, exist_ok=True)
        write(target, self._pieces())
        return target.open("r")

    def _pieces(self) -> Any:
        from museion.sdk.download import verified

        try:
            pieces = self._transport.request("GET", self._url, stream=True).pieces
        except NotFound as error:
            raise FileMissing(f"The run has no file {self.name!r}.") from error
        return verified(self.name, Content(self.digest, self.size), pieces) if self.digest else pieces

    def __repr__(self) -> str:
        return f"<File {self.name} ({self.size} bytes)>"


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="/")
