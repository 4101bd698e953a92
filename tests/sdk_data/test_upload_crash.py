"""An upload that is killed again and again sends no acknowledged byte twice, and in the end all of it is there."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time

import pytest
from support.house import House

from museion.sdk.transport import HttpTransport, project_path

KILLS = int(os.environ.get("MUSEION_CRASHES", "3"))
pytestmark = [pytest.mark.crash, pytest.mark.timeout(120 + 6 * KILLS)]
FILES, SIZE = 4, 24 << 20
PATIENCE = 90.0

CHILD = """
import json, os, sys
from museion import Artifact
from museion.sdk import local, upload as uploading
from museion.sdk.transport import HttpTransport

url, key, data, log = sys.argv[1:]
whole = uploading._Lease.send_pack

def counted(lease, pack):
    size = whole(lease, pack)
    with open(log, "a") as accepted:  # only now has the server said yes
        accepted.write(f"{size}\\n")
    return size

uploading._Lease.send_pack = counted
artifact = Artifact("big", "dataset")
artifact.add_dir(data, policy="immutable")
print("ready", flush=True)
from museion.sdk.publish import publish
publish(HttpTransport(url, key), "me", "p", artifact)
print("done", artifact.version, flush=True)
"""


@pytest.fixture
def served(house: House):
    house.museion("up", "--no-browser")
    server = json.loads((house.home / "server.json").read_text())
    return server["url"], server["key"]


@pytest.mark.crash
def test_no_acknowledged_byte_is_sent_again_after_a_kill(house, served, tmp_path):
    seed = random.randrange(1 << 30)
    chance = random.Random(seed)
    data, log = tmp_path / "data", tmp_path / "accepted"
    data.mkdir()
    for number in range(FILES):
        (data / f"f{number}").write_bytes(chance.randbytes(SIZE))
    url, key = served
    HttpTransport(url, key).request("PUT", project_path("me", "p", "runs", "first"), json={})
    env = {**house.env(), "MUSEION_HOME": str(tmp_path / "other")}  # not the server's: it is sent as from afar
    command = [sys.executable, "-c", CHILD, url, key, str(data), str(log)]
    for _ in range(KILLS):
        child = subprocess.Popen(command, env=env, cwd=house.work, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(chance.uniform(0.0, 0.6))
        child.send_signal(signal.SIGKILL)
        child.communicate(timeout=PATIENCE)
    done = subprocess.run(command, env=env, cwd=house.work, capture_output=True, text=True, timeout=PATIENCE)
    assert "done v0" in done.stdout, f"seed {seed}\n{done.stdout}\n{done.stderr}"
    accepted = sum(map(int, log.read_text().split()))
    assert accepted <= FILES * SIZE * 1.02, f"seed {seed}: {accepted:,} bytes were accepted for {FILES * SIZE:,}"
    house.python("-c", f"import museion; museion.Api().artifact('me/p/big:v0').download({str(tmp_path / 'out')!r})")
    for number in range(FILES):
        assert (tmp_path / "out" / f"f{number}").read_bytes() == (data / f"f{number}").read_bytes()


LEAVES = """
import os, signal
from museion import Artifact
artifact = Artifact("never-logged", "dataset")
with artifact.new_file("big", "wb") as file:
    file.write(os.urandom(3_000_000))
with artifact.new_file("half", "wb") as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_never_logged_is_swept(house):
    subprocess.run([sys.executable, "-c", LEAVES], env=house.env(), cwd=house.work, check=False, timeout=PATIENCE)
    staged = lambda: sum(f.stat().st_size for f in (house.home / "staging" / "packs").iterdir())  # noqa: E731
    assert staged() >= 3_000_000
    assert len(list((house.home / "tmp").glob("new-*"))) == 1
    look = "from museion import Artifact; a = Artifact('x', 'dataset')\nwith a.new_file('f') as f: f.write('1')"
    house.python("-c", look)
    assert staged() < 3_000_000
    assert list((house.home / "tmp").glob("new-*")) == []
    assert list((house.home / "staging" / "claims").iterdir()) == []
