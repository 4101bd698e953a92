"""A W&B-compatible server, as its clients see it: GraphQL, the stream of a run, and files by URL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urljoin

from museion.errors import Forbidden, ServerFault, ServerUnreachable, TooLarge, Unauthenticated, ValueInvalid

if TYPE_CHECKING:
    import urllib3

TIMEOUT = 120.0
MAX_ANSWER = 512 << 20
TRIES = 4
PIECE = 1 << 20
Json = dict[str, Any]


class WandbServer:
    """`url` is its address, `key` an API key there. Requests are tried again a few times; bodies stay bounded."""

    def __init__(self, url: str, key: str) -> None:
        self.url = url.rstrip("/")
        self._key = key
        self._made: urllib3.PoolManager | None = None

    def ask(self, document: str, **variables: Any) -> Json:
        """The data of a GraphQL document; raises ValueInvalid with the server's message."""
        body = json.dumps({"query": document, "variables": variables, "operationName": ""}).encode()
        answer = self._json("POST", f"{self.url}/graphql", body)
        errors = answer.get("errors")
        if errors:
            raise ValueInvalid(f"{self.url} answers: {str(errors[0].get('message'))[:500]}")
        return answer.get("data") or {}

    def stream(self, entity: str, project: str, run: str, body: Json) -> None:
        """Send lines of a run's files."""
        place = "/".join(quote(part, safe="") for part in (entity, project, run))
        self._json("POST", f"{self.url}/files/{place}/file_stream", json.dumps(body).encode())

    def put(self, url: str, body: bytes, headers: list[str]) -> None:
        """Send bytes to an address the server gave."""
        sent = dict(header.split(":", 1) for header in headers)
        self._read(self._open("PUT", urljoin(self.url + "/", url), body, sent, own=False))

    def get(self, url: str) -> Iterator[bytes]:
        """The bytes at an address the server gave. Only this server is told the key."""
        address = urljoin(self.url + "/", url)
        answer = self._open("GET", address, None, {}, own=address.startswith(self.url + "/"))
        try:
            yield from answer.stream(PIECE, decode_content=True)
        finally:
            answer.release_conn()

    def _json(self, method: str, url: str, body: bytes) -> Json:
        answer = self._open(method, url, body, {"content-type": "application/json"}, own=True)
        try:
            found = json.loads(self._read(answer))
        except ValueError:
            raise ServerFault(f"{self.url} answered something that is not JSON.") from None
        return found if isinstance(found, dict) else {}

    def _open(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str], *, own: bool
    ) -> urllib3.BaseHTTPResponse:
        import urllib3

        sent = {**headers, **(urllib3.make_headers(basic_auth=f"api:{self._key}") if own else {})}
        retries = urllib3.Retry(TRIES, backoff_factor=0.5, status_forcelist=(429, 502, 503, 504), allowed_methods=None)
        try:
            answer = self._pool.request(
                method, url, body=body, headers=sent, preload_content=False, timeout=TIMEOUT, retries=retries
            )
        except urllib3.exceptions.HTTPError as error:
            raise ServerUnreachable(f"No answer from {self.url}: {error}.", advice="Check the address.") from None
        if answer.status >= 400:
            raise self._problem(answer)
        return answer

    def _problem(self, answer: urllib3.BaseHTTPResponse) -> Exception:
        said = answer.read(2000, decode_content=True).decode("utf-8", "replace")
        answer.release_conn()
        if answer.status == 401:
            return Unauthenticated(f"{self.url} does not know the key.", advice="Give the server's key.")
        if answer.status == 403:
            return Forbidden(f"{self.url} does not allow it: {said[:300]}")
        return (ValueInvalid if answer.status < 500 else ServerFault)(
            f"{self.url} answers {answer.status}: {said[:300]}"
        )

    def _read(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        found = answer.read(MAX_ANSWER + 1, decode_content=True)
        answer.release_conn()
        if len(found) > MAX_ANSWER:
            raise TooLarge(f"{self.url} answers more than {MAX_ANSWER:,} bytes at once.")
        return bytes(found)

    @property
    def _pool(self) -> urllib3.PoolManager:
        if self._made is None:
            import urllib3

            self._made = urllib3.PoolManager(num_pools=8, maxsize=8)
        return self._made
