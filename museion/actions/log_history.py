"""Log rows of history."""

from __future__ import annotations

from concurrent.futures import Future

from museion.actions.stores import Stores, run_key
from museion.history.batch import raw_size

LIGHT = 128 << 10


def log_history(stores: Stores, entity: str, project: str, run: str, writer: str, seq: int, batch: bytes) -> int:
    """Store a batch whose first row is number `seq` of `writer`; returns the number to send next.

    Sending a batch again changes nothing. Raises SequenceGap if rows before it are missing, BatchCorrupt, or
    RunNotFound.
    """
    return submit_history(stores, entity, project, run, writer, seq, batch).result()


def submit_history(
    stores: Stores, entity: str, project: str, run: str, writer: str, seq: int, batch: bytes
) -> Future[int]:
    """The same without waiting: the batch is checked, the answer comes when it is stored."""
    key = stores.addresses.find((entity, project, run))
    if key is None:
        with stores.catalog.reading() as rows:
            _, key = run_key(rows, entity, project, run)
        if run != "latest":
            stores.addresses.keep((entity, project, run), key)
    return stores.history.submit(key, writer, seq, batch)


def is_light(batch: bytes) -> bool:
    """Whether checking it takes next to no time, by what it says of itself: small, also once it is decompressed."""
    return len(batch) <= LIGHT and raw_size(batch) <= LIGHT


def next_seq(stores: Stores, entity: str, project: str, run: str, writer: str) -> int:
    """The number of the row this writer has to send next."""
    with stores.catalog.reading() as rows:
        _, key = run_key(rows, entity, project, run)
    return stores.history.next_seq(key, writer)
