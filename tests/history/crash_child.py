"""Appends and compacts for ever, saying on stdout what was acknowledged; the test kills it at a random moment."""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy import create_engine, event

from museion.history.background import Policy
from museion.history.batch import Row, encode
from museion.history.store import HistoryStore


def main() -> None:
    engine = create_engine(f"sqlite:///{Path(sys.argv[1])}")

    @event.listens_for(engine, "connect")
    def pragmas(connection, _) -> None:
        for pragma in ("journal_mode=wal", "synchronous=full", "busy_timeout=10000"):
            connection.execute(f"pragma {pragma}")

    store = HistoryStore(engine, policy=Policy(rows=40, age=0.05))
    seq = store.next_seq(1, "w")
    while True:
        size = 1 + seq % 9
        rows = [Row(i // 2, float(i), {f"k{i % 3}": i, "t": str(i)}) for i in range(seq, seq + size)]
        seq = store.append(1, "w", seq, encode(rows))
        print(seq, flush=True)


main()
