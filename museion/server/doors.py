"""A door is one method on one path: who may pass, how large a body may be, and what answers.

Rooms of routes list their doors; `museion.server.app` hangs them all. A door cannot be made without a permission.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Permission = Literal["public", "read", "write", "admin"]
Size = Literal["body", "batch", "pack", "manifest", "form", "file"]

API = "/api/v1"
PROJECT = API + "/projects/{entity}/{project}"
RUN = PROJECT + "/runs/{run}"
COLLECTION = PROJECT + "/artifacts/{name}"
VERSION = COLLECTION + "/{pointer}"


@dataclass(frozen=True, slots=True)
class Door:
    """`bare` doors take a Starlette request and give a response: the data plane, without models in between.

    `size` names the limit of the body. `openapi` is merged into the generated description, where `answer` is the model
    that a bare door answers with, if no other door describes it.
    """

    method: str
    path: str
    endpoint: Callable[..., Any]
    permission: Permission
    tag: str
    bare: bool = False
    status: int = 200
    size: Size = "body"
    listed: bool = True
    openapi: Mapping[str, Any] = field(default_factory=dict, hash=False)
    answer: type[Any] | None = None
    graphql: bool = False
    """Whether who is refused is told in the words of GraphQL, too."""


def query(name: str, kind: str = "string", *, required: bool = False, description: str = "") -> dict[str, Any]:
    """A query parameter of a bare door, for the description."""
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": {"type": kind},
    }


def path_parameters(path: str) -> list[dict[str, Any]]:
    """The parameters in `path`, for the description of a bare door."""
    names = [part[1:].partition(":")[0].rstrip("}") for part in path.split("/") if part.startswith("{")]
    return [{"name": n, "in": "path", "required": True, "schema": {"type": "string"}} for n in names]


def described(
    path: str,
    *,
    queries: Sequence[dict[str, Any]] = (),
    sends: bool = False,
    answer: Mapping[str, Any] | None = None,
    status: int = 200,
) -> dict[str, Any]:
    """The description of a bare door: octets in (`sends`), and `answer` (a response object) or octets out."""
    octets = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
    found: dict[str, Any] = {
        "parameters": [*path_parameters(path), *queries],
        "responses": {str(status): answer if answer is not None else {"description": "The bytes", **octets}},
    }
    if sends:
        found["requestBody"] = {"required": True, **octets}
    return found


def answers(model: str) -> dict[str, Any]:
    """A JSON response object of a schema that other doors describe already."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    return {"description": "Successful Response", "content": {"application/json": {"schema": schema}}}
