"""Packs straight into the server's bucket: by a URL that is good for one object and for a while.

The URL is all that is sent along: no key of ours, no redirect followed. What the bucket answers becomes one clear
error, after which the sender goes through the server.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from museion.errors import ServerFault, StorageFault

if TYPE_CHECKING:
    import urllib3

LEAST = 1 << 20
"""Packs smaller than this are not worth the two questions."""
_CONNECT, _READ = 5.0, 120.0
_CODE = re.compile(rb"<Code>([A-Za-z]{1,60})</Code>")
_THERE = (409, 412)
_ADVICE = {
    "RequestTimeTooSkewed": "The clocks of the Museion server and of the bucket differ: set them right.",
    "SignatureDoesNotMatch": "The URL was altered on its way, or the server's credentials are wrong.",
    "AuthenticationFailed": "The URL has expired or was altered, or a clock is wrong.",
    "AuthorizationFailure": "The URL has expired or was altered, or a clock is wrong.",
    "AccessDenied": "The URL has expired, or the server's clock or its rights on the bucket are wrong.",
}


def send(offer: dict[str, Any], body: bytes) -> None:
    """Send a pack where the offer says; raises StorageFault. If it is there already, it came before."""
    import urllib3

    url = str(offer["url"])
    if urlsplit(url).scheme not in ("http", "https") or offer["method"] != "PUT":
        raise ServerFault("The server offers a place for packs that cannot be.")
    limits = urllib3.Timeout(connect=_CONNECT, read=_READ)
    try:
        answer = _pool().request("PUT", url, body=body, headers=offer["headers"], redirect=False, timeout=limits)
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise StorageFault(f"The bucket at {_host(url)} does not answer: {type(error).__name__}.") from None
    if answer.status >= 300 and answer.status not in _THERE:
        raise _refused(url, answer.status, answer.data)


def _refused(url: str, status: int, data: bytes) -> StorageFault:
    found = _CODE.search(data[:4096])
    code = found[1].decode() if found else ""
    advice = _ADVICE.get(code, "Ask the server's admin to look at the bucket.")
    return StorageFault(f"The bucket at {_host(url)} answers {status} {code}.", advice=advice)


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]  # never the query: the signature is in it


@cache
def _pool() -> urllib3.PoolManager:
    import urllib3

    return urllib3.PoolManager(num_pools=2, maxsize=8, retries=False)
