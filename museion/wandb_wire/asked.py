"""What a resolver finds around it: the stores, who asks and from where. GraphQL's context; one for each request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from museion.actions.stores import Stores
from museion.errors import Forbidden


class Who(Protocol):
    """Whom the server knows: a name, and a role in each entity. `*` among the roles counts everywhere."""

    @property
    def name(self) -> str: ...

    @property
    def roles(self) -> Mapping[str, Any]: ...

    @property
    def everywhere(self) -> bool: ...

    def may(self, permission: str, entity: str) -> bool: ...


class Links(Protocol):
    """URLs that need no key: each is good for one purpose (which names the method and the kind of thing), for what
    `fields` say, until it expires. Whoever opens the token of one gets exactly these fields back, or Forbidden."""

    def url(self, purpose: str, fields: Mapping[str, Any], path: str, seconds: float | None = None) -> str:
        """`{base}/{place of the purpose}/{token}/{path}`; `path` is under the seal too."""


@dataclass(slots=True)
class Asked:
    """`base` is the server's URL as the client sees it, without a slash at its end; `client` the shared-mode client's
    id, if it sent one. A mutation sets `changed`, and those who wait for news are woken."""

    stores: Stores
    who: Who
    base: str
    links: Links
    client: str | None = None
    changed: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def entity(self) -> str:
        """The entity that is meant where none is named: the caller's own, else the first they belong to."""
        if self.who.everywhere or self.who.name in self.who.roles:
            return self.who.name
        return next(iter(sorted(self.who.roles)), self.who.name)

    def entities(self) -> Sequence[str] | None:
        """The entities one may read; None: all."""
        return None if self.who.everywhere else sorted(self.who.roles)

    def named(self, entity: str | None) -> str:
        """`entity`, or the default one where it is null or empty (offline runs send the empty string)."""
        return entity or self.entity

    def may(self, permission: str, entity: str) -> bool:
        """Whether the caller may `read`, `write` or `admin` in `entity`."""
        return self.who.may(permission, entity)

    def demand(self, permission: str, entity: str) -> None:
        """Raise Forbidden unless they may."""
        if not self.who.may(permission, entity):
            raise Forbidden(f"{self.who.name} may not {permission} in {entity}.")
