"""Every route, as everyone: nothing is open by forgetting."""

from __future__ import annotations

from typing import Any

import pytest
from support.server import PROJECT, Site, make_run

from museion.actions.stores import Stores
from museion.errors import UsageError
from museion.server.app import DOORS, create_app
from museion.server.doors import Door
from museion.server.guard import Guard
from museion.server.settings import Settings

API = "/api/v1"
P = "/api/v1/projects/{entity}/{project}"
R = P + "/runs/{run}"
A = P + "/artifacts/{name}/{pointer}"

TABLE = {
    ("GET", f"{API}/health"): "public",
    ("GET", f"{API}/viewer"): "read",
    ("GET", f"{API}/openapi.json"): "read",
    ("GET", f"{API}/projects"): "read",
    ("GET", P): "read",
    ("DELETE", P): "admin",
    ("GET", f"{P}/changes"): "read",
    ("GET", f"{P}/events"): "read",
    ("GET", f"{P}/runs"): "read",
    ("PUT", R): "write",
    ("GET", R): "read",
    ("PATCH", R): "write",
    ("DELETE", R): "write",
    ("POST", f"{R}/archive"): "write",
    ("POST", f"{R}/restore"): "write",
    ("POST", f"{R}/stop"): "write",
    ("POST", f"{P}/run-changes"): "write",
    ("GET", f"{P}/run-groups"): "read",
    ("GET", f"{P}/run-columns"): "read",
    ("GET", f"{P}/run-trash"): "read",
    ("GET", f"{P}/alerts"): "read",
    ("GET", f"{R}/alerts"): "read",
    ("POST", f"{R}/alerts"): "write",
    ("POST", f"{R}/heartbeat"): "write",
    ("POST", f"{R}/history"): "write",
    ("GET", f"{R}/history"): "read",
    ("GET", f"{R}/history/next"): "read",
    ("GET", f"{R}/keys"): "read",
    ("GET", f"{R}/values"): "read",
    ("GET", f"{R}/layers"): "read",
    ("POST", f"{R}/fork"): "write",
    ("POST", f"{R}/rewind"): "write",
    ("POST", f"{P}/keys"): "read",
    ("GET", f"{P}/live"): "read",
    ("GET", f"{R}/export"): "read",
    ("GET", f"{P}/export"): "read",
    ("POST", f"{P}/series"): "read",
    ("POST", f"{R}/console"): "write",
    ("GET", f"{R}/console"): "read",
    ("POST", f"{R}/files"): "write",
    ("GET", f"{R}/files"): "read",
    ("GET", f"{R}/files/{{path:path}}"): "read",
    ("GET", f"{R}/preview"): "read",
    ("GET", f"{R}/thumbnail"): "read",
    ("POST", f"{P}/uploads"): "write",
    ("DELETE", f"{P}/uploads/{{upload}}"): "write",
    ("POST", f"{P}/uploads/{{upload}}/have"): "write",
    ("POST", f"{P}/uploads/{{upload}}/packs"): "write",
    ("POST", f"{P}/uploads/{{upload}}/staged/{{name}}"): "write",
    ("POST", f"{P}/uploads/{{upload}}/direct"): "write",
    ("POST", f"{P}/uploads/{{upload}}/direct/{{name}}"): "write",
    ("POST", f"{P}/uploads/{{upload}}/files"): "write",
    ("POST", f"{P}/artifacts"): "write",
    ("GET", f"{P}/artifacts"): "read",
    ("GET", f"{P}/artifacts/{{name}}"): "read",
    ("DELETE", f"{P}/artifacts/{{name}}"): "write",
    ("GET", A): "read",
    ("PATCH", A): "write",
    ("DELETE", A): "write",
    ("GET", f"{A}/manifest"): "read",
    ("POST", f"{A}/bundle"): "read",
    ("GET", f"{A}/usage"): "read",
    ("GET", f"{P}/artifacts/{{name}}/-/usage"): "read",
    ("GET", f"{P}/usage"): "read",
    ("GET", f"{P}/quota"): "read",
    ("PUT", f"{P}/quota"): "admin",
    ("POST", f"{API}/garbage"): "admin",  # of the server: it takes from every project
    ("GET", f"{A}/manifest.json"): "read",
    ("GET", f"{A}/files"): "read",
    ("GET", f"{A}/files/{{path:path}}"): "read",
    ("GET", f"{A}/preview"): "read",
    ("GET", f"{A}/thumbnail"): "read",
    ("GET", f"{A}/runs"): "read",
    ("POST", f"{P}/drafts/{{draft}}"): "write",
    ("POST", f"{P}/drafts/{{draft}}/finish"): "write",
    ("PUT", f"{P}/artifacts/{{name}}"): "write",
    ("PATCH", f"{P}/artifacts/{{name}}"): "write",
    ("GET", f"{P}/protected-aliases"): "read",
    ("PUT", f"{P}/protected-aliases"): "admin",
    ("GET", f"{P}/versions"): "read",
    ("POST", f"{P}/versions/delete"): "write",
    ("GET", f"{P}/trash"): "read",
    ("POST", f"{P}/trash/restore"): "write",
    ("GET", f"{A}/links"): "read",
    ("POST", f"{A}/links"): "write",
    ("GET", f"{A}/edits"): "read",
    ("GET", f"{A}/recipe"): "read",
    ("GET", f"{A}/diff"): "read",
    ("GET", f"{A}/signatures"): "read",
    ("POST", f"{A}/signatures"): "write",
    ("DELETE", f"{A}/signatures"): "write",
    ("GET", f"{A}/upstream"): "read",
    ("GET", f"{A}/downstream"): "read",
    ("GET", f"{A}/stale"): "read",
    ("GET", f"{P}/stale"): "read",
    ("POST", f"{R}/inputs"): "write",
    ("GET", f"{R}/artifacts"): "read",
    ("GET", f"{P}/graph"): "read",
    ("GET", f"{P}/views"): "read",
    ("PUT", f"{P}/views"): "write",
    ("DELETE", f"{P}/views/{{view}}"): "write",
    ("GET", f"{API}/signed/{{token}}/{{name}}"): "public",
    ("GET", "/-/link/{token}"): "public",
    ("GET", "/-/login"): "public",
    ("POST", "/-/login"): "public",
    ("POST", "/-/logout"): "public",
    ("GET", "/assets/{path:path}"): "public",
    ("POST", "/graphql"): "read",
    ("POST", "/files/{entity}/{project}/{run}/file_stream"): "write",
    ("PUT", "/wandb/wandb-run-put/{token}/{path:path}"): "public",
    ("GET", "/wandb/wandb-run-get/{token}/{path:path}"): "public",
    ("GET", "/wandb/wandb-history-get/{token}/{path:path}"): "public",
    ("PUT", "/wandb/artifact-put/{token}/{path:path}"): "public",
    ("PUT", "/wandb/artifact-part/{token}/{path:path}"): "public",
    ("PUT", "/wandb/artifact-manifest-put/{token}/{path:path}"): "public",
    ("GET", "/wandb/artifact-get/{token}/{path:path}"): "public",
    ("GET", "/wandb/artifact-manifest/{token}/{path:path}"): "public",
    ("GET", "/artifactsV2/{region}/{entity}/{project}/{collection}/{rest:path}"): "read",
    ("OPTIONS", "/wandb/{path:path}"): "public",
    ("POST", "/{path:path}"): "public",
    ("GET", "/{path:path}"): "public",
}
"""Who may pass where. Change it together with the route, and on purpose."""

ALLOWED = {
    "public": {None, "viewer", "member", "admin", "stranger", "local"},
    "read": {"viewer", "member", "admin", "local"},
    "write": {"member", "admin", "local"},
    "admin": {"admin", "local"},
}
"""`local` is the server's own admin; the others are so of one entity, `stranger` of another."""


def test_the_table_and_the_app_agree(site: Site) -> None:
    served = {(door.method, door.path): door.permission for door in DOORS}
    assert served == TABLE
    hung = {(m, route.path) for route in site.app.routes for m in route.methods}  # type: ignore[attr-defined]
    assert hung == set(TABLE)


def _fill(path: str) -> str:
    for name, value in {
        "{entity}": "ada",
        "{project}": "digits",
        "{run}": "aaaaaaaa",
        "{upload}": "nolease",
        "{name}": "nothing",
        "{pointer}": "latest",
        "{token}": "x.y",
        "{path:path}": "none.txt",
    }.items():
        path = path.replace(name, value)
    return path


def _passes(role: str | None, permission: str, path: str) -> bool:
    if "{entity}" in path or permission == "public":
        return role in ALLOWED[permission]
    return role == "local" if permission == "admin" else role is not None


@pytest.mark.parametrize("role", [None, "viewer", "member", "admin", "stranger", "local"])
def test_every_route_as_everyone(site: Site, role: str | None) -> None:
    make_run(site.client("admin"))
    client = site.client(role)
    for (method, path), permission in TABLE.items():
        if path.endswith(("/events", "/live")):
            method = "HEAD"
        site.client("admin").post(_fill(f"{R}/restore"))  # an admin's walk deletes it on the way
        answer = client.request(method, _fill(path))
        problem = answer.json() if answer.content and "json" in answer.headers.get("content-type", "") else {}
        code = problem.get("code") if isinstance(problem, dict) else None
        where = f"{method} {path} as {role}: {answer.status_code} {code}"
        if role is None and permission != "public":
            assert answer.status_code == 401, where
        elif _passes(role, permission, path):
            assert answer.status_code not in (401, 500), where
            assert code != "forbidden" or path.startswith((f"{API}/signed", "/wandb/")), where
        else:
            assert answer.status_code == 403, where
            assert method == "HEAD" or code == "forbidden", where


def test_a_door_without_a_guard_stops_the_app_from_being_made(stores: Stores, settings: Settings) -> None:
    app = create_app(stores, settings)

    async def forgotten() -> dict[str, Any]:
        return {}

    app.add_api_route("/forgotten", forgotten)
    from museion.server.guard import demand_permissions

    with pytest.raises(UsageError, match="forgotten"):
        demand_permissions(list(app.routes))
    with pytest.raises(TypeError):
        Door("GET", "/x", forgotten, tag="x")  # type: ignore[call-arg]
    assert all(isinstance(route.app, Guard) for route in create_app(stores, settings).routes)  # type: ignore[attr-defined]


def test_lists_show_only_what_one_may_read(site: Site) -> None:
    make_run(site.client("member"))
    site.client("stranger").put(f"{API}/projects/eve/own/runs/bbbbbbbb", json={})
    assert [p["entity"] for p in site.client("viewer").get(f"{API}/projects").json()] == ["ada"]
    assert [p["entity"] for p in site.client("stranger").get(f"{API}/projects").json()] == ["eve"]
    assert site.client("stranger").get(f"{API}/projects", params={"entity": "ada"}).json() == []
    assert {p["entity"] for p in site.client("local").get(f"{API}/projects").json()} == {"ada", "eve"}


def test_artifacts_of_a_project_one_may_not_read_are_not_there(site: Site) -> None:
    from support.server import commit

    make_run(site.client("member"))
    commit(site.client("member"), "secret", {"a": b"1"})
    spy = site.client("stranger")
    spy.put(f"{API}/projects/eve/own/runs/bbbbbbbb", json={})
    answer = spy.post(f"{API}/projects/eve/own/runs/bbbbbbbb/inputs", json={"artifact": "ada/digits/secret:latest"})
    assert (answer.status_code, answer.json()["code"]) == (404, "artifact_not_found")


def test_viewer_is_told_who_it_is(site: Site) -> None:
    assert site.client("viewer").get(f"{API}/viewer").json() == {"name": "viewer", "entity": "ada", "role": "viewer"}
    assert site.client("local").get(f"{API}/viewer").json() == {"name": "local", "entity": "local", "role": "admin"}


def test_project_of_no_one_is_forbidden_not_missing(site: Site) -> None:
    """Who may not read an entity learns nothing of what is in it."""
    make_run(site.client("member"))
    spy = site.client("stranger")
    there, not_there = spy.get(PROJECT), spy.get("/api/v1/projects/ada/none")
    assert (there.status_code, not_there.status_code) == (403, 403)
