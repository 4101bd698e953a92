"""Previews that were made, on this server's disk: made once for a content, the least recently seen go first."""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LIMIT = 512 << 20


class Shelf:
    """Bytes by name, at most `limit` of them, below `root`. Any of them may be deleted at any time."""

    def __init__(self, root: Path, limit: int = LIMIT) -> None:
        self._root, self._limit = root, limit
        self._lock = threading.Lock()
        self._size: int | None = None

    def get(self, name: str) -> bytes | None:
        """What was put under `name`, if it is still there."""
        path = self._path(name)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        return data

    def put(self, name: str, data: bytes) -> None:
        """Keep `data`; a full disk is no failure, the preview is made again next time."""
        path = self._path(name)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(data)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            return
        self._bound(len(data))

    def file(self, name: str, pieces: Iterator[bytes]) -> Path:
        """The file of this name, made of `pieces` unless it is there. Raises OSError where it cannot be kept."""
        path = self._path(name)
        if path.exists():
            os.utime(path)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with temporary.open("wb") as out:
                out.writelines(pieces)
            size = temporary.stat().st_size
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
        self._bound(size)
        return path

    def _path(self, name: str) -> Path:
        return self._root / name[:2] / name

    def _bound(self, added: int) -> None:
        with self._lock:
            self._size = (self._size if self._size is not None else self._measure()) + added
            if self._size > self._limit:
                self._size = self._clear()

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._root.glob("*/*"):
            try:
                seen = path.stat()
            except OSError:
                continue
            found.append((seen.st_mtime, seen.st_size, path))
        return found

    def _measure(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _clear(self) -> int:
        files = sorted(self._files())
        left = sum(size for _, size, _ in files)
        for _, size, path in files:
            if left <= self._limit * 3 // 4:
                break
            path.unlink(missing_ok=True)
            left -= size
        return left
