"""Whole journeys: the tutorial by W&B's client, and kill -9 of client and server in the middle of uploads."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from support.house import PIPELINE, TUTORIAL, shape
from wandb_wire.conftest import Wire, cutting

CRASHES = int(os.environ.get("MUSEION_CRASHES", "1"))


def test_the_tutorial_makes_the_same_graph(wire: Wire, entity: str, tmp_path: Path) -> None:
    """Five runs, four artifacts, nine edges, with `import wandb` instead of ours."""
    text = PIPELINE.read_text()
    assert "import museion as wandb" in text
    script = tmp_path / "pipeline.py"
    script.write_text(text.replace("import museion as wandb", "import wandb"))
    wire.run(script, "--epochs", "1")
    graph = wire.get(f"/api/v1/projects/{entity}/artifacts-example/graph?detail=instances")
    assert shape(graph) == TUTORIAL
    trained = wire.get(f"/api/v1/projects/{entity}/artifacts-example/artifacts/trained-model/latest")
    assert trained["metadata"]["kernel_sizes"] == [3, 3]


UPLOAD = """
import os, pathlib, sys, tempfile, wandb
folder = pathlib.Path(tempfile.mkdtemp())
for number in range(120):
    (folder / f"{number}.bin").write_bytes(bytes([number % 251]) * 30_000 + str(number).encode())
(folder / "large.bin").write_bytes(bytes(range(256)) * 40_000)
run = wandb.init(project=sys.argv[1], id=sys.argv[2])
artifact = wandb.Artifact("crash", "dataset")
artifact.add_dir(str(folder))
print("begin", flush=True)
logged = run.log_artifact(artifact).wait()
folder = logged.download(root=tempfile.mkdtemp(), skip_cache=True)
logged.verify(folder)
print(logged.version, len(logged.manifest.entries), flush=True)
run.finish()
"""


READ_BACK = """
import tempfile, wandb
found = wandb.Api().artifact("cut/crash:v0")
found.verify(found.download(root=tempfile.mkdtemp(), skip_cache=True))
print(found.version, len(found.manifest.entries))
"""


def test_the_network_cuts_and_slows_an_upload(wire: Wire, entity: str) -> None:
    """What was cut is sent again. (A download that is cut the client's own Python gives up, so that is left out.)"""
    back = ("folder = logged", "logged.verify", "print(logged")
    send = "".join(line for line in UPLOAD.splitlines(keepends=True) if not line.startswith(back))
    for number in range(CRASHES):
        with cutting(wire.port, 40 + number) as port:
            wire.run(send, "cut", f"run{number}", WANDB_BASE_URL=f"http://127.0.0.1:{port}")
    assert wire.run(READ_BACK).strip().splitlines()[-1] == "v0 121"
    found = wire.get(f"/api/v1/projects/{entity}/cut/artifacts/crash/v0")
    assert found["files"] == 121


def test_the_server_is_killed_during_an_upload(own_wire: Wire, entity: str) -> None:
    """The client goes on with the one that comes after it; everything is there, and right."""
    for number in range(CRASHES):
        process = own_wire.popen(UPLOAD, "killed", f"run{number}")
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "begin"
        time.sleep(0.3 + 0.37 * (number % 7))
        own_wire.stop(signal.SIGKILL)
        time.sleep(0.3)
        own_wire.start()
        out, _ = process.communicate(timeout=100)
        assert process.returncode == 0, out + own_wire.log[-3000:]
        assert out.strip().splitlines()[-1] == "v0 121"
    found = own_wire.get(f"/api/v1/projects/{entity}/killed/artifacts/crash/v0")
    assert found["files"] == 121


def test_a_client_that_is_killed_leaves_nothing_half_visible(own_wire: Wire, entity: str) -> None:
    """What it had sent is known by its digest to the one that comes after it."""
    process = own_wire.popen(UPLOAD, "cut", "run00001")
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "begin"
    packs = own_wire.root / "data" / "packs"
    deadline = time.monotonic() + 30
    while not any(path.is_file() for path in packs.rglob("*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert own_wire.get(f"/api/v1/projects/{entity}/cut/artifacts")["collections"] == []
    out = own_wire.run(UPLOAD, "cut", "run00002")
    assert out.strip().splitlines()[-1] == "v0 121"
