"""Packs from one place to another: they never change, so what is there already need not be looked at again."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from museion.blobs.disk import make_folder, publish, roomy, write_all
from museion.blobs.packs import Folder, Packs, Span
from museion.errors import PackCorrupt

_PIECE = 8 << 20
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.ENOSYS}


@dataclass(slots=True)
class CopiedPacks:
    """How many packs came new, with how many bytes; of these, `linked` share the disk's blocks with the original."""

    packs: int = 0
    bytes: int = 0
    linked: int = 0


def copy_packs(source: Packs, target: Path, wanted: Mapping[str, int], *, link: bool) -> CopiedPacks:
    """Bring `wanted` (id → size) into the folder `target`, each durable and whole or not there.

    `link`: by a second name for the same file, where both are on one disk. Raises PackCorrupt for one that is not there
    or cut short.
    """
    done, there = CopiedPacks(), Folder(target)
    make_folder(target / "packs")
    present = dict(there.each())
    for pack, size in sorted(wanted.items()):
        if present.get(pack) == size:
            continue
        if link and isinstance(source, Folder) and _link(source.path(pack), there.path(pack)):
            done.linked += 1
        else:
            _copy(source, pack, size, there.path(pack))
        done.packs, done.bytes = done.packs + 1, done.bytes + size
    return done


def _link(source: Path, target: Path) -> bool:
    make_folder(target.parent)
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:
        target.unlink()
        return _link(source, target)
    except OSError as error:
        if error.errno in _NO_LINK:
            return False
        raise
    return True


def _copy(source: Packs, pack: str, size: int, target: Path) -> None:
    make_folder(target.parent)
    temporary = target.parent / f".{secrets.token_hex(8)}.tmp"
    with roomy(temporary):
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with roomy(temporary):
            for at in range(0, size, _PIECE):
                write_all(fd, _piece(source, Span(pack, at, min(_PIECE, size - at))))
            os.fsync(fd)
        publish(temporary, target)
    finally:
        os.close(fd)
        temporary.unlink(missing_ok=True)


def _piece(source: Packs, span: Span) -> bytes:
    try:
        data = source.read(span)
    except FileNotFoundError:
        data = b""
    if len(data) != span.length:
        raise PackCorrupt(f"The pack {span.pack} is not there, or was cut short.", advice="Run `museion fsck`.")
    return data
