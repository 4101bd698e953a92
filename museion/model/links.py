"""The one-time link: how a browser on this machine gets its session without anybody typing a key.

Whoever knows the local key can mint one offline; the server, which knows it too, can tell that it did.
A token is `base64url({"k":"link","n":nonce,"e":expiry}) "." base64url(HMAC-SHA256(key, first part))`, no padding.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from museion.errors import Forbidden

KIND = "link"
MAX_TOKEN = 1024
_ADVICE = "Run `museion up` for a fresh link."


@dataclass(frozen=True, slots=True)
class Link:
    """What a token says: it is good once (`nonce`), until `expires`, UTC seconds since the epoch."""

    nonce: str
    expires: float


def mint(key: str, nonce: str, expires: float) -> str:
    """A token for the server whose local key is `key`; `nonce` is fresh randomness."""
    body = json.dumps({"k": KIND, "n": nonce, "e": expires}, separators=(",", ":"))
    head = _encode(body.encode())
    return f"{head}.{_encode(_seal(key, head))}"


def verify(key: str, token: str, now: float) -> Link:
    """What `token` says; raises Forbidden if it was not minted with `key`, was altered, or is over.

    That it is used only once is the server's to remember.
    """
    head, _, tail = token[: MAX_TOKEN + 1].partition(".")
    if len(token) > MAX_TOKEN or not _sealed(key, head, tail):
        raise Forbidden("The link is not one of this server.", advice=_ADVICE)
    link = _read(head)
    if link.expires < now:
        raise Forbidden("The link has expired.", advice=_ADVICE)
    return link


def _sealed(key: str, head: str, tail: str) -> bool:
    try:
        return hmac.compare_digest(_decode(tail), _seal(key, head))
    except (binascii.Error, ValueError):
        return False


def _read(head: str) -> Link:
    try:
        body = json.loads(_decode(head))
        if body["k"] != KIND:
            raise ValueError(body["k"])
        return Link(str(body["n"]), float(body["e"]))
    except (ValueError, KeyError, TypeError):
        raise Forbidden("The link cannot be read.", advice=_ADVICE) from None


def _seal(key: str, head: str) -> bytes:
    return hmac.digest(key.encode(), head.encode("utf-8", "surrogatepass"), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
