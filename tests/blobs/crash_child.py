"""Store or stage without end, and say what was acknowledged; the test kills it.

Its arguments: `store|collect|staging`, a folder, a seed.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from blobs.data import noise, pack, recipe  # noqa: E402


def say(*words: object) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def content(seed: str, i: int) -> bytes:
    return noise(f"{seed}/{i}", (100, 20_000, 900_000)[i % 3] + i)


def store(folder: Path, seed: str) -> None:
    from museion.blobs.store import BlobStore
    from museion.catalog.database import open_engine

    store = BlobStore(folder / "store", open_engine(f"sqlite:///{folder}/index.db"))
    store.recover()
    say("ready")
    for i in itertools.count():
        data = content(seed, i)
        if i % 2:
            store.put_bytes(data, "a/a")
        else:
            lease = store.lease(60, "a/a")
            store.add_pack(lease, pack(data))
            store.add_files(lease, [recipe(data)], "a/a")
        say(recipe(data).digest, i)


def collect(folder: Path, seed: str) -> None:
    """Store files, name every third, and take garbage back all the time: packs are deleted and written anew."""
    from museion.blobs.store import BlobStore
    from museion.catalog.database import open_engine

    store, named = BlobStore(folder / "store", open_engine(f"sqlite:///{folder}/index.db")), folder / "named"
    store.recover()
    say("ready")
    for i in itertools.count():
        datas = [content(seed, 3 * i + part) for part in range(3)]
        lease = store.lease(60, "a/a")
        store.add_pack(lease, pack(*datas))
        store.add_files(lease, [recipe(data) for data in datas], "a/a")
        with named.open("a") as file:
            file.write(f"{recipe(datas[i % 3]).digest} {seed} {3 * i + i % 3}\n")
        store.release(lease)
        store.sweep(lambda: [line.split()[0] for line in named.read_text().splitlines()], 0, at_once=True)
        say(recipe(datas[i % 3]).digest, 3 * i + i % 3)


def staging(folder: Path, seed: str) -> None:
    from museion.blobs.staging import Staging

    staging = Staging(folder / "staging", holder=seed)
    large = folder / f"{seed}.bin"
    say("ready")
    for i in itertools.count():
        data = content(seed, i)
        if i % 3 == 2:
            large.write_bytes(data * 11)
            say(staging.add_file(large).digest, i, 11)
        else:
            say(staging.add_bytes(data).digest, i, 1)


if __name__ == "__main__":
    {"store": store, "collect": collect, "staging": staging}[sys.argv[1]](Path(sys.argv[2]), sys.argv[3])
