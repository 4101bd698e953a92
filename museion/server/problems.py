"""Every error as one JSON body; nothing of the inside leaks out."""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
from collections.abc import Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from museion.errors import MuseionError, StorageFull, ValueInvalid
from museion.server.schemas import Problem

log = logging.getLogger("museion.server")

_FULL = {errno.ENOSPC, errno.EDQUOT}
_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "too_large", 400: "value_invalid"}
MAX_PLACES = 20


def problem_response(error: BaseException, request_id: str, *, graphql: bool = False) -> Response:
    """The answer to `error`. One that nobody foresaw is logged under `request_id` and told only by that id.

    With `graphql`, the body is GraphQL's envelope as well: `errors`, beside the fields of every problem.
    """
    response = _response(error, request_id)
    if graphql:
        told = json.loads(bytes(response.body))
        body = json.dumps({**told, "errors": [{"message": f"{told['message']} {told['advice']}".strip()}]})
        kept = {name: value for name, value in response.headers.items() if name != "content-length"}
        response = Response(body, response.status_code, kept)
    return response


def _response(error: BaseException, request_id: str) -> Response:
    if isinstance(error, MuseionError):
        return _render(error.status, error.code, error.message, error.advice, error.details, request_id)
    if isinstance(error, RequestValidationError):
        return _render(422, ValueInvalid.code, *_places(error.errors()), request_id)
    if isinstance(error, HTTPException):
        code = _BY_STATUS.get(error.status_code, "error")
        return _render(error.status_code, code, str(error.detail), "", {}, request_id, error.headers or {})
    if isinstance(error, ClientDisconnect):
        return _render(400, ValueInvalid.code, "The connection broke before the body's end.", "", {}, request_id)
    if _no_room(error):
        full = StorageFull("There is no room left on the server's disk.")
        return _render(full.status, full.code, full.message, full.advice, {}, request_id)
    if isinstance(error, RecursionError | OverflowError | UnicodeError):
        # Values Python itself cannot carry: nested too deep, too large for 64 bits, not Unicode.
        log.warning("request %s: a value cannot be stored (%s)", request_id, type(error).__name__)
        return _render(400, ValueInvalid.code, "A value in the request cannot be stored.", "", {}, request_id)
    log.error("request %s failed", request_id, exc_info=error)
    return _render(500, "internal", "The server failed.", f"Its log has it as {request_id}.", {}, request_id)


def problem_json(error: MuseionError) -> bytes:
    """The body of the answer to `error`, for where it travels inside another answer."""
    said = Problem(code=error.code, message=error.message, advice=error.advice, details=_plain(error.details))
    return said.model_dump_json().encode()


def _no_room(error: BaseException) -> bool:
    """ENOSPC of the system, or SQLite's word for it."""
    if isinstance(error, OSError):
        return error.errno in _FULL
    return getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _places(errors: Sequence[Any]) -> tuple[str, str, dict[str, Any]]:
    """Message, advice and details: where each fault is, without repeating what was sent."""
    found = [{"place": ".".join(map(str, e["loc"])), "fault": str(e["msg"])} for e in errors[:MAX_PLACES]]
    first = found[0] if found else {"place": "the request", "fault": "invalid"}
    return f"{first['place']}: {first['fault']}.", "See /api/v1/openapi.json for the fields.", {"errors": found}


def _render(
    status: int,
    code: str,
    message: str,
    advice: str,
    details: dict[str, Any],
    request_id: str,
    headers: Any = None,
) -> Response:
    problem = Problem(code=code, message=message, advice=advice, details=_plain(details), request=request_id)
    response = Response(problem.model_dump_json(), status, dict(headers or {}), "application/json")
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="museion"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _plain(details: dict[str, Any]) -> dict[str, Any]:
    """Details that are not JSON are told as text: an error must never fail to be told."""
    found: dict[str, Any] = json.loads(json.dumps(details, default=str))
    return found


async def render_in_route(request: Request, error: Exception) -> Response:
    """For FastAPI's own errors, which never reach the outermost layer."""
    return problem_response(error, request.scope.get("museion.request", ""))
