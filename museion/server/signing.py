"""Signed tokens: a few plain fields, an end, and an HMAC over both. Whoever has one can do that one thing, until then.

A token is `base64url(JSON) "." base64url(HMAC-SHA256(secret, purpose NUL JSON))`: the purpose is under the seal, so
that a token made for one use is worth nothing for another.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from museion.errors import Forbidden

MAX_TOKEN = 4096


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


@dataclass(frozen=True, slots=True)
class FileGrant:
    """Leave to read one content under one name. `size` is in bytes."""

    digest: str
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Signer:
    """Seals and opens tokens with one secret. `clock` gives UTC seconds since the epoch."""

    secret: bytes
    clock: Callable[[], float]
    url_seconds: float

    def seal(self, purpose: str, fields: dict[str, Any], expires: float) -> str:
        """A token for `fields`, good until `expires`."""
        body = json.dumps({**fields, "e": expires}, separators=(",", ":"), sort_keys=True).encode()
        return f"{_encode(body)}.{_encode(self._mac(purpose, body))}"

    def open(self, purpose: str, token: str) -> dict[str, Any]:
        """The fields of `token`; Forbidden if it was altered, made for something else, or has expired."""
        try:
            head, _, tail = token[: MAX_TOKEN + 1].partition(".")
            body, seal = _decode(head), _decode(tail)
        except (binascii.Error, ValueError):
            raise Forbidden("The signature is not readable.", advice="Ask for a new link.") from None
        if not hmac.compare_digest(seal, self._mac(purpose, body)) or len(token) > MAX_TOKEN:
            raise Forbidden("The signature does not match.", advice="Ask for a new link.")
        fields: dict[str, Any] = json.loads(body)
        if fields["e"] < self.clock():
            raise Forbidden("The link has expired.", advice="Load the page again for a new one.")
        return fields

    def file_url(self, digest: str, path: str, size: int) -> str:
        """A URL that reads one file without a key.

        The end is rounded up to a whole period: the URL stays the same for hours and browsers can cache by it.
        """
        expires = math.ceil(self.clock() / self.url_seconds + 1) * self.url_seconds
        name = path.rpartition("/")[2]
        token = self.seal("file", {"d": digest, "n": name, "s": size}, expires)
        return f"/api/v1/signed/{token}/{quote(name, safe='')}"

    def open_file(self, token: str, name: str) -> FileGrant:
        """What `file_url` granted; the name is part of it."""
        fields = self.open("file", token)
        if not hmac.compare_digest(fields["n"].encode(), name.encode("utf-8", "surrogatepass")):
            raise Forbidden("The signature is for another file.", advice="Ask for a new link.")
        return FileGrant(fields["d"], fields["n"], fields["s"])

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self.secret, purpose.encode() + b"\0" + body, hashlib.sha256)
