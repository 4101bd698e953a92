"""Adding data to the artifact store, and getting it back: as a user does it, through the SDK.

Cases take turns in one process. "add" is everything from `add_file` to content that is chunked, hashed, staged and
named by a manifest (offline, so that the network is not what is measured); "upload" is the same through a local server
up to its answer; "restore" is `download()` of the version, every chunk verified. An add is durable: it ends with fsync.
Peers (`keepers.py`) keep the same bytes on this machine, each its own way; none of them waits for the disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from blake3 import blake3
from keepers import KEEPERS, keepers
from paired import paired, report

MIB = 1 << 20


def timed(do: Callable[[], object]) -> float:
    """Seconds that `do` takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def make_file(path: Path, mib: int) -> Path:
    with path.open("wb") as file:
        for _ in range(mib):
            file.write(os.urandom(MIB))
    return path


def make_folder(path: Path, count: int, size: int) -> Path:
    path.mkdir()
    for i in range(count):
        (path / f"{i:05d}.bin").write_bytes(os.urandom(size))
    return path


def cp_fsync(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    subprocess.run(["cp", str(source), str(target)], check=True)
    fd = os.open(target, os.O_RDWR)
    os.fsync(fd)
    os.close(fd)


def b3sum(path: Path) -> None:
    """Hash the file with two threads over a memory map, as `b3sum --num-threads 2` does."""
    blake3(max_threads=2).update_mmap(path).digest()


def tar(folder: Path, target: Path) -> None:
    subprocess.run(["tar", "cf", str(target), "-C", str(folder), "."], check=True)


class Store:
    """A Museion of its own for each round, so that every add is of unknown content."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.rounds = 0

    def fresh(self) -> Path:
        self.rounds += 1
        home = self.scratch / f"home{self.rounds}"
        if self.rounds > 1:
            shutil.rmtree(self.scratch / f"home{self.rounds - 1}", ignore_errors=True)
        return home


ADD = """
import os, sys, time
os.environ.update(MUSEION_HOME=sys.argv[1], MUSEION_MODE=sys.argv[4], MUSEION_SILENT="1")
import museion
source, again = sys.argv[2], sys.argv[3] == "again"
def add():
    artifact = museion.Artifact("bench", type="dataset")
    artifact.add_dir(source) if os.path.isdir(source) else artifact.add_file(source)
    run.log_artifact(artifact)
    artifact.wait()
    return artifact
with museion.init(project="bench", settings={"console": "off", "system_interval": 3600}) as run:
    if again:
        add()
    start = time.perf_counter()
    add()
    print("BENCH", time.perf_counter() - start)
    if len(sys.argv) > 5:
        artifact = run.use_artifact("bench:latest")
        os.sync()
        start = time.perf_counter()
        artifact.download(sys.argv[5], skip_cache=True)
        print("RESTORE", time.perf_counter() - start)
"""


def said(word: str, python: str | Path, code: str, *args: object) -> float:
    """Run `code`; the seconds it printed after `word`."""
    done = subprocess.run([str(python), "-c", code, *map(str, args)], capture_output=True, text=True, timeout=900)
    for line in done.stdout.splitlines():
        if line.startswith(word + " "):
            return float(line.split()[1])
    raise SystemExit(f"no {word} in:\n{done.stdout}\n{done.stderr}")


def warm(home: Path) -> Path:
    """A local server that answers: to start it is not what is measured."""
    env = {**os.environ, "MUSEION_HOME": str(home)}
    subprocess.run(
        [sys.executable, "-m", "museion.cli", "up", "--no-browser"], env=env, capture_output=True, check=True
    )
    return home


def down(home: Path) -> None:
    env = {**os.environ, "MUSEION_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "museion.cli", "down"], env=env, capture_output=True, check=False)


def copied(source: Path, copy: Path) -> float:
    """Copy to a file that is not there; as for `restored`, what waits for the disk is written before."""
    copy.unlink(missing_ok=True)
    os.sync()
    return timed(lambda: subprocess.run(["cp", str(source), str(copy)], check=True))


def restored(source: Path, home: Path, out: Path) -> float:
    """Restore what was logged a moment ago into a folder that is not there."""
    shutil.rmtree(out, ignore_errors=True)
    return said("RESTORE", sys.executable, ADD, home, source, "once", "offline", out)


def big_file(scratch: Path, mib: int, rounds: int, peers: Sequence[str]) -> None:
    source, copy, store = make_file(scratch / "big.bin", mib), scratch / "copy.bin", Store(scratch)

    def upload() -> float:
        home = warm(store.fresh())
        try:
            return said("BENCH", sys.executable, ADD, home, source, "once", "online")
        finally:
            down(home)

    cases = {
        "cp + fsync": lambda: timed(lambda: cp_fsync(source, copy)),
        "museion add": lambda: said("BENCH", sys.executable, ADD, store.fresh(), source, "once", "offline"),
        "museion add and upload": upload,
    }
    cases |= keepers(peers, said, scratch, source)
    report(f"add {mib} MiB of new content", paired(cases, rounds), "cp + fsync")
    known = {
        "BLAKE3, 2 threads": lambda: timed(lambda: b3sum(source)),
        "museion add, known content": lambda: said(
            "BENCH", sys.executable, ADD, store.fresh(), source, "again", "offline"
        ),
    }
    report(f"add {mib} MiB that is known", paired(known, rounds), "BLAKE3, 2 threads")
    out = scratch / "out"
    restore = {
        "cp": lambda: copied(source, copy),
        "museion restore": lambda: restored(source, store.fresh(), out),
    }
    report(f"restore {mib} MiB, verified", paired(restore, rounds), "cp")


def many_files(scratch: Path, count: int, rounds: int, peers: Sequence[str]) -> None:
    folder, store = make_folder(scratch / "many", count, 10 * 1024), Store(scratch)
    cases = {
        "tar cf": lambda: timed(lambda: tar(folder, scratch / "many.tar")),
        "museion add": lambda: said("BENCH", sys.executable, ADD, store.fresh(), folder, "once", "offline"),
    }
    cases |= keepers(peers, said, scratch, folder)
    report(f"add {count:,} files of 10 KiB", paired(cases, rounds), "tar cf")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--files", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(KEEPERS), help="joined by commas; empty for none")
    args = parser.parse_args()
    peers = [name for name in args.peers.split(",") if name]
    with tempfile.TemporaryDirectory(prefix="museion-bench-", ignore_cleanup_errors=True) as folder:
        big_file(Path(folder), args.mib, args.rounds, peers)
        many_files(Path(folder), args.files, args.rounds, peers)


if __name__ == "__main__":
    main()
