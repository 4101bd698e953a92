"""`museion run export`, `fork` and `rewind`, as a user runs them, against a real local server."""

from __future__ import annotations

import subprocess
import sys

from pyarrow import parquet
from support.house import House

LOG = """
import museion
with museion.init(project="cellar", id="aaaaaaaa") as run:
    for step in range(5):
        run.log({"loss": 1 / (step + 1), "note": f"s{step}"})
"""


def test_a_run_and_a_project_leave_as_files(house: House) -> None:
    house.script(LOG)
    house.museion("run", "export", "aaaaaaaa", "-p", "cellar", "-o", "one.parquet")
    table = parquet.read_table(house.work / "one.parquet")
    assert table["loss"].to_pylist() == [1 / (step + 1) for step in range(5)]
    text = house.museion("run", "export", "-p", "cellar", "--keys", "note")
    assert text.splitlines()[0] == '"_run","_step","_timestamp","_runtime","note"'
    assert text.splitlines()[5].endswith(',"s4"')
    command = [sys.executable, "-m", "museion.cli", "run", "export", "zzzzzzzz", "-p", "cellar", "-o", "two.csv"]
    failed = subprocess.run(command, cwd=house.work, env=house.env(), capture_output=True, text=True, timeout=60)
    assert failed.returncode == 3
    assert [path.name for path in house.work.glob("*two*")] == []


def test_a_run_is_forked_and_taken_back(house: House) -> None:
    house.script(LOG)
    child = house.ask("run", "fork", "aaaaaaaa", "2", "bbbbbbbb", "-p", "cellar")
    assert (child["forked_from"], child["forked_at"], child["summary"]["note"]) == ("aaaaaaaa", 2, "s2")
    assert "step 1" in house.museion("run", "rewind", "aaaaaaaa", "1", "-p", "cellar")
    text = house.museion("run", "export", "-p", "cellar", "--keys", "note")
    told = [line.split(",") for line in text.splitlines()[1:]]
    assert [(cells[0], cells[-1]) for cells in told] == [
        *(('"aaaaaaaa"', f'"s{step}"') for step in range(2)),
        *(('"bbbbbbbb"', f'"s{step}"') for step in range(3)),
    ]
