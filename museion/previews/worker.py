"""`python -m museion.previews.worker`: one preview in a process of its own, which can only read what it is given.

It has no file but its pipes, a limit on memory and processor time, and is killed when its time is over. Frames: one
line of JSON with the task comes in; `R <offset> <length>` lines go out, each answered with as many bytes (or the pipe
closes); at last `A <length>` and the answer, or `E <length>` and a sentence.
"""

from __future__ import annotations

import json
import resource
import sys
from typing import Any, BinaryIO

MEMORY = 3 << 30
SECONDS = 20


class Pipe:
    """The file as the parent hands it over, range by range."""

    def __init__(self, asks: BinaryIO, answers: BinaryIO, size: int) -> None:
        self._asks, self._answers = asks, answers
        self.size = size

    def read(self, offset: int, length: int) -> bytes:
        self._asks.write(b"R %d %d\n" % (offset, length))
        self._asks.flush()
        data = self._answers.read(length)
        if len(data) < length:
            raise EOFError("the file ended early")
        return data


def confine() -> None:
    """No more memory, time and output than a preview may need."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def work(task: dict[str, Any], pipe: Pipe) -> bytes:
    """The answer's bytes: JSON for a preview, WebP for a thumbnail."""
    if task["what"] == "thumbnail":
        from museion.previews.pictures import thumbnail
        from museion.previews.source import opened

        return thumbnail(opened(pipe), int(task["width"]))
    from museion.previews.preview import preview

    return json.dumps(preview(pipe, task["path"]), ensure_ascii=False, allow_nan=False).encode(errors="replace")


def main() -> None:
    """Do the one task that comes in."""
    confine()
    inward, outward = sys.stdin.buffer, sys.stdout.buffer
    task = json.loads(inward.readline())
    try:
        word, data = b"A", work(task, Pipe(outward, inward, task["size"]))
    except (Exception, MemoryError) as error:
        word, data = b"E", str(error or type(error).__name__).encode(errors="replace")[:1000]
    outward.write(b"%s %d\n" % (word, len(data)))
    outward.write(data)
    outward.flush()


if __name__ == "__main__":
    main()
