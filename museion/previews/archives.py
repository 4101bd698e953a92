"""Zip and tar files: what is listed in them; nothing is unpacked."""

from __future__ import annotations

import tarfile
import zipfile
from itertools import islice
from typing import BinaryIO

from museion.previews.answer import Answer, cell
from museion.previews.limits import MAX_ITEMS
from museion.previews.reading import reading


def preview_zip(file: BinaryIO, path: str) -> Answer:
    """The entries of a zip: path, size, size compressed."""
    found = open_zip(file).infolist()
    entries = [{"path": cell(e.filename), "size": e.file_size, "packed": e.compress_size} for e in found[:MAX_ITEMS]]
    facts = {"entries": len(found), "size": sum(e.file_size for e in found)}
    return {
        "kind": "archive",
        "format": "zip",
        "facts": facts,
        "entries": entries,
        "truncated": len(found) > MAX_ITEMS,
    }


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The zip; raises Corrupt."""
    with reading("a zip file"):
        return zipfile.ZipFile(file)


def preview_tar(file: BinaryIO, path: str) -> Answer:
    """The entries of a tar, compressed or not, as far as they were read."""
    with reading("a tar file"), tarfile.open(fileobj=file, mode="r:*") as archive:
        members = list(islice(archive, MAX_ITEMS + 1))
    shown = [m for m in members if m.isfile()][:MAX_ITEMS]
    entries = [{"path": cell(member.name), "size": member.size} for member in shown]
    return {"kind": "archive", "format": "tar", "entries": entries, "truncated": len(members) > MAX_ITEMS}
