"""What a second version costs: bytes stored and bytes sent, and the time, through a local server that runs already.

A version of one large file, one with 1 MiB inserted in the middle, and that again; then a folder of small files
of which one in a hundred changed. wandb (offline) stages what it would send.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from keepers import script
from log_artifact import ADD, MIB, down, make_file, make_folder, said, warm
from paired import peer


def size_of(folder: Path) -> int:
    """Bytes of all files under `folder`; one that has two names counts once."""
    seen = {(info.st_dev, info.st_ino): info.st_size for path in folder.rglob("*") if (info := path.lstat())}
    return sum(seen.values()) if folder.is_dir() else 0


def insert(source: Path, target: Path) -> Path:
    """A copy with 1 MiB inserted in the middle."""
    data = source.read_bytes()
    middle = len(data) // 2 + 12_345
    target.write_bytes(data[:middle] + os.urandom(MIB) + data[middle:])
    return target


def change(folder: Path) -> None:
    """Write every hundredth file anew."""
    for i, path in enumerate(sorted(folder.iterdir())):
        if i % 100 == 0:
            path.write_bytes(os.urandom(path.stat().st_size))


def museion(home: Path, source: Path) -> tuple[float, int]:
    """Seconds, and bytes by which the server's packs grew: what was sent, for it takes only what it lacks."""
    before = size_of(home / "server" / "packs")
    return said("BENCH", sys.executable, ADD, home, source, "once", "online"), size_of(
        home / "server" / "packs"
    ) - before


def wandb(python: Path, folder: Path, source: Path) -> tuple[float, int]:
    """Seconds, and bytes by which its staging and run folders grew."""
    folder.mkdir(exist_ok=True)
    before = size_of(folder)
    os.environ.update(WANDB_CACHE_DIR=str(folder / "cache"), WANDB_DATA_DIR=str(folder / "data"))
    return said("BENCH", python, script("wandb"), folder, source), size_of(folder) - before


def row(what: str, who: str, found: tuple[float, int]) -> None:
    print(f"  {what:28s} {who:10s} {found[0]:8.2f} s   {found[1] / 1e6:10.2f} MB stored and sent")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--files", type=int, default=2_000)
    args = parser.parse_args()
    other = peer("wandb")
    with tempfile.TemporaryDirectory(prefix="museion-bench-") as folder:
        scratch = Path(folder)
        first = make_file(scratch / "v1.bin", args.mib)
        second = insert(first, scratch / "v2.bin")
        many = make_folder(scratch / "many", args.files, 10 * 1024)
        home = warm(scratch / "home")
        try:
            print(f"\nsecond versions of {args.mib} MiB, and of {args.files:,} files of 10 KiB")
            for what, source in (
                ("new", first),
                ("1 MiB inserted", second),
                ("the same again", second),
                ("files", many),
            ):
                row(what, "museion", museion(home, source))
                if other:
                    row(what, "wandb", wandb(other, scratch / "wandb", source))
            change(many)
            row("1 % of the files changed", "museion", museion(home, many))
            if other:
                row("1 % of the files changed", "wandb", wandb(other, scratch / "wandb", many))
        finally:
            down(home)


if __name__ == "__main__":
    main()
