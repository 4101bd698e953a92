"""What stands before every door: who may pass, and how much may be carried through."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from museion.actions.identify import key_hash
from museion.errors import Forbidden, TooLarge, Unauthenticated, UsageError
from museion.server import auth
from museion.server.auth import Caller, Keys
from museion.server.context import Context
from museion.server.doors import Door

MAX_FILE = 1 << 40
"""Bytes of one file that is sent as it is; how much the disk and the quota take is found out on the way."""


class Guard:
    """Wraps the ASGI app of one door. It decides on the headers alone, before a byte of the body is read."""

    def __init__(self, door: Door, app: ASGIApp, context: Context, keys: Keys) -> None:
        self.door = door
        self._app = app
        self._context = context
        self._keys = keys
        self._limit = body_limit(door, context)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["museion.graphql"] = self.door.graphql
        scope["museion.caller"] = await self._admit(scope)
        check_length(scope, self._limit)
        await self._app(scope, counted(receive, self._limit), self._ringing(scope, send))

    async def _admit(self, scope: Scope) -> Caller | None:
        if self.door.permission == "public":
            return None
        caller = await identify(scope, self._keys, self._context)
        entity = scope.get("path_params", {}).get("entity")
        if entity is not None and not caller.may(self.door.permission, entity):
            raise Forbidden(f"{caller.name} may not {self._verb} in {entity}.")
        return caller

    @property
    def _verb(self) -> str:
        return {"read": "read", "write": "write"}.get(self.door.permission, "administer")

    def _ringing(self, scope: Scope, send: Send) -> Send:
        """After an accepted change, wake those who wait for news."""
        if self.door.permission not in ("write", "admin"):
            return send

        async def ring(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start" and message["status"] < 300:
                self._context.bell.ring()

        return ring


def body_limit(door: Door, context: Context) -> int:
    """Bytes a body may have at this door."""
    limits = context.settings.limits
    sizes = {
        "body": limits.body,
        "batch": limits.batch,
        "pack": limits.pack,
        # An entry takes up to some 1,200 bytes of JSON; 256 is what entries of usual paths take.
        "manifest": limits.body + 256 * limits.manifest_entries,
        "form": 64 * 1024,
        "file": MAX_FILE,
    }
    return 0 if door.method == "GET" else sizes[door.size]


async def identify(scope: Scope, keys: Keys, context: Context) -> Caller:
    """Whoever the headers prove it to be; raises Unauthenticated, or Forbidden for a forged form."""
    headers = scope["headers"]
    if (authorization := auth.header(headers, b"authorization")) is not None:
        return await _caller(keys, key_hash(auth.key_in(authorization)))
    jar = auth.cookies(auth.header(headers, b"cookie") or "")
    session = auth.open_session(context.signer, jar)
    if session is None:
        raise Unauthenticated("The request has no API key and no session.")
    if scope["method"] not in auth.SAFE_METHODS:
        auth.check_csrf(session, jar, auth.header(headers, auth.CSRF_HEADER))
    return await _caller(keys, session.key_hash)


async def _caller(keys: Keys, digest: bytes) -> Caller:
    known = keys.remembered(digest)
    return known if known is not None else await run_in_threadpool(keys.look_up, digest)


def check_length(scope: Scope, limit: int) -> None:
    """Refuse by the Content-Length, before anything is read."""
    stated = auth.header(scope["headers"], b"content-length")
    if stated is not None and stated.isdecimal() and int(stated[:20]) > limit:
        raise TooLarge(f"The body has {int(stated[:20]):,} bytes; at most {limit:,} are taken here.", limit=limit)


def counted(receive: Receive, limit: int) -> Callable[[], Awaitable[Message]]:
    """`receive`, which stops at the limit however the body is sent."""
    taken = 0

    async def count() -> Message:
        nonlocal taken
        message = await receive()
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            if taken > limit:
                raise TooLarge(f"The body has more than the {limit:,} bytes that are taken here.", limit=limit)
        return message

    return count


def demand_permissions(routes: list[object]) -> None:
    """Raise UsageError for a route without a guard: nothing is open by forgetting."""
    for route in routes:
        if not isinstance(getattr(route, "app", None), Guard):
            raise UsageError(f"The route {getattr(route, 'path', route)!r} declares no permission.")
