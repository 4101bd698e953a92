"""Runs: archived, in the trash, asked to stop; and the alerts they send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Three times of a run, and a table."""
    for name in ("archived_at", "deleted_at", "stop_at"):
        op.add_column("run", sa.Column(name, sa.Double(), nullable=True))
    op.create_index(op.f("ix_run_deleted_at"), "run", ["deleted_at"], unique=False)
    op.create_table(
        "alert",
        sa.Column("key", KEY, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], name=op.f("fk_alert_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alert")),
        sa.UniqueConstraint("run", "uid", name=op.f("uq_alert_run_uid")),
    )
    op.create_index(op.f("ix_alert_run_title_created_at"), "alert", ["run", "title", "created_at"], unique=False)
