"""History: views, layers and what reading needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forks and rewinds: what a run sees, and where it came from."""
    op.create_table(
        "history_span",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("layer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.BigInteger(), nullable=False),
        sa.Column("stop", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("run", "layer", "place"),
    )
    op.create_index("ix_history_span_source", "history_span", ["source"], unique=False)
    op.create_table(
        "history_mark",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tail", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run"),
    )
    op.add_column("run", sa.Column("forked_from", sa.Text(), nullable=True))
    op.add_column("run", sa.Column("forked_at", sa.BigInteger(), nullable=True))
    op.add_column("run", sa.Column("rewound_to", sa.BigInteger(), nullable=True))
