"""What is secret and private to one server: the signing secret, and the lock of its folder."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from museion.errors import UsageError

SECRET_BYTES = 32


def server_secret(root: Path) -> bytes:
    """The secret that signs sessions and URLs, made at the first start, readable by this user only."""
    path = root / "secret"
    try:
        known = path.read_bytes()
    except FileNotFoundError:
        known = b""
    return known if len(known) == SECRET_BYTES else _make(path)


def _make(path: Path) -> bytes:
    secret = secrets.token_bytes(SECRET_BYTES)
    temporary = path.with_suffix(".tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return secret


@contextmanager
def locked(root: Path) -> Iterator[None]:
    """Hold the folder: two servers never open one. Raises UsageError if another has it. A crash lets go of it."""
    fd = os.open(root / "server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise UsageError(
                f"Another server (process {holder}) has {root} open.", advice="Stop it, or give another --root."
            ) from None
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(fd)
