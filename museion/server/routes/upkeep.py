"""Bytes and their upkeep: what takes how much, quotas, and taking garbage back."""

from __future__ import annotations

from museion.actions import account
from museion.actions.collect_garbage import collect_garbage as collect
from museion.actions.collect_garbage import look_for_garbage
from museion.actions.quota import read_quota as quota_of
from museion.actions.quota import set_quota as limit
from museion.errors import Forbidden
from museion.server.auth import EVERYWHERE
from museion.server.background import RESTORABLE
from museion.server.context import Asked
from museion.server.doors import API, COLLECTION, PROJECT, VERSION, Door
from museion.server.schemas import GarbageIn, GarbageOut, QuotaIn, QuotaOut, UsageOut


def read_version_usage(here: Asked, entity: str, project: str, name: str, pointer: str) -> UsageOut:
    """What a version takes on the server's disk, and what of it would be freed with it."""
    return UsageOut.model_validate(account.version_usage(here.stores, entity, project, name, pointer))


def read_collection_usage(here: Asked, entity: str, project: str, name: str) -> UsageOut:
    """What all versions of a collection take together."""
    return UsageOut.model_validate(account.collection_usage(here.stores, entity, project, name))


def read_project_usage(here: Asked, entity: str, project: str) -> UsageOut:
    """What all versions and runs of a project take together."""
    return UsageOut.model_validate(account.project_usage(here.stores, entity, project))


def read_quota(here: Asked, entity: str, project: str) -> QuotaOut:
    """How many bytes a project may hold, and how many it holds, garbage included."""
    return QuotaOut.model_validate(quota_of(here.stores, entity, project))


def set_quota(here: Asked, entity: str, project: str, body: QuotaIn) -> QuotaOut:
    """Limit what a project may hold; null takes the limit away. Only for admins of the whole server."""
    _of_everything(here)
    return QuotaOut.model_validate(limit(here.stores, entity, project, body.bytes))


def collect_garbage(here: Asked, body: GarbageIn = GarbageIn()) -> GarbageOut:
    """Delete what nothing names and nobody touched for `grace` seconds, or say how much that is (`dry_run`).

    Only for admins of the whole server. With `empty_trash`, what was deleted can no longer be restored.
    """
    _of_everything(here)
    if body.dry_run:
        return GarbageOut.model_validate(look_for_garbage(here.stores, body.grace))
    keep = 0.0 if body.empty_trash else RESTORABLE
    return GarbageOut.model_validate(collect(here.stores, body.grace, keep, at_once=True))


def _of_everything(here: Asked) -> None:
    if not here.caller.may("admin", EVERYWHERE):
        raise Forbidden(f"{here.caller.name} is no admin of the whole server.")


DOORS = (
    Door("GET", f"{COLLECTION}/-/usage", read_collection_usage, "read", "artifacts"),  # before one of a version `-`
    Door("GET", f"{VERSION}/usage", read_version_usage, "read", "artifacts"),
    Door("GET", f"{PROJECT}/usage", read_project_usage, "read", "projects"),
    Door("GET", f"{PROJECT}/quota", read_quota, "read", "projects"),
    Door("PUT", f"{PROJECT}/quota", set_quota, "admin", "projects"),
    Door("POST", f"{API}/garbage", collect_garbage, "admin", "system"),
)
