"""Write the golden files of this room. Run it once for a new version of a format, never to make a test pass:

python tests/blobs/make_golden.py
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path

from blake3 import blake3

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from blobs.data import noise  # noqa: E402

from museion.blobs.chunker import Buffer, chunks  # noqa: E402
from museion.blobs.codec import GROUPED_2, GROUPED_4, RAW, ZSTD, squeeze  # noqa: E402
from museion.blobs.pack import PackWriter, build_pack, pread_of, read_footer  # noqa: E402

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
    golden_pack_2()
    content = [{"name": "first", "size": 1}, {"name": "second", "size": 300}, {"name": "third", "size": 5000}]
    data = [noise(str(one["name"]), int(str(one["size"]))) for one in content]
    body = build_pack((blake3(piece).digest(), piece) for piece in data)
    (GOLDEN / "pack-v1.bin").write_bytes(body)
    footer = read_footer(pread_of(body), len(body))
    found = [{"hash": e.hash.hex(), "offset": e.offset, "length": e.length} for e in footer.entries]
    said = {"id": footer.id, "content": content, "chunks": found}
    (GOLDEN / "pack-v1.json").write_text(json.dumps(said, indent=1) + "\n")


def squeezable() -> dict[str, bytes]:
    """Content for each codec: noise, text, 16-bit and 32-bit numbers that grow slowly."""
    counted = " ".join(map(str, range(1000))).encode()
    small = b"".join(bytes(pair) for pair in zip(noise("bf16", len(counted)), counted, strict=True))
    wide = struct.pack("<3000f", *(1.0 + (i * 7919 % 3001) / 1e4 for i in range(3000)))
    return {"noise": noise("noise", 3000), "text": b"to be or not to be, " * 200, "bf16": small, "fp32": wide}


def golden_pack_2() -> None:
    parts: list[Buffer] = []
    writer = PackWriter(parts.append, squeeze=True)
    for codec, data in zip((RAW, ZSTD, GROUPED_2, GROUPED_4), squeezable().values(), strict=True):
        stored = data if codec == RAW else squeeze(codec, data)
        writer.add_stored(blake3(data).digest(), stored, len(data), codec)
    writer.close()
    body = b"".join(parts)
    (GOLDEN / "pack-v2.bin").write_bytes(body)
    footer = read_footer(pread_of(body), len(body))
    chunks = [
        dict(zip(("hash", "codec", "length"), (e.hash.hex(), e.codec, e.length), strict=True)) for e in footer.entries
    ]
    said = {"id": footer.id, "content": "tests/blobs/make_golden.py squeezable()", "chunks": chunks}
    (GOLDEN / "pack-v2.json").write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main()
