"""Who is asking: an API key in a header, or a browser's session."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from museion.actions.identify import identify, key_hash
from museion.actions.stores import Stores
from museion.errors import Forbidden, Unauthenticated
from museion.server.signing import Signer

Role = Literal["viewer", "member", "admin"]
RANK: Mapping[str, int] = {"viewer": 1, "member": 2, "admin": 3}
NEEDS: Mapping[str, int] = {"read": 1, "write": 2, "admin": 3}
EVERYWHERE = "*"
"""The entity in whose name a role counts everywhere: the local user's."""

SESSION_COOKIE = "museion_session"
CSRF_COOKIE = "museion_csrf"
CSRF_HEADER = b"x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_KEY = 512
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody whom the server knows, with the role in each entity."""

    name: str
    roles: Mapping[str, Role] = field(default_factory=dict)

    def role(self, entity: str) -> Role | None:
        """The highest role that counts in `entity`."""
        held = [role for role in (self.roles.get(entity), self.roles.get(EVERYWHERE)) if role]
        return max(held, key=RANK.__getitem__, default=None)

    def may(self, permission: str, entity: str) -> bool:
        """Whether the role in `entity` is enough."""
        role = self.role(entity)
        return role is not None and RANK[role] >= NEEDS[permission]

    @property
    def everywhere(self) -> bool:
        return EVERYWHERE in self.roles


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's: the hash of the key it was opened with (it ends when the key is revoked), and its forms' token."""

    key_hash: bytes
    csrf: str


class Keys:
    """From the hash of an API key to the caller, remembered for `seconds`: the hot path asks no database each time."""

    def __init__(self, stores: Stores, *, seconds: float = 3.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._stores = stores
        self._seconds = seconds
        self._clock = clock
        self._known: dict[bytes, tuple[float, Caller]] = {}

    def remembered(self, key_hash: bytes) -> Caller | None:
        """The caller, if asked for lately."""
        found = self._known.get(key_hash)
        return found[1] if found and found[0] > self._clock() else None

    def look_up(self, key_hash: bytes) -> Caller:
        """The caller as the database has it; raises Unauthenticated. Blocks: call it in a thread."""
        user = identify(self._stores, key_hash)
        caller = Caller(user.name, dict(user.roles))
        if len(self._known) > MAX_REMEMBERED:
            self._known.clear()
        self._known[key_hash] = (self._clock() + self._seconds, caller)
        return caller


def header(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first header of this (lower-case) name."""
    return next((value.decode("latin-1") for key, value in headers if key == name), None)


def key_in(authorization: str) -> str:
    """The key of `Bearer <key>` or of Basic `api:<key>`; raises Unauthenticated for anything else."""
    scheme, _, rest = authorization.partition(" ")
    rest = rest.strip()
    if scheme.lower() == "bearer" and 0 < len(rest) <= MAX_KEY:
        return rest
    if scheme.lower() == "basic" and len(rest) <= 2 * MAX_KEY:
        try:
            user, _, key = base64.b64decode(rest, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            raise Unauthenticated("The Authorization header cannot be read.") from None
        if user == "api" and key:
            return key
    raise Unauthenticated("The Authorization header holds no API key.", advice="Send `Bearer <key>` or `api:<key>`.")


def cookies(text: str) -> dict[str, str]:
    """The cookies of a Cookie header; the first of a name counts."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, value)
    return found


def seal_session(signer: Signer, key: str, nonce: str, expires: float) -> tuple[str, str]:
    """The values of the session cookie and of the CSRF cookie that belongs to it."""
    return signer.seal("session", {"k": key_hash(key).hex(), "n": nonce}, expires), csrf_token(signer, nonce)


def csrf_token(signer: Signer, nonce: str) -> str:
    """Bound to the session, so that a planted cookie does not help."""
    return hmac.digest(signer.secret, f"csrf\0{nonce}".encode(), hashlib.sha256).hex()


def open_session(signer: Signer, jar: Mapping[str, str]) -> Session | None:
    """The session of these cookies, or None if there is none or it is over."""
    sealed = jar.get(SESSION_COOKIE)
    if sealed is None:
        return None
    try:
        fields = signer.open("session", sealed)
    except Forbidden:
        return None
    return Session(bytes.fromhex(fields["k"]), csrf_token(signer, fields["n"]))


def check_csrf(session: Session, jar: Mapping[str, str], sent: str | None) -> None:
    """Raise Forbidden unless the request proves to come from our own pages."""
    cookie = jar.get(CSRF_COOKIE, "")
    right = hmac.compare_digest(session.csrf.encode(), (sent or "").encode())
    if not right or not hmac.compare_digest(cookie.encode(), (sent or "").encode()):
        raise Forbidden("The X-CSRF-Token header does not match the session.", advice="Load the page again.")
