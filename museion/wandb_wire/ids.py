"""Global ids: opaque to the client, and worth nothing to those who may not see what they name.

An id is the base64 of `Kind:key`, where `key` is the row's number. It is padded, and never has a `/` or a `+` in it
(plain ASCII without `>?~` cannot give them), because the client puts ids into paths and takes them apart into hex.
An id says nothing of permissions: whoever opens one asks `Asked.may` for the entity of what it found, and answers
"not there" where the answer is no.
"""

from __future__ import annotations

import base64
import binascii
import re

_PLAIN = re.compile(r"([A-Za-z]+):([0-9]{1,18})", re.ASCII)


def seal(kind: str, key: int) -> str:
    """The id of row `key` of `kind`."""
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def unseal(kind: str, text: object) -> int | None:
    """The row's number, or None if `text` is not the id of a `kind`."""
    if not isinstance(text, str) or len(text) > 200:
        return None
    try:
        found = _PLAIN.fullmatch(base64.b64decode(text, validate=True).decode("ascii"))
    except (binascii.Error, ValueError):
        return None
    return int(found.group(2)) if found and found.group(1) == kind else None


def seal_name(kind: str, name: str) -> str:
    """The id of a `kind` that is a name and no row."""
    return base64.b64encode(f"{kind}:{name.encode().hex()}".encode()).decode()


def seal_path(kind: str, key: int, path: str) -> str:
    """The id of something at a path of row `key`."""
    return base64.b64encode(f"{kind}:{key}:{path.encode().hex()}".encode()).decode()


def unseal_path(kind: str, text: object) -> tuple[int, str] | None:
    """The row's number and the path, or None if `text` is not such an id."""
    if not isinstance(text, str) or len(text) > 8_192:
        return None
    try:
        name, number, path = base64.b64decode(text, validate=True).decode("ascii").split(":")
        found = int(number), bytes.fromhex(path).decode()
    except (binascii.Error, ValueError):
        return None
    return found if name == kind and number.isdecimal() and len(number) < 19 else None
