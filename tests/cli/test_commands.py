"""The command line, run as a user runs it, against a real local server."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from support.house import House

from museion import errors
from museion.cli.main import EXIT_CODES, exit_code


def failing(house: House, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "museion.cli", *args]
    return subprocess.run(command, cwd=house.work, env=house.env(), capture_output=True, text=True, timeout=60)


def test_up_is_found_again_and_down_stops_it(house: House) -> None:
    first = house.ask("up", "--no-browser")
    again = house.ask("up", "--no-browser")
    assert again["pid"] == first["pid"]
    assert again["link"] != first["link"], "a link is good once: each call makes a new one"
    assert house.ask("down") == {"stopped": True}
    assert house.ask("down") == {"stopped": False}


def test_only_the_owner_can_read_the_key(house: House) -> None:
    house.museion("up", "--no-browser")
    assert (house.home / "server.json").stat().st_mode & 0o077 == 0


def test_an_artifact_goes_in_and_comes_out(house: House) -> None:
    data = house.work / "data"
    (data / "deep").mkdir(parents=True)
    (data / "a.txt").write_text("alpha")
    (data / "deep" / "b.bin").write_bytes(bytes(range(256)) * 2000)
    put = house.ask("artifact", "put", str(data), "--name", "things", "--type", "dataset", "-p", "cellar", "-a", "good")
    assert put["artifact"].endswith("cellar/things:v0")
    assert put["files"] == 2
    listed = house.ask("artifact", "ls", "-p", "cellar")
    assert [(c["name"], c["latest"], c["versions"]) for c in listed] == [("things", "v0", 1)]
    got = house.ask("artifact", "get", "cellar/things:good", str(house.work / "out"))
    assert Path(got["path"], "a.txt").read_text() == "alpha"
    assert Path(got["path"], "deep", "b.bin").read_bytes() == bytes(range(256)) * 2000
    looked = house.ask("preview", "cellar/things:good", "a.txt")
    assert (looked["kind"], looked["text"]) == ("text", "alpha")
    assert "alpha" in house.museion("preview", "cellar/things:good", "a.txt")
    again = house.ask("artifact", "put", str(data), "--name", "things", "-p", "cellar")
    assert again["artifact"] == put["artifact"], "the same content is the same version"
    runs = house.ask("run", "ls", "-p", "cellar")
    assert [r["job_type"] for r in runs] == ["put", "put"]


def test_what_is_not_there_is_said_with_advice_and_a_code(house: House) -> None:
    house.museion("up", "--no-browser")
    assert failing(house, "artifact", "get", "nowhere/nothing:v1").returncode == 3
    missing = failing(house, "artifact", "put", "no-such-file", "-p", "x")
    assert missing.returncode == 3
    assert "no-such-file" in missing.stderr
    assert "Traceback" not in missing.stderr
    bad = failing(house, "artifact", "get", "a/b/c/d:v1")
    assert bad.returncode == 2
    assert "entity/project/name:alias" in bad.stderr


def test_doctor_finds_a_stopped_server_and_then_a_healthy_one(house: House) -> None:
    sick = failing(house, "doctor", "--json")
    assert sick.returncode == 1
    assert {f["what"]: f["ok"] for f in json.loads(sick.stdout)}["server"] is False
    house.museion("up", "--no-browser")
    found = {f["what"]: f["ok"] for f in house.ask("doctor")}
    assert found["server"]
    assert found["API key"]
    assert found["waiting to be sent"]


def test_login_checks_the_key_before_it_keeps_it(house: House) -> None:
    url = house.ask("up", "--no-browser")["url"]
    assert failing(house, "login", "not-a-key", "--host", url).returncode == 4
    assert not (house.home / "credentials.json").exists()
    key = json.loads((house.home / "server.json").read_text())["key"]
    assert house.ask("login", key, "--host", url)["host"] == url
    assert json.loads((house.home / "credentials.json").read_text()) == {url: key}
    assert (house.home / "credentials.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("kind", [kind for kind, _ in EXIT_CODES])
def test_exit_codes_are_the_documented_ones(kind: type[errors.MuseionError]) -> None:
    from museion.cli import main

    assert f"{exit_code(kind('x'))} " in (main.__doc__ or "")
