"""The web UI as it was built, or a page that says how to build it."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from blake3 import blake3
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from museion.errors import PathInvalid
from museion.model.paths import inside
from museion.server.context import context_of
from museion.server.doors import Door

FOREVER = "public, max-age=31536000, immutable"
UI_CSP = (
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "frame-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
PACKED = (("br", ".br"), ("gzip", ".gz"))
SYSTEM = ("api", "assets", "-")

_MISSING = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Museion</title>
<meta name="color-scheme" content="light dark">
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem}</style>
<main><h1>Museion runs, its web UI is not built</h1>
<p>Logging, artifacts, the API and the command line work. For the pages, build them once, with Node 20.19 or newer:</p>
<pre>make web</pre><p>and load this page again; or install a released wheel, which carries them.</p>
<p><a href="/api/v1/health">State of the API</a></p></main></html>"""


def find_ui() -> Path | None:
    """The folder of the built UI, if there is one."""
    folder = Path(__file__).parent.parent / "_ui"
    return folder if (folder / "index.html").is_file() else None


async def read_asset(request: Request) -> Response:
    """A file of the UI. Names with a hash never change; the others are asked for again."""
    ui = context_of(request).settings.ui
    if ui is None:
        raise HTTPException(404, "The web UI is not built.")
    return await run_in_threadpool(_asset, ui, request)


def _asset(ui: Path, request: Request) -> Response:
    try:
        file = inside(ui / "assets", request.path_params["path"])
    except PathInvalid:
        raise HTTPException(404, "There is no such asset.") from None
    if not file.is_file() or file.name.endswith((".br", ".gz")):
        raise HTTPException(404, "There is no such asset.")
    chosen, coding = _packed(file, request.headers.get("accept-encoding", ""))
    headers = {
        "Cache-Control": FOREVER if _hashed(file.name) else "no-cache",
        "X-Content-Type-Options": "nosniff",
        "Vary": "Accept-Encoding",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if coding:
        headers["Content-Encoding"] = coding
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return _validated(request, chosen.read_bytes(), headers, kind)


def _packed(file: Path, accepted: str) -> tuple[Path, str | None]:
    codings = {part.split(";")[0].strip() for part in accepted.split(",")}
    for coding, ending in PACKED:
        packed = file.with_name(file.name + ending)
        if coding in codings and packed.is_file():
            return packed, coding
    return file, None


def _hashed(name: str) -> bool:
    """Vite's names: `index-BxK3f9aZ.js`."""
    stem = name.partition(".")[0]
    return len(stem.rpartition("-")[2]) == 8 and "-" in stem


def _validated(request: Request, body: bytes, headers: dict[str, str], kind: str) -> Response:
    etag = f'"{blake3(body).hexdigest()[:32]}"'
    headers["ETag"] = etag
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, kind)


async def read_page(request: Request) -> Response:
    """Any address that is not the system's: the UI, which reads the address itself."""
    path = request.url.path
    first = path.removeprefix("/").partition("/")[0]
    if first in SYSTEM or not _wants_html(request, path):
        raise HTTPException(404, "There is nothing at this address.")
    ui = context_of(request).settings.ui
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": UI_CSP,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if ui is None:
        return HTMLResponse(_MISSING, 200, {**headers, "Cache-Control": "no-store"})
    body = await run_in_threadpool((ui / "index.html").read_bytes)
    return _validated(request, body, headers, "text/html; charset=utf-8")


def _wants_html(request: Request, path: str) -> bool:
    accepted = request.headers.get("accept", "")
    return "text/html" in accepted or (path == "/" and ("*/*" in accepted or not accepted))


DOORS = (
    Door("GET", "/assets/{path:path}", read_asset, "public", "ui", bare=True, listed=False),
    Door("GET", "/{path:path}", read_page, "public", "ui", bare=True, listed=False),
)
