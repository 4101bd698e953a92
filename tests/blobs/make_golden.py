"""Write the golden files of this room. Run it once for a new version of a format, never to make a test pass:

python tests/blobs/make_golden.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from blake3 import blake3

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from blobs.data import noise  # noqa: E402

from museion.blobs.chunker import chunks  # noqa: E402
from museion.blobs.pack import build_pack, pread_of, read_footer  # noqa: E402

GOLDEN = Path(__file__).parents[1] / "golden"


def main() -> None:
    sizes = {"empty": 0, "tiny": 10, "just one": (256 << 10) - 1, "mean": 256 << 10, "large": 5_000_000}
    cases = [
        {
            "name": name,
            "size": size,
            "blake3": blake3(noise(name, size)).hexdigest(),
            "lengths": [length for _, length in chunks(noise(name, size))],
        }
        for name, size in sizes.items()
    ]
    about = "content = first `size` bytes of the BLAKE3 output of `name`; lengths of its FastCDC 64K/256K/1M chunks"
    (GOLDEN / "cuts-v1.json").write_text(json.dumps({"about": about, "cases": cases}, indent=1) + "\n")
    content = [{"name": "first", "size": 1}, {"name": "second", "size": 300}, {"name": "third", "size": 5000}]
    data = [noise(str(one["name"]), int(str(one["size"]))) for one in content]
    body = build_pack((blake3(piece).digest(), piece) for piece in data)
    (GOLDEN / "pack-v1.bin").write_bytes(body)
    footer = read_footer(pread_of(body), len(body))
    found = [{"hash": e.hash.hex(), "offset": e.offset, "length": e.length} for e in footer.entries]
    said = {"id": footer.id, "content": content, "chunks": found}
    (GOLDEN / "pack-v1.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
