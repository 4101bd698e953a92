"""Writers, a person who deletes, and a sweep without grace, all at once: what is named stays readable."""

from __future__ import annotations

import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from blobs.data import noise, pack, pieces, recipe

from museion.blobs import collect
from museion.errors import BlobCorrupt, BlobNotFound, BlobsMissing

SCOPE = "ada/digits"
ROUNDS = int(os.environ.get("MUSEION_STRESS", "25"))


class Names:
    """What the catalog does: names content, in a transaction of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: set[str] = set()

    def live(self) -> list[str]:
        with self._lock:
            return list(self._live)

    def add(self, digest: str) -> None:
        with self._lock:
            self._live.add(digest)

    def remove_one(self, rnd: random.Random) -> None:
        with self._lock:
            if self._live:
                self._live.discard(rnd.choice(sorted(self._live)))


def write(store, names: Names, seed: int) -> int:
    """Upload and name; gives how often a commit had to be tried again."""
    rnd, again = random.Random(seed), 0
    for _ in range(ROUNDS):
        data = noise(f"stress {rnd.randrange(30)}", 400)
        lease = store.lease(60, SCOPE)
        while True:
            if not all(store.have_chunks(lease, [key for key, _ in pieces(data)])):
                store.add_pack(lease, pack(data, noise(f"filler {rnd.randrange(30)}", 100)))
            try:
                store.add_files(lease, [recipe(data)], SCOPE)
                break
            except BlobsMissing:
                again += 1
        names.add(recipe(data).digest)
        store.release(lease)
        names.remove_one(rnd)
    return again


def stress(lab) -> tuple[int, int]:
    """(packs deleted, named files that cannot be read at the end)."""
    names, done, deleted = Names(), threading.Event(), []

    def sweep() -> None:
        while not done.is_set():
            deleted.append(lab.store.sweep(names.live, 0, at_once=len(deleted) % 2 == 0).packs)

    with ThreadPoolExecutor(5) as pool:
        sweeper = pool.submit(sweep)
        writers = [pool.submit(write, lab.store, names, seed) for seed in range(4)]
        try:
            for writer in writers:
                writer.result()
        finally:
            done.set()
        sweeper.result()
    return sum(deleted), sum(not readable(lab, digest) for digest in names.live())


def readable(lab, digest: str) -> bool:
    try:
        lab.read(digest)
    except (BlobNotFound, BlobCorrupt):
        return False
    return True


def test_nothing_that_is_named_is_deleted(lab) -> None:
    deleted, lost = stress(lab)
    assert deleted > 5
    assert lost == 0


def test_without_pins_and_second_look_it_is(lab, monkeypatch) -> None:
    """The control: what is condemned while a writer relies on it goes, if nobody looks again."""
    digest = lab.store.put_bytes(b"relied on", SCOPE)
    monkeypatch.setattr(collect, "_still_dead", lambda conn, candidates, live: set(candidates))
    monkeypatch.setattr(collect, "_still_unused", lambda conn, packs: dict.fromkeys(packs, 0))
    named: list[str] = []

    def live() -> list[str]:
        known, named[:] = list(named), [digest]  # the version is committed while the sweep looks
        return known

    lab.store.sweep(live, 0)
    with pytest.raises(BlobNotFound):
        lab.read(digest)


def test_with_them_it_is_not(lab) -> None:
    digest = lab.store.put_bytes(b"relied on", SCOPE)
    named: list[str] = []

    def live() -> list[str]:
        known, named[:] = list(named), [digest]
        return known

    lab.store.sweep(live, 0)
    assert lab.read(digest) == b"relied on"
