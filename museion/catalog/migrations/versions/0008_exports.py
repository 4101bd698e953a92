"""The history files that a W&B client was promised."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Which steps each file holds is kept, because the client keeps files by their number alone."""
    op.add_column("wandb_run", sa.Column("exports", sa.Text(), nullable=True))
