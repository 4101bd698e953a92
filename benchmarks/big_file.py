"""One large file: time and peak memory of adding it and of reading it back, beside `cp`. `--gib 20` is for a disk that
has the room; the default is small."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from log_artifact import cp_fsync, make_file, timed

CHILD = """
import resource, sys, time
from pathlib import Path
from museion.blobs.staging import Staging
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
store = Staging(Path(sys.argv[1]))
start = time.perf_counter()
recipe = store.add_file(sys.argv[2], holder="bench")
store.sync()
added = time.perf_counter()
size = sum(map(len, store.open(recipe.digest)))
read = time.perf_counter()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print("BENCH", added - start, read - added, base, peak)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=0.5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        scratch = Path(folder)
        source = make_file(scratch / "big.bin", int(args.gib * 1024))
        cp = min(timed(lambda: cp_fsync(source, scratch / "copy.bin")) for _ in range(2))
        (scratch / "copy.bin").unlink()
        command = [sys.executable, "-c", CHILD, str(scratch / "staging"), str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        add, read, base, peak = map(float, done.stdout.split()[1:])
        print(f"\n{args.gib:g} GiB   cp + fsync {cp:.2f} s")
        print(f"  add, durable      {add:8.2f} s   × {add / cp:.2f}")
        print(f"  read, verified    {read:8.2f} s   × {read / cp:.2f}")
        print(f"  peak memory       {peak:8.0f} MiB, of which {base:.0f} MiB before the first byte")


if __name__ == "__main__":
    main()
