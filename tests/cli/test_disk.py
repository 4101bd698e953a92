"""gc, fsck, backup, restore and cache, as a person runs them, against the local server."""

from __future__ import annotations

import json
import subprocess
import sys

from museion.actions.stores import visit_stores
from museion.actions.users import authenticate

LOG = """
import museion
with museion.init(project="disk") as run:
    made = museion.Artifact("data", type="dataset")
    with made.new_file("rows.csv") as file:
        file.write("1,2,3\\n" * 20_000)
    run.log_artifact(made).wait()
    made.download("out")
"""


def test_a_user_gets_one_more_key(tmp_path) -> None:
    def ask(*args: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "museion.cli", "user", *args, "--root", str(tmp_path / "server"), "--json"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    first = json.loads(ask("add", "ada").stdout)["key"]
    second = json.loads(ask("key", "ada").stdout)["key"]
    assert first != second
    stores = visit_stores(tmp_path / "server")
    assert [authenticate(stores, key).name for key in (first, second)] == ["ada", "ada"]
    stores.close()
    refused = ask("key", "eve")
    assert refused.returncode != 0
    assert "museion user add" in refused.stderr


def test_the_life_of_some_bytes(house, tmp_path) -> None:
    house.script(LOG)
    assert house.ask("fsck") == {"faults": [], "left": 0}
    backed_up = house.ask("backup", str(tmp_path / "backup"))
    assert backed_up["new_packs"] == backed_up["packs"] > 0
    assert house.ask("backup", str(tmp_path / "backup"))["new_packs"] == 0
    assert house.ask("restore", str(tmp_path / "backup"), "--root", str(tmp_path / "again"))["packs"] > 0
    assert house.ask("fsck", "--root", str(tmp_path / "again"))["left"] == 0

    assert house.ask("cache", "info")["cache"]["max_bytes"] > 0
    assert house.ask("cache", "clean")["freed"] >= 0

    held = house.ask("quota", "disk")
    assert held["bytes"] is None
    assert held["held"] > 0
    assert house.ask("quota", "disk", "1.5KiB") == {"bytes": 1536, "held": held["held"]}
    found = house.ask("usage", "disk")
    assert found["quota"]["bytes"] == 1536
    assert [(part["artifact"], part["size"]) for part in found["artifacts"]] == [("data", 120_000)]
    assert found["artifacts"][0]["unique"] == found["artifacts"][0]["stored"] <= found["stored"]
    (project,) = house.ask("usage")
    assert (project["project"], project["stored"]) == (found["project"], found["stored"])
    assert "quota 1.5 KiB" in house.museion("usage", "disk")
    assert house.ask("quota", "disk", "none")["bytes"] is None

    house.museion("artifact", "rm", "data:v0", "--project", "disk", "--yes")
    assert house.ask("gc", "--dry-run", "--grace", "0")["bytes"] == 0  # no longer held by the upload, but by the trash
    assert house.ask("gc", "--grace", "0", "--empty-trash")["bytes"] >= 120_000  # the upload ended with the commit
    assert "Freed" in house.museion("gc", "--grace", "0")

    pack = next((tmp_path / "again" / "packs").glob("*/*"))
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-1])
    command = [sys.executable, "-m", "museion.cli", "fsck", "--root", str(tmp_path / "again"), "--json"]
    done = subprocess.run(command, env=house.env(), capture_output=True, text=True, check=False)
    assert done.returncode == 6
    assert json.loads(done.stdout)["left"] > 0
