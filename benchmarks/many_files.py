"""Many small files: added, sent to a local server that runs already, and downloaded, cold and from the cache.

Beside `tar cf` (add), and `cp -r` (download) of the same files.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from log_artifact import ADD, down, make_folder, said, tar, timed, warm
from paired import paired, report

GET = """
import os, sys, time
os.environ.update(MUSEION_HOME=sys.argv[1], MUSEION_SILENT="1")
import museion
made = museion.Api().artifact("bench/bench:latest")
start = time.perf_counter()
made.download(sys.argv[2], skip_cache=sys.argv[3] == "cold")
print("GET", time.perf_counter() - start)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=2_000, help="10,000 and 100,000 are the sizes to quote")
    parser.add_argument("--size", type=int, default=10 * 1024)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        run(Path(folder), args.files, args.size, args.rounds)


def run(scratch: Path, count: int, size: int, rounds: int) -> None:
    many = make_folder(scratch / "many", count, size)

    def fresh_add(mode: str) -> float:
        home = scratch / f"home{time.time_ns()}"
        if mode == "online":
            warm(home)
        try:
            return said("BENCH", sys.executable, ADD, home, many, "once", mode)
        finally:
            down(home)
            shutil.rmtree(home, ignore_errors=True)

    adds = {
        "tar cf": lambda: timed(lambda: tar(many, scratch / "many.tar")),
        "museion add": lambda: fresh_add("offline"),
        "museion add and upload": lambda: fresh_add("online"),
    }
    report(f"add {count:,} files of {size:,} bytes", paired(adds, rounds), "tar cf")

    home = warm(scratch / "home")
    try:
        said("BENCH", sys.executable, ADD, home, many, "once", "online")

        def out() -> Path:
            return scratch / f"out{time.time_ns()}"

        def copy() -> float:
            return timed(lambda: subprocess.run(["cp", "-r", str(many), str(out())], check=True))

        gets = {
            "cp -r": copy,
            "museion download": lambda: said("GET", sys.executable, GET, home, out(), "cold"),
            "museion download, cached": lambda: said("GET", sys.executable, GET, home, out(), "cached"),
        }
        report(f"download {count:,} files of {size:,} bytes", paired(gets, rounds), "cp -r")
    finally:
        down(home)


if __name__ == "__main__":
    main()
