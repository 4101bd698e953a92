"""`museion artifact …` as a person types it, from the first version to the last, against a real local server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.house import House


def run(house: House, *args: str | Path, code: int = 0) -> str:
    command = [sys.executable, "-m", "museion.cli", *map(str, args)]
    done = subprocess.run(command, cwd=house.work, env=house.env(), capture_output=True, text=True, timeout=90)
    assert done.returncode == code, f"{args} → {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def ask(house: House, *args: str | Path) -> Any:
    return json.loads(run(house, *args, "--json"))


@pytest.fixture
def data(house: House) -> Path:
    folder = house.work / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("alpha")
    (folder / "b.txt").write_text("beta")
    house.museion("up", "--no-browser")
    return folder


def test_versions_are_named_linked_compared_and_deleted(house: House, data: Path) -> None:
    run(house, "artifact", "put", data, "-n", "things", "-p", "cellar", "--tag", "first")
    (data / "b.txt").write_text("better")
    (data / "c.txt").write_text("new")
    again = ask(house, "artifact", "put", data, "-n", "things", "-p", "cellar", "-a", "good", "--days", "9")
    assert (again["artifact"].rpartition("/")[2], again["existing"]) == ("things:v1", False)
    files = ask(house, "artifact", "ls", "cellar/things:good")
    assert [file["path"] for file in files] == ["a.txt", "b.txt", "c.txt"]
    found = ask(house, "artifact", "diff", "cellar/things:v1", ":v0")
    assert (found["added"], found["changed"], found["new_bytes"], found["shared_bytes"]) == (["c.txt"], ["b.txt"], 9, 5)
    assert "1 added" in run(house, "artifact", "diff", "cellar/things:v1", ":v0")
    assert ask(house, "artifact", "tag", "cellar/things:v0", "gold", "-r", "first")["tags"] == ["gold"]
    assert ask(house, "artifact", "alias", "cellar/things:v0", "good")["aliases"] == ["good"]
    assert ask(house, "artifact", "protect", "prod", "-p", "cellar") == ["prod"]
    shown = ask(house, "artifact", "link", "cellar/things:v0", "registry/best-things", "-a", "prod")
    assert shown["artifact"].endswith("registry/best-things:v0")
    assert [v["version"] for v in ask(house, "artifact", "ls", "registry/best-things")] == ["v0"]
    look = ask(house, "artifact", "rm", "cellar/th*", "--keep", "0", "--dry-run")
    assert [len(look["versions"]), len(look["kept"])] == [1, 1]
    assert ask(house, "artifact", "rm", "cellar/things:v1")["deleted"] == 1
    assert [f"{t['name']}:{t['version']}" for t in ask(house, "artifact", "trash", "-p", "cellar")] == ["things:v1"]
    run(house, "artifact", "restore", "cellar/things:v1")
    assert {v["version"] for v in ask(house, "artifact", "ls", "cellar/things")} == {"v0", "v1"}
    assert "--all" in run(house, "artifact", "rm", "cellar/things", code=2)
    assert ask(house, "artifact", "lineage", "cellar/things:v0")["used_by"] == []
    assert ask(house, "artifact", "upstream", "cellar/things:v0")["versions"] == []
    assert ask(house, "artifact", "stale", "-p", "cellar") == []


def test_a_folder_is_verified_without_a_server_by_its_manifest_and_its_signature(house: House, data: Path) -> None:
    key = house.work / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    run(house, "artifact", "put", data, "-n", "things", "-p", "cellar")
    (signed,) = ask(house, "artifact", "sign", "cellar/things:v0", "--key", key, "--signer", "ada")
    run(house, "artifact", "get", "cellar/things:v0", "out", "--manifest")
    house.museion("down")
    (house.work / "trusted").write_text("ada " + key.with_suffix(".pub").read_text())
    report = ask(house, "verify", "out", "--signers", "trusted")
    assert (report["ok"], report["files"]) == (True, 2)
    assert report["signatures"] == [{"signer": "ada", "fingerprint": signed["fingerprint"], "trusted": True}]
    (house.work / "nobody").write_text("")
    assert "has signed" in run(house, "verify", "out", "--signers", "nobody", code=4)
    (house.work / "out" / "a.txt").write_text("alphA")
    (house.work / "out" / "more").write_text("x")
    (house.work / "out" / "b.txt").unlink()
    said = run(house, "verify", "out", code=6)
    assert all(line in said for line in ("changed: a.txt", "extra: more", "missing: b.txt"))
    (house.work / "out.manifest.json").write_text("{}")
    run(house, "verify", "out", code=6)
