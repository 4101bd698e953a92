"""What a request finds around it: the stores, the settings, and who is asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from museion.actions.actor import Actor
from museion.actions.stores import Stores
from museion.previews.shelf import Shelf
from museion.server.auth import Caller, Keys
from museion.server.events import Bell
from museion.server.settings import Settings
from museion.server.signing import Signer
from museion.server.spent import Failures, SpentLinks

LARGEST = 2**53 - 1

Count = Annotated[int, Query(ge=1, le=10_000)]
Place = Annotated[int, Query(ge=0, le=LARGEST)]
Cursor = Annotated[str | None, Query(max_length=4096)]
Text = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True, slots=True)
class Context:
    """One for each server: handed to every door."""

    stores: Stores
    settings: Settings
    signer: Signer
    bell: Bell
    keys: Keys
    spent: SpentLinks
    failures: Failures
    shelf: Shelf


@dataclass(frozen=True, slots=True)
class Here:
    """One for each request."""

    context: Context
    caller: Caller

    @property
    def stores(self) -> Stores:
        return self.context.stores

    @property
    def actor(self) -> Actor:
        """Who asks, for the actions."""
        return Actor(self.caller.name, self.caller.may)

    def may_read(self, entity: str, project: str) -> bool:
        """Whether the caller may read what lies in another project."""
        return self.caller.may("read", entity)


def context_of(request: Request) -> Context:
    """The server's context."""
    found: Context = request.app.state.context
    return found


async def _here(request: Request) -> Here:
    return Here(context_of(request), request.scope["museion.caller"])


Asked = Annotated[Here, Depends(_here)]
