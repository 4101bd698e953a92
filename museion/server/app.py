"""Hang the doors: one application out of the stores and the settings."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from museion import __version__
from museion.actions.stores import Stores
from museion.model.values import MAX_DEPTH
from museion.previews.shelf import Shelf
from museion.server import background, static
from museion.server.auth import Keys
from museion.server.context import Context, context_of
from museion.server.doors import API, Door
from museion.server.events import Bell
from museion.server.front import Front, Traffic
from museion.server.guard import Guard, demand_permissions
from museion.server.problems import render_in_route
from museion.server.render import answer_type, rendering
from museion.server.routes import (
    artifacts,
    bundles,
    collections,
    export,
    files,
    history,
    lineage,
    live,
    login,
    previews,
    projects,
    runs,
    system,
    upkeep,
    uploads,
    versions,
    views,
    wandb,
    wandb_artifacts,
)
from museion.server.schemas import Problem
from museion.server.settings import Settings
from museion.server.signing import Signer
from museion.server.spent import Failures, SpentLinks

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


async def read_openapi(request: Request) -> Response:
    """The description of this API, made when first asked for."""
    app, context = request.app, context_of(request)
    if app.openapi_schema is None:
        app.openapi_schema = await run_in_threadpool(description, context)
    return JSONResponse(app.openapi_schema, headers={"Cache-Control": "no-cache"})


def description(context: Context) -> dict[str, Any]:
    """OpenAPI of all doors. A serving app does without the models of answers: they cost a third of its start."""
    app = _bare_app(context)
    app.router.routes.extend(hang(door, context, described=True) for door in DOORS)
    return app.openapi()


DOORS: tuple[Door, ...] = (
    *history.DOORS,  # first: the busiest door is found without asking the others
    *system.DOORS,
    *projects.DOORS,
    *runs.DOORS,
    *export.DOORS,
    *live.DOORS,
    *files.DOORS,
    *uploads.DOORS,
    *upkeep.DOORS,
    *artifacts.DOORS,
    *collections.DOORS,
    *versions.DOORS,
    *lineage.DOORS,
    *previews.DOORS,
    *views.DOORS,
    *bundles.DOORS,
    Door("GET", f"{API}/openapi.json", read_openapi, "read", "system", bare=True, listed=False),
    *wandb.DOORS,
    *wandb_artifacts.DOORS,
    *login.DOORS,
    *wandb.LAST,
    *static.DOORS,  # last: its second door takes every address that is left
)


def create_app(stores: Stores, settings: Settings, doors: Iterable[Door] = DOORS) -> FastAPI:
    """The server as an ASGI application. `app.state.context` and `app.state.traffic` are for whoever runs it."""
    context = _context(stores, settings)
    app = _bare_app(context)
    app.state.context, app.state.traffic = context, Traffic()
    app.add_middleware(Front, settings=settings, traffic=app.state.traffic)
    for door in doors:
        app.router.routes.append(hang(door, context))
    demand_permissions(list(app.router.routes))
    return app


def _context(stores: Stores, settings: Settings) -> Context:
    signer = Signer(settings.secret, stores.clock, settings.url_seconds)
    spent = SpentLinks(settings.root / "spent-links.json")
    return Context(stores, settings, signer, Bell(), Keys(stores), spent, Failures(), Shelf(settings.root / "previews"))


def _bare_app(context: Context) -> FastAPI:
    app = FastAPI(
        title="Museion",
        version=__version__,
        description="Runs, artifacts and the graph between them. docs/FORMAT.md describes the binary bodies.",
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(context),
    )
    app.add_exception_handler(RequestValidationError, render_in_route)
    app.add_exception_handler(HTTPException, render_in_route)
    return app


def _lifespan(context: Context) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(job) for job in background.jobs(context)]
        try:
            yield
        finally:
            context.bell.stop()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    return live


def hang(door: Door, context: Context, *, described: bool = False) -> APIRoute:
    """The route of one door, guarded; `described` with the models of its answers."""
    made = _route(door, described)
    route = copy.copy(made)
    route.app = Guard(door, bare(door.endpoint) if door.bare else made.app, context, context.keys)
    return route


@functools.cache
def _route(door: Door, described: bool) -> APIRoute:
    """What is alike in every application: only what stands before a door belongs to one."""
    return JsonRoute(
        door.path,
        door.endpoint if door.bare else rendering(door.endpoint, door.status),
        response_model=answer_type(door.endpoint) if described and not door.bare else None,
        methods=[door.method],
        status_code=door.status,
        tags=[door.tag],
        operation_id=door.endpoint.__name__,
        include_in_schema=door.listed,
        responses=_answers(door) if described else None,
        openapi_extra={**door.openapi, "x-permission": door.permission},
    )


def _answers(door: Door) -> dict[int | str, dict[str, Any]]:
    problem = {"model": Problem}
    answers: dict[int | str, dict[str, Any]] = {"4XX": problem, "5XX": problem, 422: problem}
    return {**answers, door.status: {"model": door.answer}} if door.answer else answers


def bare(endpoint: Callable[[Request], Coroutine[Any, Any, Response]]) -> ASGIApp:
    """An ASGI app out of a function from request to response: no models, no dependencies, no copies."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint(Request(scope, receive))
        await response(scope, receive, send)

    return app


class JsonRoute(APIRoute):
    """A route whose JSON body is checked for what no store could keep."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(StrictRequest(request.scope, request.receive))

        return strict


class StrictRequest(Request):
    """Refuses JSON that is nested too deep or holds half characters (lone surrogates)."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            found = json.loads(body)
            if too_deep(found):
                raise HTTPException(400, f"The body is nested deeper than {MAX_DEPTH} levels.")
            if _SURROGATE.search(body):
                json.dumps(found, ensure_ascii=False).encode()
        except RecursionError:
            raise HTTPException(400, f"The body is nested deeper than {MAX_DEPTH} levels.") from None
        except UnicodeError:
            raise HTTPException(400, "The body is not valid Unicode.") from None
        return found


def too_deep(value: Any) -> bool:
    """Whether `value` has more than MAX_DEPTH levels (and a few for the request around it)."""
    level = [value]
    for _ in range(MAX_DEPTH + 8):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer if isinstance(outer, list) else ())
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
