"""Trainers, uploaders and servers killed at random moments: what was logged is stored, whole, once, and in order.

`MUSEION_CRASHES=200 pytest tests/crash` for the long run; each test kills so many processes of its kind.
"""

from __future__ import annotations

import os
import random
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from support.place import Place, until

from museion.sdk.journal import Kind, records
from museion.sdk.localserver import find_or_start
from museion.sdk.rundir import RunDir, header_of
from museion.sdk.sync import sync_run

CRASHES = int(os.environ.get("MUSEION_CRASHES", "5"))
pytestmark = [pytest.mark.crash, pytest.mark.timeout(60 + 10 * CRASHES)]

TRAINER = """
    import os, sys, time, museion
    name, number = sys.argv[1], int(sys.argv[2])
    run = museion.init(project="p", id=name, settings={"console": "off", "system_interval": 0.2})
    wide = {f"w{i}": 0.5 for i in range(40)}
    for i in range(number):
        run.log({"x": i, "half": i / 2, "text": f"row {i}"} if i % 10 else {"x": i, **wide})
        os.write(1, b"%d\\n" % i)
        if i % 40 == 0:
            time.sleep(0.004)
    run.finish()
    os.write(1, b"finished\\n")
"""


def told(process: subprocess.Popen[str]) -> int:
    """How many rows `log()` returned for, once the process is dead."""
    assert process.stdout is not None
    whole = [line for line in process.stdout.read().split("\n")[:-1] if line.isdigit()]
    return int(whole[-1]) + 1 if whole else 0


def in_journal(folder: Path) -> list[int]:
    """`x` of every row that this machine holds, in order."""
    mains = [p for p in RunDir(folder).journals() if (header_of(p) or {}).get("role") == "main"]
    return [r.value[2]["x"] for path in mains for r in records(path) if r.kind == Kind.ROW]


def check(place: Place, run: str, least: int) -> None:
    """Everything is there once, whole and in order: on disk what was acknowledged, on the server what is on disk."""
    kept = in_journal(place.folder(run))
    assert kept == list(range(len(kept)))
    assert len(kept) >= least
    rows = place.rows(run)
    assert [row["x"] for row in rows] == kept
    for row in rows:
        whole = {"half": row["x"] / 2, "text": f"row {row['x']}"} if row["x"] % 10 else dict.fromkeys(WIDE, 0.5)
        assert {key: value for key, value in row.items() if not key.startswith("_") and key != "x"} == whole


WIDE = [f"w{i}" for i in range(40)]


def test_killed_trainers(place: Place) -> None:
    dice = random.Random(7)
    for number in range(CRASHES):
        name = f"t{number}"
        process = place.begin(TRAINER, name, "1000000")
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(dice.random() * 0.3)
        process.kill()
        least = max(told(process), int(first) + 1)
        process.communicate()
        assert place.over(name)["state"] == "crashed"
        check(place, name, least)


def test_killed_uploaders(place: Place) -> None:
    dice = random.Random(3)
    killed = number = 0
    while killed < CRASHES:
        name = f"u{number}"
        number += 1
        process = place.begin(TRAINER, name, "6000")
        while process.poll() is None and killed < CRASHES:
            time.sleep(dice.random() * 0.4)
            for uploader in place.uploaders(name):
                uploader.kill()
                killed += 1
        least = told(process)
        _, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
        assert least == 6000
        until(lambda name=name: bool(sync_if_free(place, name)), f"{name} is delivered")
        assert place.over(name)["state"] == "finished"
        check(place, name, least)


def test_trainers_and_uploaders_killed_together(place: Place) -> None:
    dice = random.Random(5)
    for number in range(CRASHES):
        name = f"b{number}"
        process = place.begin(TRAINER, name, "1000000")
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(dice.random() * 0.5)
        victims = [process.kill, *(uploader.kill for uploader in place.uploaders(name))]
        dice.shuffle(victims)
        for kill in victims:
            kill()
        least = max(told(process), int(first) + 1)
        process.communicate()
        until(lambda name=name: bool(sync_if_free(place, name)), f"{name} is delivered")
        assert place.over(name)["state"] == "crashed"
        check(place, name, least)


PATIENT = """
    import sys, time, museion
    run = museion.init(project="p", id=sys.argv[1], settings={"console": "off", "finish_timeout": 120})
    for i in range(600):
        run.log({"x": i})
        time.sleep(0.005)
    run.finish()
"""


def test_killed_servers_are_started_again(place: Place) -> None:
    dice = random.Random(11)
    for number in range(0, CRASHES, 4):
        name = f"s{number}"
        process = place.begin(PATIENT, name)
        for _ in range(min(4, CRASHES - number)):
            time.sleep(0.2 + dice.random())
            psutil.Process(find_or_start(place.home).pid).kill()
        _, err = process.communicate(timeout=180)
        assert process.returncode == 0, err
        assert place.over(name)["state"] == "finished"
        assert [row["x"] for row in place.rows(name)] == list(range(600))


def sync_if_free(place: Place, name: str) -> bool:
    """What `museion sync` does after such a crash; False while an uploader that was spared is still at it."""
    with RunDir(place.folder(name)).sole() as free:
        pass
    return free and bool(sync_run(place.folder(name), place.server)["done"])
