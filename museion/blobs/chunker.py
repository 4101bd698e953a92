"""Where content is cut: FastCDC, so that an insertion moves cuts only near itself.

The sizes are written into docs/FORMAT.md. Changing them breaks no stored data, it only stops new content from sharing
chunks with old, so golden vectors hold them still.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from blake3 import blake3

from museion.errors import UsageError

MIN_CHUNK = 64 << 10
MEAN_CHUNK = 256 << 10
MAX_CHUNK = 1 << 20
WINDOW = 4 << 20

Buffer = bytes | bytearray | memoryview
ReadInto = Callable[[memoryview], int]

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pyfastcdc.cy import FastCDC
except ImportError as error:  # its silent fallback in pure Python is 200 times slower
    raise UsageError(
        f"The compiled part of pyfastcdc is missing here ({error}).",
        advice="Install its wheel: pip install --force-reinstall --only-binary :all: pyfastcdc",
    ) from error


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of content with its cuts as (offset in `view`, length). `view` is valid until the next is asked for."""

    view: memoryview
    cuts: list[tuple[int, int]]


def chunks(data: Buffer) -> list[tuple[int, int]]:
    """Cut `data`: (offset, length) of each chunk, in order and without gaps; below 256 KiB it is one chunk."""
    size = len(data)
    if size < MEAN_CHUNK:
        return [(0, size)] if size else []
    return _cut(data)


def _cut(data: Buffer) -> list[tuple[int, int]]:
    cutter = FastCDC(MEAN_CHUNK, min_size=MIN_CHUNK, max_size=MAX_CHUNK)
    return [(cut.offset, cut.length) for cut in cutter.cut_buf(data)]


def windows(read: ReadInto, whole: blake3) -> Generator[Window, None, None]:
    """Cut what `read` gives, in one pass, and hash it into `whole`; one window is read while another is worked on.

    `read` fills as much of a buffer as it can and returns the number of bytes, 0 at the end.
    """
    feed = _Feed(read, whole)
    first = feed.fill()
    if feed.ended:
        if first.cuts:
            yield first
        return
    with ThreadPoolExecutor(1, thread_name_prefix="museion-chunker") as pool:
        now = first
        while now.cuts:
            later = _start(pool, feed)
            yield now
            now = later.result()


def _start(pool: ThreadPoolExecutor, feed: _Feed) -> Future[Window]:
    try:
        return pool.submit(feed.fill)
    except RuntimeError:  # the interpreter is shutting down and starts no thread any more: do it here
        done: Future[Window] = Future()
        done.set_result(feed.fill())
        return done


class _Feed:
    """Two buffers filled in turn; the last chunk of one is carried to the next, for its cut is not known yet."""

    def __init__(self, read: ReadInto, whole: blake3) -> None:
        self._read = read
        self._whole = whole
        self._buffers = [bytearray(), bytearray()]
        self._turn = 0
        self._carry = b""
        self._cut = chunks  # for content that ends in the first window; more is never "below 256 KiB"
        self.ended = False

    def fill(self) -> Window:
        """The next window; without cuts when the content has ended."""
        view = self._buffer()
        kept = len(self._carry)
        view[:kept] = self._carry
        end = self._read_up(view, kept)
        self._whole.update(view[kept:end])
        return self._window(view[:end])

    def _buffer(self) -> memoryview:
        self._turn ^= 1
        if not self._buffers[self._turn]:
            self._buffers[self._turn] = bytearray(WINDOW + MAX_CHUNK)
        return memoryview(self._buffers[self._turn])

    def _read_up(self, view: memoryview, end: int) -> int:
        while not self.ended and end < WINDOW:
            got = self._read(view[end : min(end + MAX_CHUNK, len(view))])
            self.ended = got == 0
            end += got
        return end

    def _window(self, view: memoryview) -> Window:
        cuts = self._cut(view) if self.ended else _cut(view)
        self._carry, self._cut = b"", _cut
        if not self.ended:
            offset, _ = cuts.pop()
            self._carry = bytes(view[offset:])
        return Window(view, cuts)
