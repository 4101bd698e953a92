"""JSON out: one pass from the models to bytes, NaN and the infinities as strings."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import UnionType
from typing import Any, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter
from starlette.responses import Response

JSON = "application/json"
STRICT = ConfigDict(ser_json_inf_nan="strings")


def answer_type(endpoint: Callable[..., Any]) -> Any:
    """What `endpoint` says it returns; None if that is nothing, or a ready response."""
    found = get_type_hints(endpoint).get("return")
    if isinstance(found, UnionType):
        found = next(kind for kind in get_args(found) if not _is_response(kind))
    return None if found is None or found is type(None) or _is_response(found) else found


def _is_response(kind: Any) -> bool:
    return inspect.isclass(kind) and issubclass(kind, Response)


def rendering(endpoint: Callable[..., Any], status: int) -> Callable[..., Any]:
    """`endpoint`, its answer turned into a response in the same thread; one that returns a response is left alone.

    FastAPI would render through an adapter that does not know the models' way with NaN, after validating again what
    the endpoint has just built.
    """
    kind = answer_type(endpoint)
    if kind is None:
        return endpoint
    # A model brings its config; a list of models takes that of the adapter.
    adapter = TypeAdapter(kind) if hasattr(kind, "model_fields") else TypeAdapter(kind, config=STRICT)

    def render(found: Any) -> Response:
        return found if isinstance(found, Response) else Response(adapter.dump_json(found), status, None, JSON)

    if inspect.iscoroutinefunction(endpoint):

        @functools.wraps(endpoint)
        async def rendered(*args: Any, **kwargs: Any) -> Response:
            return render(await endpoint(*args, **kwargs))

        return rendered

    @functools.wraps(endpoint)
    def rendered_in_thread(*args: Any, **kwargs: Any) -> Response:
        return render(endpoint(*args, **kwargs))

    return rendered_in_thread
