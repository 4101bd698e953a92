"""What is lost when something dies: nothing that the client still has.

MUSEION_CRASHES (default 1) is how often each is killed, MUSEION_CLIENTS (default 4) how many clients come at once.
"""

from __future__ import annotations

import os
import random
import signal
import time

import pytest
from wandb_wire.conftest import SECONDS, Wire, cutting

CRASHES = int(os.environ.get("MUSEION_CRASHES", "1"))
CLIENTS = int(os.environ.get("MUSEION_CLIENTS", "4"))
ROWS = 120

LOG = f"""
import sys, time, wandb
run = wandb.init(project="crash", id=sys.argv[1], settings=wandb.Settings(x_file_stream_transmit_interval=0.5))
print("begun", flush=True)
for i in range({ROWS}):
    run.log({{"x": i, "pad": "p" * int(sys.argv[3] if len(sys.argv) > 3 else 0)}})
    time.sleep(float(sys.argv[2]))
run.save(__import__("shutil").copy(wandb.__file__, "kept.py"), base_path=".")
run.finish()
"""

pytestmark = pytest.mark.crash


def rows_of(wire: Wire, entity: str, run: str) -> list[tuple[int, int]]:
    rows = wire.get(f"/api/v1/projects/{entity}/crash/runs/{run}/history?limit=10000")["rows"]
    return [(row["_step"], row["x"]) for row in rows]


WHOLE = [(i, i) for i in range(ROWS)]


@pytest.mark.parametrize("number", range(CRASHES))
def test_the_server_dies_and_comes_back(own_wire: Wire, entity: str, number: int) -> None:
    client = own_wire.popen(LOG, f"server{number:02}", "0.03")
    assert client.stdout is not None
    assert "begun" in client.stdout.readline()
    time.sleep(random.Random(number).uniform(0.5, 2.5))
    own_wire.stop(signal.SIGKILL)
    time.sleep(0.5)
    own_wire.start()
    said, _ = client.communicate(timeout=SECONDS)
    assert client.returncode == 0, said
    assert rows_of(own_wire, entity, f"server{number:02}") == WHOLE
    run = own_wire.get(f"/api/v1/projects/{entity}/crash/runs/server{number:02}")
    assert run["state"] == "finished"
    files = own_wire.get(f"/api/v1/projects/{entity}/crash/runs/server{number:02}/files")["files"]
    assert "kept.py" in [file["path"] for file in files]


@pytest.mark.parametrize("number", range(CRASHES))
def test_the_client_dies_and_is_synced(wire: Wire, entity: str, number: int) -> None:
    """Rows are wide here, because the client keeps its last 32 KiB in memory."""
    run = f"client{number:02}"
    client = wire.popen(LOG, run, "0.02", "4000")
    assert client.stdout is not None
    assert "begun" in client.stdout.readline()
    time.sleep(2.0)
    client.kill()
    client.communicate(timeout=30)
    folder = next((wire.work / "dir" / "wandb").glob(f"run-*-{run}"))
    time.sleep(1.0)  # the client's other process notices, and ends
    wire.cli("sync", "--no-skip-online", str(folder))
    found = rows_of(wire, entity, run)
    assert found == WHOLE[: len(found)]
    assert len(found) > 10


@pytest.mark.parametrize("number", range(CRASHES))
def test_the_network_cuts_and_slows(wire: Wire, entity: str, number: int) -> None:
    run = f"network{number}"
    with cutting(wire.port, number) as port:
        wire.run(LOG, run, "0.01", WANDB_BASE_URL=f"http://127.0.0.1:{port}")
    assert rows_of(wire, entity, run) == WHOLE
    assert wire.get(f"/api/v1/projects/{entity}/crash/runs/{run}")["state"] == "finished"


@pytest.mark.timeout(60 + SECONDS + 8 * CLIENTS)
def test_many_clients_at_once(wire: Wire, entity: str) -> None:
    clients = [wire.popen(LOG, f"many{number:03}", "0", WANDB_INIT_TIMEOUT="600") for number in range(CLIENTS)]
    try:
        said = [client.communicate(timeout=SECONDS + 8 * CLIENTS)[0] for client in clients]
    finally:
        for client in clients:
            client.kill()
    assert [client.returncode for client in clients] == [0] * CLIENTS, said
    for number in range(CLIENTS):
        assert rows_of(wire, entity, f"many{number:03}") == WHOLE
