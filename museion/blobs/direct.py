"""Packs that clients send straight into the bucket: a URL for one object, and what came under it taken in unbelieved.

The object lies under a name that only its lease leads to, `incoming/<lease>/<name>`. To take it in is to copy it aside,
where no URL leads; what is there is read and hashed like any other pack, and only then copied to its place. So nothing
that anybody sends late, twice or differently is ever seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from museion.blobs.disk import write_all
from museion.blobs.packs import Packs
from museion.errors import NotFound

SECONDS = 900.0
"""How long a URL is good."""
LEFTOVER = 2 * 86_400.0
"""Seconds after which what was sent and never taken in is deleted."""
_NAME = re.compile(r"[0-9a-zA-Z-]{1,64}")


@dataclass(frozen=True, slots=True)
class Offer:
    """Send the bytes with `method` and `headers` to `url` before `expires` (UTC seconds), then say that `name` came."""

    name: str
    url: str
    expires: float
    method: str = "PUT"
    headers: dict[str, str] = field(default_factory=dict)


class DirectPacks(Packs, Protocol):
    """Packs in a place that clients reach by themselves."""

    def sign(self, key: str, seconds: float) -> tuple[str, dict[str, str]]:
        """A URL to PUT the object `key` by, and headers to send with it."""

    def lay_aside(self, key: str, aside: str) -> None:
        """Move what a client sent to where only we get; raises FileNotFoundError, TooLarge."""

    def fetch(self, aside: str) -> Iterator[bytes]:
        """The bytes of what was laid aside."""

    def settle(self, aside: str, pack: str) -> None:
        """It was verified: give it the name it has from now on."""

    def discard(self, aside: str) -> None:
        """Delete what was laid aside."""

    def clear_sent(self, before: float) -> None:
        """Delete what was sent before that moment and never taken in."""


def direct_packs(packs: Packs) -> DirectPacks:
    """The same, if clients may send straight to it; else NotFound."""
    if not getattr(packs, "direct", False):
        raise NotFound("This server takes packs itself.", advice="Send the pack's bytes.")
    return packs  # type: ignore[return-value]


def offer(packs: Packs, lease: str, name: str, now: float) -> Offer:
    """A way to send one pack; raises NotFound if there is none."""
    url, headers = direct_packs(packs).sign(_key(lease, name), SECONDS)
    return Offer(name, url, now + SECONDS, headers=headers)


@contextmanager
def taken(packs: Packs, lease: str, name: str, aside: str, fd: int) -> Iterator[Callable[[str, Path, int], None]]:
    """What came under `name`, written to `fd` for a look; inside, the function it gives puts it in its place.

    Raises NotFound if nothing came, TooLarge. However it ends, nothing stays outside of its place.
    """
    direct = direct_packs(packs)
    if not _NAME.fullmatch(name):
        raise NotFound(f"There is no pack {name[:80]!r}.")
    try:
        direct.lay_aside(_key(lease, name), aside)
    except FileNotFoundError:
        raise NotFound(f"The pack {name!r} did not arrive.", advice="Send the pack's bytes.") from None
    try:
        for piece in direct.fetch(aside):
            write_all(fd, piece)
        yield lambda pack, path, fd: direct.settle(aside, pack)
    finally:
        direct.discard(aside)


def _key(lease: str, name: str) -> str:
    return f"incoming/{lease}/{name}"
