"""Bytes of a stored file as an answer: ranges, validators, verified pieces of about 1 MiB."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from museion.blobs.store import BlobStore
from museion.server.content import is_page, page_headers, safe_headers
from museion.server.ranges import RangeUnsatisfiable, Span, matches, parse_range

FOREVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Stored:
    """One content under a name. `size` is in bytes; `forever` if this URL can never mean another content."""

    digest: str
    path: str
    size: int
    forever: bool = False

    @property
    def etag(self) -> str:
        return f'"{self.digest}"'


async def serve(request: Request, blobs: BlobStore, file: Stored) -> Response:
    """The answer to a GET of `file`: 200, 206, 304 or 416."""
    asked = request.headers
    headers = {
        **_dress(request, file.path),
        "ETag": file.etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": FOREVER if file.forever else ASK_AGAIN,
    }
    if matches(asked.get("if-none-match"), file.etag):
        return Response(status_code=304, headers=headers)
    whole_only = asked.get("if-range", file.etag) != file.etag
    try:
        span = None if whole_only else parse_range(asked.get("range"), file.size)
    except RangeUnsatisfiable:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{file.size}"})
    if span is not None:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{file.size}"
    if request.scope.get("museion.head"):
        length = span.stop - span.start if span else file.size
        return Response(status_code=206 if span else 200, headers={**headers, "Content-Length": str(length)})
    return await _open(blobs, file, span or Span(0, file.size), headers, 206 if span else 200)


def _dress(request: Request, path: str) -> dict[str, str]:
    asked = request.query_params
    if asked.get("page") == "1" and is_page(path):
        return page_headers()
    return safe_headers(path, asked.get("download") == "1")


async def _open(blobs: BlobStore, file: Stored, span: Span, headers: dict[str, str], status: int) -> Response:
    """The first piece is read before anything is sent, so that a missing or corrupt file is an error, not a stump."""
    pieces = gathered(blobs.open(file.digest, span.start, span.stop))
    first = await run_in_threadpool(next, pieces, b"")
    headers["Content-Length"] = str(span.stop - span.start)
    return Pieces(first, pieces, headers, status)


def gathered(pieces: Iterator[bytes], size: int = PIECE) -> Iterator[bytes]:
    """The same bytes in pieces worth a walk to a thread: at least `size` each, but for the last."""
    waiting: list[bytes] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= size:
            yield waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting, length = [], 0
    if waiting:
        yield b"".join(waiting)


class Pieces(Response):
    """Sends what an iterator gives. If it fails midway the connection breaks: a short body is never taken for whole."""

    def __init__(self, first: bytes, rest: Iterator[bytes], headers: dict[str, str], status: int) -> None:
        self._first = first
        self._rest = rest
        super().__init__(None, status, headers)
        if "Content-Length" not in headers:
            del self.headers["content-length"]  # Starlette says 0; how long it gets is not known yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        piece = self._first
        while piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            piece = await run_in_threadpool(next, self._rest, b"")
        await send({"type": "http.response.body", "body": b"", "more_body": False})
