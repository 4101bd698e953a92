"""The outermost layer: every request gets an id, a host we answer to, and for every failure one kind of answer."""

from __future__ import annotations

import secrets
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from museion.errors import NameInvalid
from museion.server import auth
from museion.server.problems import problem_response
from museion.server.settings import Settings

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Front:
    """`last` is when a request last came or went (monotonic seconds), `open` how many are being answered."""

    def __init__(self, app: ASGIApp, settings: Settings, traffic: Traffic) -> None:
        self._app = app
        self._names = allowed_names(settings)
        self._traffic = traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["museion.request"] = secrets.token_hex(6)
        started = False

        async def stamped(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message = {**message, "headers": [*message["headers"], (b"x-request-id", request_id.encode())]}
            await send(message)

        self._traffic.enter()
        try:
            check_host(scope, self._names)
            await self._app(as_get(scope), receive, stamped)
        except Exception as error:
            response = problem_response(error, request_id, graphql=bool(scope.get("museion.graphql")))
            if started:
                # Too late for an answer: the connection is cut, so that nobody takes the body for whole.
                raise
            await response(scope, receive, stamped)
        finally:
            self._traffic.leave()


def as_get(scope: Scope) -> Scope:
    """HEAD is GET without the body, which the server below leaves out; `museion.head` spares making a long one."""
    return {**scope, "method": "GET", "museion.head": True} if scope["method"] == "HEAD" else scope


class Traffic:
    """How busy the server is: for the one that goes home when nobody comes."""

    def __init__(self) -> None:
        self.open = 0
        self.last = time.monotonic()

    def enter(self) -> None:
        self.open += 1
        self.last = time.monotonic()

    def leave(self) -> None:
        self.open -= 1
        self.last = time.monotonic()

    def quiet(self) -> float:
        """Seconds since anything was asked."""
        return 0.0 if self.open else time.monotonic() - self.last


def allowed_names(settings: Settings) -> frozenset[str] | None:
    """Names this server answers to; None: to any. On loopback others are refused: a page of another site could
    otherwise have its own name lead here and read what it wants (DNS rebinding)."""
    if not settings.loopback and not settings.hosts:
        return None
    return frozenset(name.lower() for name in (*LOOPBACK_NAMES, settings.host, *settings.hosts))


def check_host(scope: Scope, names: frozenset[str] | None) -> None:
    """Raise NameInvalid if the Host header is not one of `names`."""
    if names is None:
        return
    host = (auth.header(scope["headers"], b"host") or "").lower()
    name, colon, port = host.rpartition(":")
    if not (colon and port.isdecimal()):
        name = host
    if name not in names:
        raise NameInvalid(f"This server does not answer to the name {name[:100]!r}.", advice="Use 127.0.0.1.")
