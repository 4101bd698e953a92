"""Names of bytes. A digest is written `blake3:<64 hex>`: what `b3sum` prints, with its algorithm before it."""

from __future__ import annotations

import re

from blake3 import blake3

from museion.errors import ValueInvalid

ALGORITHM = "blake3"
_DIGEST = re.compile(r"blake3:[0-9a-f]{64}")


def digest_bytes(data: bytes | bytearray | memoryview) -> str:
    """The digest of `data`, as `blake3:<hex>`."""
    return from_raw(blake3(data).digest())


def from_raw(raw: bytes) -> str:
    """32 raw bytes → `blake3:<hex>`."""
    return f"{ALGORITHM}:{raw.hex()}"


def to_raw(digest: str) -> bytes:
    """`blake3:<hex>` → its 32 raw bytes; raises ValueInvalid for anything else."""
    return bytes.fromhex(check_digest(digest)[len(ALGORITHM) + 1 :])


def check_digest(text: object) -> str:
    """Return `text` if it is a digest we know the algorithm of, else raise ValueInvalid."""
    if not isinstance(text, str) or not _DIGEST.fullmatch(text):
        raise ValueInvalid(f"{text!r} is not a digest.", advice="A digest is written blake3:<64 hex digits>.")
    return text
