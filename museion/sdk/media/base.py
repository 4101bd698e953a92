"""What all media share: bytes kept as a file, and a JSON value that stands for them in the history."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Protocol

from museion.errors import Denied, FileMissing, ValueInvalid
from museion.model.digest import digest_bytes
from museion.sdk.digests import digest_file

Opener = Callable[[str], BinaryIO]

_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\:*?\"<>|]")
_LONGEST_KEY = 120


class Keeper(Protocol):
    """Where a media object leaves its bytes: a run (as run files) or an artifact (as entries)."""

    def _keep_bytes(self, path: str, data: bytes) -> dict[str, Any]: ...

    def _keep_file(self, path: str, source: Any) -> dict[str, Any]: ...


class Media:
    """A picture, a table, a sound …: something with bytes that is logged as a value."""

    _type: ClassVar[str]
    _folder: ClassVar[str]

    def _content(self) -> bytes | Path:
        """The bytes to keep, or the file that holds them."""
        raise NotImplementedError

    def _extension(self) -> str:
        """With its dot: `.png`."""
        raise NotImplementedError

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        """What the JSON says beyond type, path, digest and size."""
        return {}

    def _keep(self, run: Keeper, key: str, step: int) -> dict[str, Any]:
        """Leave the bytes with `run` and return the JSON value that stands for them."""
        return self._keep_as(run, f"{safe_key(key)}_{step}")

    def _keep_as(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        facts = self._facts(keeper, stem)
        kept = keep(keeper, self._folder, stem, self._content(), self._extension())
        return {"_type": self._type, **kept, **facts}

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Media:
        """The object that `_keep_as` wrote as `body`; `opener` gives the bytes at a path."""
        raise NotImplementedError


def keep(keeper: Keeper, folder: str, stem: str, content: bytes | Path, extension: str) -> dict[str, Any]:
    """Leave `content` under `media/<folder>/<stem>_<digest8><extension>`; gives path, digest and size."""
    digest = digest_bytes(content) if isinstance(content, bytes) else digest_file(content)
    name = f"{stem}_{digest[7:15]}" if stem else digest[7:39]
    path = f"media/{folder}/{name}{extension}"
    kept = keeper._keep_bytes(path, content) if isinstance(content, bytes) else keeper._keep_file(path, content)
    return {"path": path, "digest": kept["digest"], "size": kept["size"]}


def safe_key(key: str) -> str:
    """`key` as the beginning of a file path: folders stay, what a file system refuses becomes `_`."""
    parts = [part for part in _UNSAFE.sub("_", key).split("/") if part not in ("", ".", "..")]
    return "/".join(parts).encode()[:_LONGEST_KEY].decode(errors="ignore") or "value"


def existing_file(path: Any) -> Path:
    """`path` as an absolute Path to a readable regular file, else FileMissing, Denied or ValueInvalid."""
    found = Path(path).expanduser().absolute()
    try:
        if found.is_file():
            with found.open("rb"):
                return found
    except PermissionError:
        raise Denied(f"{found} cannot be read: permission denied.", advice="Change its permissions.") from None
    except (OSError, ValueError) as error:
        raise ValueInvalid(f"{str(path)!r} cannot be read as a file: {error}.") from None
    if found.exists():
        raise ValueInvalid(f"{found} is not a regular file.", advice="Give the path of a file.")
    raise FileMissing(f"There is no file {found}.", advice="Check the path; it is relative to the working folder.")


def check_caption(caption: object) -> str | None:
    """Return `caption` as text, or None."""
    return None if caption is None else str(caption)
