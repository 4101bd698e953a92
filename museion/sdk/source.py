"""Where a logged version is read from: a server, or this machine while offline (`offline.py`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from museion.errors import Corrupt, MuseionError, NotFound, ServerFault
from museion.model.digest import digest_bytes
from museion.model.manifest import Content, Manifest
from museion.sdk.local import file_cache
from museion.sdk.transport import Transport, problem, project_path

Json = dict[str, Any]


class Source(Protocol):
    """One version. Its papers are JSON as `VersionOut` has them."""

    def papers(self) -> Json:
        """The papers as they are now."""

    def manifest(self) -> Manifest:
        """What the version consists of, checked against its digest."""

    def pieces(self, path: str, content: Content) -> Iterator[bytes]:
        """The bytes of an entry, as they come: the reader checks them."""

    def read(self, path: str, content: Content, start: int, stop: int) -> Iterator[bytes]:
        """The bytes of an entry from `start` to `stop`, as they come."""

    def bundle(self, contents: Mapping[str, Content]) -> Iterator[tuple[str, bytes]]:
        """Many small entries in one request, in their order; the reader checks them."""

    def recipe(self, path: str, content: Content) -> list[tuple[bytes, int]]:
        """The chunks of an entry in order, as (BLAKE3, length); empty if it is not known."""

    def identity(self) -> str:
        """The collection, by a name that is its own on this machine: what its versions share."""

    def patch(self, change: Json) -> Json:
        """Change papers (fields of `VersionPatch`); gives them as they are then."""

    def delete(self) -> None:
        """Take the version away."""

    def runs(self) -> Json:
        """Who made it and who used it, as `VersionRuns`."""

    def cached(self) -> bool:
        """Whether its content is worth a copy in the cache: not if it lies on this machine anyway."""


class ServerSource:
    """A version on a server, addressed by its number, which never moves."""

    def __init__(self, transport: Transport, papers: Json) -> None:
        self.transport = transport
        self._papers = papers
        self._path = version_path(papers)

    def papers(self) -> Json:
        self._papers = self.transport.request("GET", self._path).json()
        return self._papers

    def manifest(self) -> Manifest:
        """From the cache, where it lies under its own digest, or from the server; checked against the digest."""
        cache, digest = file_cache(), str(self._papers["digest"])
        if held := cache.get(digest):
            return read_manifest(held.read_bytes(), digest)
        data = self.transport.request("GET", f"{self._path}/manifest.json").data
        manifest = read_manifest(data, digest)
        cache.put(digest, [data])
        return manifest

    def pieces(self, path: str, content: Content) -> Iterator[bytes]:
        papers = self._papers
        where = project_path(papers["entity"], papers["project"], "artifacts", papers["name"], papers["version"])
        return self.transport.request("GET", f"{where}/files/{quoted(path)}", stream=True).pieces

    def read(self, path: str, content: Content, start: int, stop: int) -> Iterator[bytes]:
        if start >= stop:
            return iter(())
        headers = {"range": f"bytes={start}-{stop - 1}"}
        answer = self.transport.request("GET", f"{self._path}/files/{quoted(path)}", headers=headers, stream=True)
        if answer.status != 206 and (start, stop) != (0, content.size):
            raise ServerFault(f"The server answered {answer.status} to a question for a range of {path!r}.")
        return answer.pieces

    def bundle(self, contents: Mapping[str, Content]) -> Iterator[tuple[str, bytes]]:
        body = {"files": [{"path": path} for path in contents]}
        answer = self.transport.request("POST", f"{self._path}/bundle", json=body, stream=True)
        return _files(list(contents.items()), answer.pieces)

    def recipe(self, path: str, content: Content) -> list[tuple[bytes, int]]:
        try:
            found = self.ask("recipe", path=path)
            return [(bytes.fromhex(name), int(length)) for name, length in found["chunks"]]
        except (NotFound, KeyError, TypeError, ValueError):
            return []

    def identity(self) -> str:
        return "/".join((self.transport.name, *(str(self._papers[k]) for k in ("entity", "project", "name"))))

    def known(self) -> Json:
        """The papers as they were when last asked for."""
        return self._papers

    def ask(self, what: str, **query: Any) -> Any:
        """What the server says of the version: links, edits, signatures, diff, upstream, …"""
        return self.transport.request("GET", f"{self._path}/{what}", query=query).json()

    def patch(self, change: Json) -> Json:
        self._papers = self.transport.request("PATCH", self._path, json=change).json()
        return self._papers

    def delete(self) -> None:
        self.transport.request("DELETE", self._path)

    def runs(self) -> Json:
        found: Json = self.transport.request("GET", f"{self._path}/runs").json()
        return found

    def cached(self) -> bool:
        return True


def _files(wanted: list[tuple[str, Content]], received: Iterator[bytes]) -> Iterator[tuple[str, bytes]]:
    """The files of a bundle, each when it is whole; raises the error that ended one, ServerFault for what lies."""
    from museion.blobs.bundle import read_frames

    at, data = 0, bytearray()
    for frame in read_frames(received):
        if frame.problem is not None:
            raise _named(wanted[min(frame.part, len(wanted) - 1)][0], problem(500, frame.problem))
        while at < frame.part < len(wanted):
            yield wanted[at][0], bytes(data)
            at, data = at + 1, bytearray()
        data += frame.data
        if frame.part != at or len(data) > wanted[at][1].size:
            raise ServerFault("The server's bundle holds something else than was asked for.")
    while at < len(wanted):
        yield wanted[at][0], bytes(data)
        at, data = at + 1, bytearray()


def _named(path: str, error: MuseionError) -> MuseionError:
    """The same error, saying which file it is about."""
    return type(error)(f"{path!r} cannot be read: {error.message}", advice=error.advice, path=path)


def version_path(papers: Json, pointer: str | None = None) -> str:
    """The API path of the version that `papers` describe, or of another one of its collection."""
    collection = project_path(papers["entity"], papers["project"], "artifacts", papers["name"])
    return f"{collection}/{quoted(pointer or papers['version'])}"


def artifacts_path(project: str, draft: Json | None) -> str:
    """Where a version is committed in `project` (a path), or added to one that several runs make together."""
    if draft is None:
        return f"{project}/artifacts"
    return f"{project}/drafts/{quoted(draft['id'])}" + ("/finish" if draft["finish"] else "")


def quoted(text: str) -> str:
    """`text` as part of a URL's path; slashes stay."""
    from urllib.parse import quote

    return quote(text, safe="/")


def read_manifest(data: bytes, digest: str) -> Manifest:
    """The manifest whose canonical bytes are `data`; raises Corrupt if its digest is not `digest`."""
    import json

    if digest_bytes(data) != digest:
        raise Corrupt(f"A manifest does not match its digest {digest}.", advice="Run `museion doctor`.")
    return Manifest.from_json(json.loads(data))
