"""Kill a process that commits, at random moments: what it was told is kept is there, and nothing is half there."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from museion.actions.read_artifact import read_artifact, read_manifest, read_run_artifacts, read_versions
from museion.actions.stores import Stores, open_stores
from museion.model.manifest import Content

COMMITTER = Path(__file__).with_name("committer.py")
ROOM = Path(__file__).parents[2]
KILLS = 10


def _live_and_die(root: Path, life: int, chance: random.Random) -> list[str]:
    """Start a committer, let it commit a few times, kill it in the middle of another; returns what it acknowledged."""
    command = [sys.executable, COMMITTER, root, str(life)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOM, env={"PYTHONPATH": str(ROOM)})
    assert process.stdout is not None
    lines = []
    try:
        for _ in range(chance.randint(1, 6)):
            lines.append(process.stdout.readline())
        for _ in range(chance.randint(0, 200_000)):
            pass  # a moment that is not the one right after an answer
    finally:
        process.kill()
        lines.extend(process.stdout.readlines())
        process.wait()
        process.stdout.close()
    return [line.strip() for line in lines if line.endswith("\n")]


def _check(stores: Stores, version: str) -> tuple[str, int]:
    """The version is whole: papers, manifest, every byte, and the edge from its run."""
    found = read_artifact(stores, "ada", "crash", "net", version)
    life, i = found.metadata["life"], found.metadata["i"]
    entries = read_manifest(stores, "ada", "crash", "net", version).entries
    assert sorted(entries) == [f"{part}.bin" for part in range(5)]
    for part in range(5):
        entry = entries[f"{part}.bin"]
        assert isinstance(entry, Content)
        assert b"".join(stores.blobs.open(entry.digest)) == f"{life}/{i}/{part}".encode() * 50
    assert found.made_by == f"run{life}"
    outputs = read_run_artifacts(stores, "ada", "crash", f"run{life}").outputs
    assert found.number in [output.number for output in outputs]
    return life, i


@pytest.mark.crash
@pytest.mark.slow
def test_every_acknowledged_version_is_whole_and_no_half_one_is_seen(tmp_path: Path) -> None:
    chance = random.Random(4)
    acknowledged: list[str] = []
    for life in range(KILLS):
        acknowledged += _live_and_die(tmp_path / "server", life, chance)
    assert len(acknowledged) >= KILLS
    stores = open_stores(tmp_path / "server")
    try:
        there = {v.version: _check(stores, v.version) for v in read_versions(stores, "ada", "crash", "net").versions}
        for line in acknowledged:
            version, life, i = line.split()
            assert there[version] == (life, int(i))
        numbers = sorted(int(version[1:]) for version in there)
        assert numbers == list(range(len(numbers))), "no number was given out for a version that is not there"
        newest = read_artifact(stores, "ada", "crash", "net")
        assert newest.number == numbers[-1]
        assert len(there) <= len(acknowledged) + KILLS, "at most one commit a life was made and not told"
    finally:
        stores.close()
