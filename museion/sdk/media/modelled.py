"""Media that are files of a given kind, told by their ending: what 3D scenes and molecules share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Self

from museion.errors import ValueInvalid
from museion.sdk.media.base import Keeper, Media, Opener, check_caption, existing_file


class FileOfKind(Media):
    """A file with one of the endings `_ENDINGS`, kept as it is; or text read from an open file, with its type."""

    _ENDINGS: ClassVar[tuple[str, ...]]
    _NOUN: ClassVar[str]

    caption: str | None
    _data: bytes | Path
    _ending: str

    def _load(self, source: Any, file_type: str | None, caption: Any) -> None:
        self.caption = check_caption(caption)
        if hasattr(source, "read"):
            data = source.read()
            self._data = data.encode() if isinstance(data, str) else bytes(data)
            self._ending = self._check_ending(file_type or Path(str(getattr(source, "name", ""))).name)
        else:
            self._data = existing_file(source)
            self._ending = self._check_ending(self._data.name)

    def _check_ending(self, name: str) -> str:
        lowered = f".{name.lower().lstrip('.')}"
        found = next((ending for ending in self._ENDINGS if lowered.endswith(ending)), None)
        if found is None:
            known = " ".join(self._ENDINGS)
            raise ValueInvalid(f"{name!r} is not the name of {self._NOUN}.", advice=f"It ends in one of {known}.")
        return found

    def _content(self) -> bytes | Path:
        return self._data

    def _extension(self) -> str:
        return self._ending

    def _facts(self, keeper: Keeper, stem: str) -> dict[str, Any]:
        return {} if self.caption is None else {"caption": self.caption}

    @classmethod
    def _from_json(cls, body: dict[str, Any], opener: Opener) -> Self:
        found = cls.__new__(cls)
        found.caption = body.get("caption")
        found._ending = found._check_ending(body["path"])
        with opener(body["path"]) as file:
            found._data = file.read()
        return found

    def _bytes(self) -> bytes:
        return self._data.read_bytes() if isinstance(self._data, Path) else self._data

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileOfKind) or type(other) is not type(self):
            return NotImplemented
        return (self._bytes(), self._ending, self.caption) == (other._bytes(), other._ending, other.caption)

    __hash__ = None  # type: ignore[assignment]
