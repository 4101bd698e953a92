"""References: entries whose bytes live elsewhere. The client looks at them; the server never does.

`file://` paths are hashed here, folders expanded. `http(s)://` is asked by HEAD for size and ETag. `s3://`, `gs://` and
`az://` are asked for ETag and version, and what lies below a prefix is listed (`buckets.py`). Any other scheme is
recorded by its URI alone, and cannot be downloaded by `download()`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from museion.errors import BlobCorrupt, FileMissing, NotFound, TooLarge, ValueInvalid
from museion.model.manifest import Reference
from museion.sdk import buckets
from museion.sdk.digests import digest_file, has_checksum
from museion.sdk.folders import absolute, walk

if TYPE_CHECKING:
    import urllib3

MAX_OBJECTS = 10_000
_TIMEOUT = 30.0
_PIECE = 1 << 20


def resolve(uri: str, name: str | None, checksum: bool, max_objects: int | None) -> dict[str, Reference]:
    """The entries that a reference to `uri` stands for, by path.

    Raises ValueInvalid for a URI that cannot be one, FileMissing or NotFound if nothing is there, TooLarge if a folder
    holds more than `max_objects` (10,000 if not given).
    """
    scheme = _scheme(uri)
    if scheme == "file":
        return _local(uri, name, checksum, MAX_OBJECTS if max_objects is None else max_objects)
    if scheme in buckets.SCHEMES:
        return buckets.resolve(uri, name, checksum, MAX_OBJECTS if max_objects is None else max_objects)
    path = name or uri.rstrip("/").rpartition("/")[2].partition("?")[0]
    if not path:
        raise ValueInvalid(f"The reference {uri!r} has no file name.", advice="Give a name.")
    return {path: _head(uri) if checksum and scheme in ("http", "https") else Reference(uri)}


def pieces(path: str, reference: Reference) -> Iterator[bytes]:
    """The bytes of a reference; what changed since it was added raises BlobCorrupt."""
    scheme = _scheme(reference.uri)
    if scheme == "file":
        return _local_pieces(path, reference)
    if scheme in ("http", "https"):
        return _remote_pieces(path, reference)
    if scheme in buckets.SCHEMES:
        return buckets.pieces(path, reference)
    raise ValueInvalid(
        f"{path!r} is a reference to {reference.uri}, which cannot be fetched from here.",
        advice="Fetch it with the provider's tool, or download with allow_missing_references=True.",
    )


def _scheme(uri: object) -> str:
    if not isinstance(uri, str) or any(ord(c) < 32 for c in uri):
        raise ValueInvalid(f"{uri!r} is not a URI.", advice="Write s3://bucket/key, https://… or file:///path.")
    scheme = urlsplit(uri).scheme.lower()
    if not scheme or "://" not in uri or (scheme != "file" and not urlsplit(uri).netloc):
        raise ValueInvalid(f"{uri!r} is not a URI.", advice="Write s3://bucket/key, https://… or file:///path.")
    return scheme


def _local(uri: str, name: str | None, checksum: bool, limit: int) -> dict[str, Reference]:
    root = _file_path(uri)
    if root.is_file():
        return {name or root.name: _file_reference(root, checksum)}
    if not root.is_dir():
        raise FileMissing(f"The reference {uri} leads to nothing.", advice="Check the path after file://.")
    found: dict[str, Reference] = {}
    for path, file in walk(root):
        if len(found) >= limit:
            raise TooLarge(f"{uri} holds more than {limit:,} files.", advice="Raise max_objects.")
        found[f"{name}/{path}" if name else path] = _file_reference(Path(file), checksum)
    return found


def _file_reference(path: Path, checksum: bool) -> Reference:
    return Reference(path.as_uri(), digest_file(path) if checksum else None, path.stat().st_size)


def _file_path(uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.netloc not in ("", "localhost"):
        raise ValueInvalid(f"{uri!r} names another host.", advice="Write file:///absolute/path.")
    return absolute(unquote(parts.path))


def _local_pieces(path: str, reference: Reference) -> Iterator[bytes]:
    source = _file_path(reference.uri)
    if not source.is_file():
        raise FileMissing(f"{path!r} refers to {source}, which is not there.", advice="Is its disk mounted?")
    if reference.checksum and not has_checksum(source, reference.checksum):
        raise BlobCorrupt(f"{source}, which {path!r} refers to, has changed since it was added.", advice="")
    with source.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _head(uri: str) -> Reference:
    answer = _ask("HEAD", uri)
    size, etag = answer.headers.get("content-length"), answer.headers.get("etag")
    answer.release_conn()
    return Reference(uri, f"etag:{etag}" if etag else None, int(size) if size and size.isdigit() else None)


def _remote_pieces(path: str, reference: Reference) -> Iterator[bytes]:
    answer = _ask("GET", reference.uri)
    try:
        etag = answer.headers.get("etag")
        if reference.checksum and reference.checksum != f"etag:{etag}":
            raise BlobCorrupt(f"{reference.uri}, which {path!r} refers to, has changed since it was added.", advice="")
        yield from answer.stream(_PIECE)
    finally:
        answer.release_conn()


def _ask(method: str, uri: str) -> urllib3.BaseHTTPResponse:
    import urllib3

    try:
        answer = urllib3.request(
            method, uri, preload_content=False, timeout=_TIMEOUT, headers={"accept-encoding": "identity"}
        )
    except urllib3.exceptions.HTTPError as error:
        raise NotFound(f"{uri} does not answer: {error}.", advice="Use checksum=False to record it unseen.") from None
    if answer.status >= 400:
        answer.release_conn()
        raise NotFound(f"{uri} answers {answer.status}.", advice="Use checksum=False to record it unseen.")
    return answer
