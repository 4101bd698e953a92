"""How the SDK speaks to a server: one call, `request`, whatever is at the other end.

`HttpTransport` is the real one, `AppTransport` hands requests to an ASGI app in this process. Both return a `Reply`
for 2xx and 3xx, and raise the error of `museion.errors` that the server named for everything else.
"""

from __future__ import annotations

import json as jsonlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast
from urllib.parse import quote, urlencode

from museion.errors import MuseionError, ServerFault, ServerUnreachable, TooLarge, Unauthenticated, every_error

if TYPE_CHECKING:
    import urllib3

API = "/api/v1"
PIECE = 1 << 20
TIMEOUT = 60.0

Body = bytes | bytearray | memoryview | BinaryIO | Iterator[bytes]
Query = Mapping[str, Any]


@dataclass(slots=True)
class Reply:
    """An answer that is not an error. `data` is the whole body, or empty where `stream` was asked for."""

    status: int
    headers: Mapping[str, str]
    data: bytes = b""
    pieces: Iterator[bytes] = field(default_factory=lambda: iter(()))

    def json(self) -> Any:
        """The body as JSON; raises ServerFault if it is not."""
        try:
            return jsonlib.loads(self.data)
        except ValueError as error:
            raise ServerFault("The server's answer is not JSON.") from error


class Transport(Protocol):
    """`path` begins with `/api/v1`, already quoted (see `api_path`). `timeout` is in seconds."""

    name: str

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        timeout: float | None = None,
    ) -> Reply: ...

    def close(self) -> None: ...


def api_path(*parts: str) -> str:
    """`api_path("projects", "me", "a b")` → `/api/v1/projects/me/a%20b`; a slash inside a part stays a slash."""
    return "/".join((API, *(quote(part, safe="/@+=,~!$'()*") for part in parts)))


def project_path(entity: str, project: str, *rest: str) -> str:
    """The path of a project, or of something in it."""
    return api_path("projects", entity, project, *rest)


def run_path(entity: str, project: str, run: str, *rest: str) -> str:
    """The path of a run, or of something in it."""
    return project_path(entity, project, "runs", run, *rest)


def problem(status: int, data: bytes, headers: Mapping[str, str] | None = None) -> MuseionError:
    """The error an answer stands for: the class its code names, else the one its status suggests."""
    try:
        body = jsonlib.loads(data)
        code, message = str(body["code"]), str(body["message"])
    except (ValueError, KeyError, TypeError):
        return _unreadable(status, data)
    kind = every_error().get(code, ServerFault if status >= 500 else MuseionError)
    details = body.get("details") if isinstance(body.get("details"), dict) else {}
    error = kind(message, advice=body.get("advice") or None, **{str(k): v for k, v in details.items()})
    error.details.setdefault("status", status)
    if headers and (wait := headers.get("retry-after")):
        error.details.setdefault("retry_after", wait)
    return error


def _unreadable(status: int, data: bytes) -> MuseionError:
    text = data[:200].decode(errors="replace").strip()
    kind: type[MuseionError] = {401: Unauthenticated, 413: TooLarge}.get(status, ServerFault)
    return kind(f"The server answered {status}: {text!r}.", status=status)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: the arguments of `Transport.request`."""

    method: str
    path: str
    query: Query | None = None
    json: Any = None
    body: Body | None = None
    headers: Mapping[str, str] | None = None
    stream: bool = False
    timeout: float | None = None

    @property
    def target(self) -> str:
        """Path and query as they go out."""
        path = self.path
        full = path if path.startswith(("/api/", "/-/")) else f"{API}/{path.lstrip('/')}"
        chosen = {k: v for k, v in (self.query or {}).items() if v is not None}
        return f"{full}?{urlencode(chosen, doseq=True)}" if chosen else full

    @property
    def again(self) -> bool:
        """Whether the body can be sent a second time."""
        return self.body is None or isinstance(self.body, (bytes, bytearray, memoryview))

    def sent(self, key: str | None) -> tuple[Body | None, dict[str, str]]:
        """Body and headers as they go out; `key` signs the request."""
        headers = {name.lower(): value for name, value in (self.headers or {}).items()}
        if key:
            headers.setdefault("authorization", f"Bearer {key}")
        if self.json is None:
            return self.body, headers
        headers.setdefault("content-type", "application/json")
        text = jsonlib.dumps(self.json, ensure_ascii=False, separators=(",", ":"))
        return text.encode("utf-8", "replace"), headers


class Asker:
    """What the transports share: `request`, put together as one `Ask` for `_answer`."""

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        json: Any = None,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        stream: bool = False,
        timeout: float | None = None,
    ) -> Reply:
        return self._answer(Ask(method, path, query, json, body, headers, stream, timeout))

    def _answer(self, ask: Ask) -> Reply:
        raise NotImplementedError


class HttpTransport(Asker):
    """Requests over one pool of kept-alive connections. Thread-safe; no retries of its own."""

    def __init__(self, url: str, key: str | None, *, timeout: float = TIMEOUT) -> None:
        self.name = url.rstrip("/")
        self.key = key
        self.timeout = timeout
        self._made: urllib3.PoolManager | None = None

    @property
    def _pool(self) -> urllib3.PoolManager:
        if self._made is None:
            import urllib3

            self._made = urllib3.PoolManager(num_pools=4, maxsize=8, retries=False)
        return self._made

    def _answer(self, ask: Ask) -> Reply:
        import urllib3

        body, sent = ask.sent(self.key)
        limit = ask.timeout or self.timeout
        try:
            answer = self._pool.request(
                ask.method,
                self.name + ask.target,
                body=cast("Any", body),
                headers=sent,
                preload_content=False,
                redirect=False,
                timeout=urllib3.Timeout(connect=min(10.0, limit), read=limit),
            )
            return self._reply(answer, ask.stream)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, MuseionError):
                raise
            raise ServerUnreachable(f"No answer from {self.name}: {error}.") from error

    def _reply(self, answer: urllib3.BaseHTTPResponse, stream: bool) -> Reply:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if answer.status < 400 and stream:
            return Reply(answer.status, headers, pieces=self._stream(answer))
        data = answer.read(decode_content=True)
        answer.release_conn()
        if answer.status >= 400:
            raise problem(answer.status, data, headers)
        return Reply(answer.status, headers, data)

    def _stream(self, answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        import urllib3

        try:
            yield from answer.stream(PIECE, decode_content=True)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise ServerUnreachable(f"{self.name} broke off in the middle of an answer: {error}.") from error
        finally:
            answer.release_conn()

    def close(self) -> None:
        """Drop the pooled connections."""
        if self._made is not None:
            self._made.clear()
            self._made = None


class AppTransport(Asker):
    """Requests to an ASGI app in this process, run on an event loop in a thread of its own."""

    def __init__(self, app: Any, key: str | None = None, *, name: str = "app") -> None:
        import asyncio

        self.name = name
        self.key = key
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="museion-app", daemon=True)
        self._thread.start()

    def _answer(self, ask: Ask) -> Reply:
        import asyncio

        body, sent = ask.sent(self.key)
        call = self._call(ask.method, ask.target, _whole(body), sent)
        status, found, data = asyncio.run_coroutine_threadsafe(call, self._loop).result(ask.timeout or TIMEOUT)
        if status >= 400:
            raise problem(status, data, found)
        if ask.stream:
            return Reply(status, found, pieces=(data[i : i + PIECE] for i in range(0, len(data), PIECE)))
        return Reply(status, found, data)

    async def _call(
        self, method: str, target: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        from urllib.parse import unquote

        raw, _, query = target.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},  # 2.4: a stream is not broken off by `receive`
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(raw),
            "raw_path": raw.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [
                (b"host", b"app"),
                (b"content-length", str(len(body)).encode()),
                *((name.encode(), value.encode()) for name, value in headers.items()),
            ],
            "client": ("127.0.0.1", 1),
            "server": ("app", 80),
        }
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        answer: list[Any] = [500, {}, bytearray()]

        async def receive() -> dict[str, Any]:
            return waiting.pop() if waiting else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer[0] = message["status"]
                answer[1] = {k.decode().lower(): v.decode() for k, v in message.get("headers", [])}
            else:
                answer[2] += message.get("body", b"")

        await self._app(scope, receive, send)
        return answer[0], answer[1], bytes(answer[2])

    def close(self) -> None:
        """Stop the thread; the app stays as it is."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def _whole(body: Body | None) -> bytes:
    if body is None:
        return b""
    if isinstance(body, (bytes, bytearray, memoryview)):
        return bytes(body)
    read = getattr(body, "read", None)
    return bytes(read()) if read else b"".join(body)
