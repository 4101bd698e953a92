"""How a browser gets its cookies: by a one-time link, or by typing a key."""

from __future__ import annotations

import html
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from museion.errors import Forbidden, MuseionError, Unauthenticated
from museion.model.links import verify
from museion.server.auth import CSRF, SESSION, identify, sign_in
from museion.server.context import Context, context_of
from museion.server.doors import Door

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Sign in · Museion</title>
<meta name="viewport" content="width=device-width"><style>
body{{font:15px/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0;
background:#f6f7f9;color:#1b1f24}}form{{background:#fff;border:1px solid #d9dde3;border-radius:8px;padding:28px;
width:min(380px,90vw)}}h1{{font-size:18px;margin:0 0 12px}}input,button{{font:inherit;width:100%;box-sizing:border-box;
padding:8px 10px;margin-top:10px;border-radius:6px;border:1px solid #b9c0ca}}button{{background:#2f4bd6;color:#fff;
border:0}}p{{margin:8px 0 0;color:#59626e;font-size:13px}}.bad{{color:#b3261e}}
@media(prefers-color-scheme:dark){{body{{background:#14171c;color:#e6e9ee}}form{{background:#1c2027;
border-color:#343a44}}input{{background:#14171c;color:inherit;border-color:#4a525e}}p{{color:#9aa4b2}}}}</style>
<form method="post"><h1>Sign in to Museion</h1>{fault}<label>API key
<input type="password" name="key" autocomplete="current-password" autofocus required></label>
<button>Sign in</button><p>On this machine <code>museion up</code> opens the UI signed in. On a shared server, ask its
admin for a key (<code>museion user add</code>).</p></form></html>"""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}


def safe_next(text: str | None) -> str:
    """A path of this server, never another site."""
    plain = text or "/"
    clean = plain.startswith("/") and not plain.startswith("//") and "\\" not in plain and plain.isprintable()
    return plain if clean else "/"


async def follow_link(request: Request) -> Response:
    """Sign in by a one-time link; a browser that is signed in already is only sent on."""
    context, target = context_of(request), safe_next(request.query_params.get("next"))
    response = RedirectResponse(target, status_code=303, headers={"Referrer-Policy": "no-referrer"})
    if await _signed_in(context, request):
        return response
    try:
        nonce, expires = verify(context.settings.local_key or "", request.path_params["token"], context.signer.clock())
        if not context.settings.local_key or not context.links.use(nonce, expires):
            raise Forbidden("The sign-in link has been used.", advice="Run `museion up` for a new one.")
    except Forbidden as error:
        return _page(str(error), 403)
    sign_in(context, response, context.settings.local_user)
    return response


async def _signed_in(context: Context, request: Request) -> bool:
    if SESSION not in request.cookies:
        return False
    try:
        await identify(context, request)
    except MuseionError:
        return False
    return True


async def login_page(request: Request) -> Response:
    """A form that takes an API key."""
    return _page()


async def login(request: Request) -> Response:
    """Sign in with an API key."""
    context, target = context_of(request), safe_next(request.query_params.get("next"))
    key = parse_qs((await request.body()).decode("utf-8", "replace")).get("key", [""])[0].strip()
    if not context.patience.left():
        return _page("Too many failed attempts; wait a minute.", 429)
    try:
        user = await context.people.by_key(key)
    except Unauthenticated:
        context.patience.failed()
        return _page("That key is not one this server knows.", 401)
    response = RedirectResponse(target, status_code=303)
    sign_in(context, response, user.name)
    return response


async def logout(request: Request) -> Response:
    """Forget the cookies."""
    response = RedirectResponse("/-/login", status_code=303)
    response.delete_cookie(SESSION, path="/")
    response.delete_cookie(CSRF, path="/")
    return response


def _page(fault: str = "", status: int = 200) -> Response:
    said = f'<p class="bad" role="alert">{html.escape(fault)}</p>' if fault else ""
    return HTMLResponse(PAGE.format(fault=said), status_code=status, headers=HEADERS)


DOORS = [
    Door("GET", "/-/link/{token}", follow_link, "public", "signin", bare=True, listed=False),
    Door("GET", "/-/login", login_page, "public", "signin", bare=True, listed=False),
    Door("POST", "/-/login", login, "public", "signin", bare=True, listed=False, size="form"),
    Door("POST", "/-/logout", logout, "read", "signin", bare=True, listed=False, size="form"),
]
