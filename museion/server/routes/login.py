"""How a browser gets its session: a one-time link, or a form that takes a key. Plain HTML, no script."""

from __future__ import annotations

import secrets
from html import escape
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from museion.actions.identify import key_hash
from museion.errors import Forbidden, Unauthenticated
from museion.model import links
from museion.server import auth
from museion.server.context import Context, context_of
from museion.server.doors import Door

PAGE_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Museion: sign in</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark">
<style>body{{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}}
input,button{{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin:.5rem 0}}</style>
<main><h1>Museion</h1>{message}
<form method="post" action="/-/login"><label for="key">API key</label>
<input id="key" name="key" type="password" autocomplete="current-password" required autofocus>
<input type="hidden" name="next" value="{next}"><button>Sign in</button></form>
<p>On the machine that runs the server, <code>museion up</code> opens this page signed in.</p></main></html>"""


def safe_next(text: str | None) -> str:
    """`text` if it is a path of this server, else `/`: a link must not lead to somebody else's pages."""
    if not text or not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    return quote(text, safe="/?&=#%:@+,;~!$'()*-._[]|")


def page(message: str = "", following: str = "/", status: int = 200) -> Response:
    """The sign-in page; `message` is HTML."""
    body = _PAGE.format(message=message, next=escape(following, quote=True))
    headers = {"Content-Security-Policy": PAGE_CSP, "Cache-Control": "no-store", "Referrer-Policy": "same-origin"}
    return HTMLResponse(body, status, headers)


async def open_link(request: Request) -> Response:
    """Sign the browser in by a one-time link, and lead on. Who is signed in already is only led on."""
    context = context_of(request)
    following = safe_next(request.query_params.get("next"))
    if await signed_in(request, context):
        return _redirect(following)
    key = context.settings.local_key
    try:
        if key is None:
            raise Forbidden("This server takes no links.", advice="Sign in with an API key.")
        link = links.verify(key, request.path_params["token"], context.stores.clock())
        await run_in_threadpool(context.spent.spend, link, context.stores.clock())
    except Forbidden as refused:
        # A browser does not send a Strict cookie when the click came from another site: going on may just work.
        on = f'<p>If you are signed in in this browser, <a href="{escape(following, quote=True)}">go on</a>.</p>'
        return page(f"<p>{escape(str(refused))}</p>{on}", following, 403)
    return _enter(request, context, key, following)


async def show_login(request: Request) -> Response:
    """The sign-in page."""
    return page(following=safe_next(request.query_params.get("next")))


async def log_in(request: Request) -> Response:
    """Take the key of the form; wrong ones are slowed down."""
    context = context_of(request)
    check_origin(request)
    form = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    key, following = form.get("key", [""])[0].strip(), safe_next(form.get("next", [""])[0])
    who = request.client.host if request.client else ""
    if not context.failures.allow(who):
        return page("<p>Too many wrong keys. Wait a few minutes.</p>", following, 429)
    try:
        if not 0 < len(key) <= auth.MAX_KEY:
            raise Unauthenticated("There is no key.")
        await run_in_threadpool(context.keys.look_up, key_hash(key))
    except Unauthenticated:
        context.failures.note(who)
        return page("<p>This is not a key the server knows.</p>", following, 403)
    return _enter(request, context, key, following)


async def log_out(request: Request) -> Response:
    """Forget the session."""
    check_origin(request)
    response = _redirect("/-/login")
    for name in (auth.SESSION_COOKIE, auth.CSRF_COOKIE):
        response.delete_cookie(name, path="/", samesite="strict")
    return response


async def signed_in(request: Request, context: Context) -> bool:
    """Whether the request carries a session that still holds."""
    session = auth.open_session(context.signer, auth.cookies(request.headers.get("cookie", "")))
    if session is None:
        return False
    try:
        await run_in_threadpool(context.keys.look_up, session.key_hash)
    except Unauthenticated:
        return False
    return True


def check_origin(request: Request) -> None:
    """Raise Forbidden for a form that another site sent: nobody is to be signed in or out behind their back."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("The form was sent by another site.", advice="Use this server's own page.")


def _enter(request: Request, context: Context, key: str, following: str) -> Response:
    seconds = context.settings.session_seconds
    expires = context.stores.clock() + seconds
    session, csrf = auth.seal_session(context.signer, key, secrets.token_urlsafe(16), expires)
    shared: dict[str, Any] = {
        "max_age": int(seconds),
        "path": "/",
        "samesite": "strict",
        "secure": request.url.scheme == "https",
    }
    response = _redirect(following)
    response.set_cookie(auth.SESSION_COOKIE, session, httponly=True, **shared)
    response.set_cookie(auth.CSRF_COOKIE, csrf, **shared)
    return response


def _redirect(where: str) -> Response:
    return RedirectResponse(where, 303, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


DOORS = (
    Door("GET", "/-/link/{token}", open_link, "public", "session", bare=True, listed=False),
    Door("GET", "/-/login", show_login, "public", "session", bare=True, listed=False),
    Door("POST", "/-/login", log_in, "public", "session", bare=True, size="form", listed=False),
    Door("POST", "/-/logout", log_out, "public", "session", bare=True, size="form", listed=False),
)
