"""Answer one GraphQL document: schema, limits, and the envelope the client expects.

The schema is built when the first document comes: ariadne and graphql-core cost a third of a second to import.
"""

from __future__ import annotations

import logging
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any

from ariadne import SchemaBindable, load_schema_from_path, make_executable_schema
from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)

from museion.errors import MuseionError, RunDeleted
from museion.wandb_wire.asked import Asked
from museion.wandb_wire.limits import MAX_LENGTH, MAX_TOKENS, SECONDS, check_document

log = logging.getLogger("museion.wandb")

HERE = Path(__file__).parent
NOUNS = (
    "museion.wandb_wire.scalars",
    "museion.wandb_wire.nouns.server",
    "museion.wandb_wire.nouns.viewer",
    "museion.wandb_wire.nouns.entities",
    "museion.wandb_wire.nouns.projects",
    "museion.wandb_wire.nouns.runs",
    "museion.wandb_wire.nouns.files",
    "museion.wandb_wire.nouns.history",
    "museion.wandb_wire.nouns.console",
    "museion.wandb_wire.nouns.sweeps",
    "museion.wandb_wire.nouns.reports",
    "museion.wandb_wire.artifacts.nouns",
    "museion.wandb_wire.artifacts.mutations",
)
MAX_KNOWN = 512


@dataclass(frozen=True, slots=True)
class Answer:
    """A body for the client, and the HTTP status that goes with it."""

    status: int
    body: dict[str, Any]


@cache
def schema() -> GraphQLSchema:
    """Both halves of the schema, with their resolvers."""
    documents = [load_schema_from_path(str(path)) for path in sorted(HERE.rglob("*.graphql"))]
    return make_executable_schema(documents, *_bindables())


def _bindables() -> list[SchemaBindable]:
    """What each noun binds."""
    return [bindable for noun in NOUNS for bindable in import_module(noun).BINDABLES]


class _Documents:
    """Documents that were parsed, checked and validated: the client sends the same few again and again."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, DocumentNode] = OrderedDict()
        self._lock = Lock()

    def read(self, text: str) -> DocumentNode:
        """Raises GraphQLError, or _Invalid with several."""
        with self._lock:
            if (known := self._known.get(text)) is not None:
                self._known.move_to_end(text)
                return known
        if len(text) > MAX_LENGTH:
            raise GraphQLError(f"The document has more than {MAX_LENGTH:,} characters.")
        document = parse(text, max_tokens=MAX_TOKENS)
        check_document(document)
        if errors := validate(schema(), document, max_errors=20):
            raise _Invalid(errors)
        with self._lock:
            self._known[text] = document
            while len(self._known) > MAX_KNOWN:
                self._known.popitem(last=False)
        return document


class _Invalid(Exception):
    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(len(errors))
        self.errors = errors


_documents = _Documents()


def answer(body: Any, asked: Asked) -> Answer:
    """Answer `{"query", "variables", "operationName"}`. Blocks; whatever comes, it raises nothing."""
    fault = _fault(body)
    if fault:
        return Answer(400, {"errors": [{"message": fault}]})
    try:
        document = _documents.read(body["query"])
    except _Invalid as invalid:
        return Answer(200, {"errors": [error.formatted for error in invalid.errors]})
    except GraphQLError as error:
        return Answer(200, {"errors": [error.formatted]})
    except RecursionError:
        return Answer(200, {"errors": [{"message": "The document is nested too deep."}]})
    return _execute(document, body.get("variables") or {}, body.get("operationName") or None, asked)


def _fault(body: Any) -> str | None:
    """What is wrong with the body around the document, if anything."""
    if isinstance(body, list):
        return "Batches are not taken: send one document a request."
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        return "The body is not an object with a `query`."
    if not isinstance(body.get("variables"), dict | None):
        return "`variables` is not an object."
    if not isinstance(body.get("operationName"), str | None):
        return "`operationName` is not text."
    return None


def _execute(document: DocumentNode, variables: dict[str, Any], name: str | None, asked: Asked) -> Answer:
    names = [d.name.value if d.name else None for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    if name not in names and len(names) == 1:
        name = None  # one operation needs no name, and some senders give another
    asked.notes["deadline"] = time.monotonic() + SECONDS
    result = execute_sync(
        schema(), document, context_value=asked, variable_values=variables, operation_name=name, middleware=[_timed]
    )
    return _rendered(result)


def _timed(resolve: Any, source: Any, info: Any, **arguments: Any) -> Any:
    """Every field looks at the clock, so that no document keeps a thread for ever."""
    if time.monotonic() > info.context.notes["deadline"]:
        raise GraphQLError(f"The answer takes more than {SECONDS:g} s.")
    return resolve(source, info, **arguments)


def _rendered(result: ExecutionResult) -> Answer:
    body: dict[str, Any] = {"data": result.data}
    status = 200
    if result.errors:
        body["errors"] = [_told(error) for error in result.errors]
        status = max(_status(error) for error in result.errors)
    return Answer(status, body)


def _told(error: GraphQLError) -> dict[str, Any]:
    """The error as the client shows it: the message of ours, and nothing of the inside of what nobody foresaw."""
    told: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    if isinstance(cause, MuseionError):
        told["message"] = str(cause)
        told["extensions"] = {"code": cause.code}
    elif isinstance(cause, RecursionError | OverflowError | UnicodeError):
        told["message"] = "A value in the request cannot be stored."
    elif cause is not None and not isinstance(cause, GraphQLError):
        log.error("a resolver failed", exc_info=cause)
        told["message"] = "The server failed."
    return told


def _status(error: GraphQLError) -> int:
    """What the client does next hangs on the status: it tries again after 5xx, and gives up with the message on 200.

    404 and 409 are told as such, because the client reads them (a deleted sweep; a run that is being made).
    """
    cause = error.original_error
    if isinstance(cause, RunDeleted):
        return 410
    if isinstance(cause, MuseionError):
        return cause.status if cause.status in (401, 403, 404, 409, 410, 413, 507) else 200
    if cause is None or isinstance(cause, GraphQLError | RecursionError | OverflowError | UnicodeError):
        return 200
    return 500
