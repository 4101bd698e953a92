"""A home of one's own for each test, a server's app over real stores, and a run whose records go straight to it."""

from __future__ import annotations

import secrets

import pytest
from support.roots import new_root

from museion.actions.stores import open_stores
from museion.actions.users import create_key, create_user
from museion.sdk import local
from museion.sdk.source import artifacts_path, version_path
from museion.sdk.transport import AppTransport, project_path, run_path
from museion.sdk.upload import upload
from museion.server.app import create_app
from museion.server.auth import EVERYWHERE
from museion.server.settings import Settings

KEY = "k" * 40


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MUSEION_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MUSEION_SYSTEM_INTERVAL", "0")  # offline: no process beside the run
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "home"
    if (tmp_path / "home/staging").exists():
        local.staging().close()
    local._staging.cache_clear()
    local._file_cache.cache_clear()


class CountedTransport(AppTransport):
    """Remembers what was asked."""

    def __init__(self, app, key):
        super().__init__(app, key)
        self.asked = []

    def request(self, method, path, **options):
        self.asked.append((method, path))
        return super().request(method, path, **options)


class DirectRun:
    """The part of a run that artifacts need; what a journal and an uploader do later, it does at once."""

    def __init__(self, transport, run_id="aaaaaaaa", mode="online", project="p"):
        self.entity, self.project, self.id, self.mode = "me", project, run_id, mode
        self.records, self._answers, self._carrier = [], {}, transport
        if mode == "online":
            transport.request("PUT", run_path(self.entity, self.project, self.id), json={})

    def _transport(self):
        assert self.mode == "online", "offline touches no network"
        return self._carrier

    def _record(self, kind, body):
        self.records.append((kind, body))
        if self.mode == "online":
            self.send(self._carrier, kind, body)

    def send(self, transport, kind, body):
        body = dict(body)
        if kind == "link":
            version = version_path(body, body["digest"].partition(":")[2])
            fields = {"target": body["target"], "aliases": body["aliases"]}
            transport.request("POST", f"{version}/links", json=fields)
            return
        uid = body.pop("uid")
        body.pop("holder", None)
        if kind == "input":
            transport.request("POST", run_path(self.entity, self.project, self.id, "inputs"), json=body)
            return
        digests = {entry["digest"] for entry in body["manifest"]["entries"].values() if "digest" in entry}
        body["upload"] = upload(transport, self.entity, self.project, local.staging(), digests)
        path = artifacts_path(project_path(self.entity, self.project), body.pop("draft", None))
        self._answers[uid] = transport.request("POST", path, json=body).json()

    def sync(self, transport):
        transport.request("PUT", run_path(self.entity, self.project, self.id), json={})
        for kind, body in self.records:
            self.send(transport, kind, body)

    def _receipt(self, uid, timeout):
        return self._answers[uid]


@pytest.fixture
def stores(tmp_path):
    found = open_stores(new_root(tmp_path / "server"), None)
    yield found
    found.close()


@pytest.fixture
def transport(stores, tmp_path):
    create_user(stores, "me", {"me": "admin", EVERYWHERE: "admin"})
    create_key(stores, "me", secret=KEY)
    app = create_app(stores, Settings(root=tmp_path / "server", secret=b"s" * 32, local_key=KEY, hosts=("app",)))
    made = CountedTransport(app, KEY)
    yield made
    made.close()


@pytest.fixture
def run(transport):
    return DirectRun(transport)


@pytest.fixture
def runs(request):
    """Makes runs: `runs()` offline, `runs(transport)` online; each has an id of its own."""

    def make(transport=None, **options):
        mode = options.pop("mode", "online" if transport else "offline")
        return DirectRun(transport, secrets.token_hex(4), mode, **options)

    return make
