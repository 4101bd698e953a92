"""Many files of a version in one answer."""

from __future__ import annotations

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from museion.actions.open_bundle import Wanted, open_bundle
from museion.blobs.bundle import MEDIA_TYPE, frames
from museion.errors import ValueInvalid
from museion.server.context import context_of
from museion.server.doors import VERSION, Door, described
from museion.server.download import Pieces, gathered
from museion.server.problems import problem_json
from museion.server.schemas import BundleIn


async def read_bundle(request: Request) -> Response:
    """Bytes of many files, or of ranges of them, in one answer (docs/FORMAT.md, "Bundle"), each chunk verified.

    A file that cannot be read ends in an error of its own; the others go on.
    """
    asked = _asked(await request.body())
    p, stores = request.path_params, context_of(request).stores
    place = (p["entity"], p["project"], p["name"], p["pointer"])
    parts = await run_in_threadpool(open_bundle, stores, *place, asked)
    answer = gathered(frames(stores.blobs.open_many(parts), problem_json))
    first = await run_in_threadpool(next, answer)
    headers = {"Content-Type": MEDIA_TYPE, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Pieces(first, answer, headers, 200)


def _asked(body: bytes) -> list[Wanted]:
    try:
        files = BundleIn.model_validate_json(body).files
    except ValidationError as error:
        first = error.errors()[0]
        raise ValueInvalid(f"The body is not a list of files: {first['msg']} at {first['loc']}.") from None
    return [Wanted(file.path, file.start, file.stop) for file in files]


_PART = {
    "type": "object",
    "required": ["path"],
    "properties": {"path": {"type": "string"}, "start": {"type": "integer"}, "stop": {"type": "integer"}},
}
_BODY = {
    "type": "object",
    "required": ["files"],
    "properties": {"files": {"type": "array", "maxItems": 10_000, "items": _PART}},
}

DOORS = (
    Door(
        "POST",
        f"{VERSION}/bundle",
        read_bundle,
        "read",
        "artifacts",
        bare=True,
        openapi={
            **described(f"{VERSION}/bundle"),
            "requestBody": {"required": True, "content": {"application/json": {"schema": _BODY}}},
        },
    ),
)
