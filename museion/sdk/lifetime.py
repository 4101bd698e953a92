"""How long a version lives, as scripts say it: a timedelta, None for ever, or whatever its collection says."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum

from museion.errors import ValueInvalid


class ArtifactTTL(Enum):
    """`ArtifactTTL.INHERIT`: the version lives as long as its collection says."""

    INHERIT = 0


Lifetime = timedelta | ArtifactTTL | None


def to_seconds(ttl: Lifetime) -> int | None:
    """As the API takes it: seconds, 0 for ever, None as the collection has it; raises ValueInvalid."""
    if ttl is ArtifactTTL.INHERIT:
        return None
    if ttl is None:
        return 0
    if not isinstance(ttl, timedelta) or ttl.total_seconds() < 1:
        raise ValueInvalid(f"The ttl is {ttl!r}.", advice="Give a timedelta of a second at least, or None for ever.")
    return int(ttl.total_seconds())


def from_seconds(seconds: int | None) -> Lifetime:
    """What `to_seconds` made of it."""
    if seconds is None:
        return ArtifactTTL.INHERIT
    return timedelta(seconds=seconds) if seconds else None
