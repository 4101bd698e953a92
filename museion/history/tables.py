"""Where history lives in the database, keyed by the run's integer id, or by the source that a part of it lies in.

`tail`    batches as the client sent them, not compacted yet; `id` grows in order of arrival
`chunk`   compacted points of one or more series, in order of arrival: `generation` counts compactions of the run
`series`  what is known of one key of a run, and its pyramid
`writer`  the row number expected next from each writer, kept as long as the run, so that a late retry stays harmless
`span`    which sources a run that was forked or rewound sees, and up to which step (`spans.py`)
`mark`    the newest tail of a source that was compacted: who follows the run live learns whether it missed any

In the first three, `run` is a source: the run itself, until it is rewound.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Float, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

_ID = BigInteger().with_variant(Integer, "sqlite")

tail = Table(
    "history_tail",
    metadata,
    Column("id", _ID, primary_key=True, autoincrement=True),
    Column("run", BigInteger, nullable=False),
    Column("writer", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("skip", Integer, nullable=False),
    Column("size", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Index("ix_history_tail_run", "run", "id"),
    sqlite_autoincrement=True,  # an id is never used twice: decoded batches are cached under it
)

chunk = Table(
    "history_chunk",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("series_low", Integer, nullable=False),
    Column("series_high", Integer, nullable=False),
    Column("step_low", BigInteger, nullable=False),
    Column("step_high", BigInteger, nullable=False),
    Column("points", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

series = Table(
    "history_series",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("numbers", BigInteger, nullable=False),
    Column("first_step", BigInteger, nullable=False),
    Column("last_step", BigInteger, nullable=False),
    Column("minimum", Float(53)),
    Column("maximum", Float(53)),
    Column("last", Text, nullable=False),
    Column("pyramid", LargeBinary),
    UniqueConstraint("run", "key", name="uq_history_series_key"),
)

writer = Table(
    "history_writer",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("writer", Text, primary_key=True),
    Column("next_seq", BigInteger, nullable=False),
)

span = Table(
    "history_span",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("layer", Integer, primary_key=True, autoincrement=False),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("source", BigInteger, nullable=False),
    Column("stop", BigInteger),
    Index("ix_history_span_source", "source"),
)

mark = Table(
    "history_mark",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("tail", BigInteger, nullable=False),
)
