"""A server in this process, a client for each role, and what tests do with it again and again."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from blake3 import blake3
from fastapi import FastAPI

from museion.actions.stores import Stores
from museion.blobs.chunker import chunks
from museion.blobs.pack import build_pack
from museion.model.digest import digest_bytes

with warnings.catch_warnings():
    # Starlette announces another HTTP client for its tests; the one we have serves.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

LOCAL_KEY = "local-" + "k" * 32
PROJECT = "/api/v1/projects/ada/digits"
ROLES = ("viewer", "member", "admin")


@dataclass
class Clock:
    """Unix seconds that stand until a test moves them."""

    now: float = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Site:
    """A server in this process. `keys` are API keys by role in the entity `ada`."""

    app: FastAPI
    stores: Stores
    clock: Clock
    root: Path
    keys: dict[str, str] = field(default_factory=dict)

    def client(self, role: str | None = None, **more: Any) -> TestClient:
        headers = {"Authorization": f"Bearer {self.keys[role]}"} if role else {}
        more.setdefault("base_url", "http://127.0.0.1:8484")
        return TestClient(self.app, headers=headers, follow_redirects=False, **more)


def upload(client: TestClient, data: bytes, project: str = PROJECT) -> tuple[str, dict[str, Any]]:
    """Send `data` as a client does; returns the lease and {digest, size}."""
    lease = client.post(f"{project}/uploads").json()["upload"]
    parts = [data[at : at + size] for at, size in chunks(data)]
    hashes = [blake3(part).digest() for part in parts]
    bits = client.post(f"{project}/uploads/{lease}/have", params={"what": "chunks"}, content=b"".join(hashes)).content
    fresh = {h: p for i, (h, p) in enumerate(zip(hashes, parts, strict=True)) if not bits[i >> 3] >> (i & 7) & 1}
    if fresh:
        sent = client.post(f"{project}/uploads/{lease}/packs", content=build_pack(fresh.items()))
        assert sent.status_code == 200, sent.text
    recipe = {"digest": digest_bytes(data), "size": len(data)}
    steps = [[h.hex(), len(p)] for h, p in zip(hashes, parts, strict=True)]
    done = client.post(f"{project}/uploads/{lease}/files", json={"files": [{**recipe, "chunks": steps}]})
    assert done.status_code == 204, done.text
    return lease, recipe


def make_run(client: TestClient, run: str = "aaaaaaaa", **body: Any) -> dict[str, Any]:
    """Create or change a run of the project."""
    answer = client.put(f"{PROJECT}/runs/{run}", json=body)
    assert answer.status_code in (200, 201), answer.text
    found: dict[str, Any] = answer.json()
    return found


def save_file(client: TestClient, path: str, data: bytes, run: str = "aaaaaaaa") -> dict[str, Any]:
    """Upload `data` and name it as a file of the run."""
    lease, recipe = upload(client, data)
    answer = client.post(f"{PROJECT}/runs/{run}/files", json={"upload": lease, "files": [{"path": path, **recipe}]})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()[0]
    return found


def commit(client: TestClient, name: str, files: dict[str, bytes], **more: Any) -> dict[str, Any]:
    """Upload `files` and commit them as a version."""
    entries, lease = {}, None
    for path, data in files.items():
        lease, entries[path] = upload(client, data)
    body = {"name": name, "type": "dataset", "upload": lease, "manifest": {"format": 1, "entries": entries}, **more}
    answer = client.post(f"{PROJECT}/artifacts", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found
