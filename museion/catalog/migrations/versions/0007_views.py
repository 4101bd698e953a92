"""Saved views of the web UI."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """A view is a page's address under a name."""
    op.create_table(
        "saved_view",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, nullable=False),
        sa.Column("page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_default", sa.BigInteger(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.key"], name=op.f("fk_saved_view_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_saved_view")),
        sa.UniqueConstraint("project", "page", "name", name=op.f("uq_saved_view_project_page_name")),
    )
