"""kill -9 at random moments: nothing acknowledged is lost, nothing half-written is visible."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from blobs.crash_child import content
from sqlalchemy import select

from museion.blobs import tables
from museion.blobs.pack import read_footer, verify_pack
from museion.blobs.staging import Staging
from museion.blobs.store import BlobStore
from museion.catalog.database import open_engine

CHILD = Path(__file__).with_name("crash_child.py")
KILLS = int(os.environ.get("MUSEION_CRASHES", "8"))
pytestmark = [pytest.mark.crash, pytest.mark.timeout(120 + 6 * KILLS)]


def life(kind: str, folder: Path, seed: str, deeds: int, seconds: float) -> list[list[str]]:
    """Let a child do some deeds, kill it a moment later, and give what it had said."""
    child = subprocess.Popen([sys.executable, CHILD, kind, folder, seed], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child:
        assert child.stdout.readline() == "ready\n"
        said = "".join(child.stdout.readline() for _ in range(deeds))
        time.sleep(seconds)  # the moment of death is the point here
        child.kill()
        said += child.stdout.read()
    return [line.split() for line in said.splitlines(keepends=True) if line.endswith("\n")]


@pytest.mark.crash
def test_the_store_loses_nothing_it_acknowledged(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/index.db")
    tables.metadata.create_all(engine)
    rnd, acknowledged = random.Random(7), 0
    for turn in range(KILLS):
        said = life("store", tmp_path, str(turn), rnd.randrange(4), rnd.uniform(0, 0.1))
        store = BlobStore(tmp_path / "store", engine)
        store.recover()
        for digest, number in said:
            assert b"".join(store.open(digest)) == content(str(turn), int(number))
        acknowledged += len(said)
        check_whole(tmp_path / "store", engine)
    assert acknowledged > KILLS // 3
    engine.dispose()


@pytest.mark.crash
def test_taking_garbage_back_loses_nothing_that_is_named_and_leaves_no_orphan(tmp_path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path}/index.db")
    tables.metadata.create_all(engine)
    rnd, named = random.Random(9), tmp_path / "named"
    named.touch()
    for turn in range(KILLS):
        life("collect", tmp_path, str(turn), rnd.randrange(3), rnd.uniform(0, 0.1))
        store = BlobStore(tmp_path / "store", engine)
        store.recover()
        lines = [line.split() for line in named.read_text().splitlines(keepends=True) if line.endswith("\n")]
        for digest, seed, number in lines[-30:]:
            assert b"".join(store.open(digest)) == content(seed, int(number))
        check_whole(tmp_path / "store", engine)
        store.close()
    assert len(lines) > KILLS // 3
    later = BlobStore(tmp_path / "store", engine, clock=lambda: time.time() + 7200)
    for digest, seed, number in lines:
        assert b"".join(later.open(digest)) == content(seed, int(number))
    later.sweep(list, 0, at_once=True)
    assert list((tmp_path / "store" / "packs").glob("*/*")) == []
    engine.dispose()


def check_whole(root: Path, engine) -> None:
    """After recovery index and folder agree, and every pack is sound."""
    assert list((root / "tmp").iterdir()) == []
    packs = {path.name: path for path in (root / "packs").glob("*/*")}
    with engine.connect() as conn:
        assert set(conn.execute(select(tables.pack.c.id)).scalars()) == set(packs)
        assert set(conn.execute(select(tables.chunk.c.pack)).scalars()) <= set(packs)
    for name, path in packs.items():
        body = path.read_bytes()
        footer = read_footer(lambda at, n, body=body: body[at : at + n], len(body))
        assert footer.id == name
        verify_pack(lambda at, n, body=body: body[at : at + n], footer)


@pytest.mark.crash
def test_staging_keeps_what_was_added_while_another_process_reads_and_drops(tmp_path) -> None:
    mine = Staging(tmp_path / "staging")
    rnd, left = random.Random(8), 0
    for turn in range(max(6, KILLS // 4)):
        seed = str(turn)
        said = life("staging", tmp_path, seed, rnd.randrange(2, 12), rnd.uniform(0, 0.1))
        for place, (digest, number, times) in enumerate(said):
            assert b"".join(mine.open(digest)) == content(seed, int(number)) * int(times)
            if place % 2:
                mine.drop([digest], holder=seed)
        for place, (digest, _, _) in enumerate(said):
            assert mine.has(digest) == (place % 2 == 0)
        left += len(said)
    assert left > 6
    mine.sweep([])
    assert list((tmp_path / "staging" / "packs").iterdir()) == []
    mine.close()
