"""kill -9 at random moments: what was acknowledged is there, once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, func, select

from museion.history.store import HistoryStore
from museion.history.tables import chunk, metadata, tail

CHILD = Path(__file__).with_name("crash_child.py")
KILLS = int(os.environ.get("MUSEION_CRASHES", "6"))
pytestmark = [pytest.mark.crash, pytest.mark.timeout(120 + 6 * KILLS)]


def run_and_kill(path: Path, answers: int) -> int:
    """Let it acknowledge so many batches, kill it, and return the last row number it had acknowledged."""
    command = [sys.executable, "-W", "error", str(CHILD), str(path)]
    root = str(Path(__file__).parents[2])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root, env={"PYTHONPATH": root}) as child:
        assert child.stdout is not None
        said = [child.stdout.readline() for _ in range(answers)]
        child.kill()
        said += child.stdout.read().splitlines(keepends=True)
        child.wait()
    assert child.returncode == -9
    return max(int(line) for line in said if line.endswith("\n"))


@pytest.mark.crash
def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "h.db"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    pick = random.Random(8)
    for _ in range(KILLS):
        acknowledged = run_and_kill(path, pick.randint(1, 120))
        store = HistoryStore(engine, background=False)
        reached = store.next_seq(1, "w")
        assert reached >= acknowledged
        wanted: dict[int, dict] = {}
        for i in range(reached):
            wanted.setdefault(i // 2, {}).update({f"k{i % 3}": i, "t": str(i)})
        found = store.rows(1, None, limit=10**9)
        assert {row.step: row.values for row in found} == wanted
        store.close()
    with engine.connect() as connection:
        waiting = connection.execute(select(func.coalesce(func.sum(tail.c.rows), 0))).scalar()
        points = connection.execute(select(func.sum(chunk.c.points))).scalar()
    assert points == 3 * (reached - waiting)
    assert points > 0
    engine.dispose()
