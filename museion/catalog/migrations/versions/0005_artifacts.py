"""Artifacts: lifetimes, tags, links, drafts, signatures, and a grace for what was deleted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _to(name: str, target: str, *, gone: str = "CASCADE", nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, KEY, sa.ForeignKey(f"{target}.key", ondelete=gone), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _time(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double(), nullable=False)


def _key() -> sa.Column[int]:
    return sa.Column("key", KEY, nullable=False)


def _manifest() -> sa.Column[str]:
    return sa.Column("digest", sa.Text(), sa.ForeignKey("manifest.digest"), nullable=False)


def upgrade() -> None:
    """Columns first, then the tables that refer to them."""
    op.add_column("collection", sa.Column("kind", sa.Text(), nullable=False, server_default="sequence"))
    op.add_column("collection", sa.Column("tags", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("collection", sa.Column("ttl", sa.BigInteger(), nullable=True))
    op.add_column("version", sa.Column("ttl", sa.BigInteger(), nullable=True))
    op.add_column("version", sa.Column("client_id", sa.Text(), nullable=True))
    op.create_index(op.f("ix_version_client_id"), "version", ["client_id"])
    _create_links()
    _create_papers()
    _create_drafts()
    _create_trash()


def _create_links() -> None:
    op.create_table(
        "link",
        _to("collection", "collection"),
        _to("version", "version"),
        _whole("number"),
        _time("created_at"),
        _text("by", nullable=True),
        sa.PrimaryKeyConstraint("collection", "version", name=op.f("pk_link")),
        sa.UniqueConstraint("collection", "number", name=op.f("uq_link_collection_number")),
    )
    op.create_index(op.f("ix_link_version"), "link", ["version"])
    op.create_table(
        "protected_alias",
        _to("project", "project"),
        _text("name"),
        sa.PrimaryKeyConstraint("project", "name", name=op.f("pk_protected_alias")),
    )


def _create_papers() -> None:
    op.create_table(
        "version_edit",
        _key(),
        _to("version", "version"),
        _time("at"),
        _text("by", nullable=True),
        _text("changes"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_version_edit")),
    )
    op.create_index(op.f("ix_version_edit_version"), "version_edit", ["version"])
    op.create_table(
        "signature",
        _to("version", "version"),
        _text("fingerprint"),
        _text("signer"),
        _text("body"),
        _time("created_at"),
        _text("by", nullable=True),
        sa.PrimaryKeyConstraint("version", "fingerprint", name=op.f("pk_signature")),
    )


def _create_drafts() -> None:
    op.create_table(
        "draft",
        _key(),
        _to("project", "project"),
        _text("name"),
        _text("type"),
        _text("id"),
        _text("papers"),
        _time("created_at"),
        _time("updated_at"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_draft")),
        sa.UniqueConstraint("project", "name", "id", name=op.f("uq_draft_project_name_id")),
    )
    op.create_index(op.f("ix_draft_updated_at"), "draft", ["updated_at"])
    op.create_table(
        "draft_part",
        _to("draft", "draft"),
        _whole("number"),
        _manifest(),
        _to("run", "run", gone="SET NULL", nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("draft", "number", name=op.f("pk_draft_part")),
    )
    op.create_index(op.f("ix_draft_part_digest"), "draft_part", ["digest"])


def _create_trash() -> None:
    op.create_table(
        "trash",
        _key(),
        _to("project", "project"),
        _text("name"),
        _text("type"),
        _whole("number"),
        _manifest(),
        _time("deleted_at"),
        _text("by", nullable=True),
        _text("papers"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_trash")),
    )
    op.create_index(op.f("ix_trash_project_name"), "trash", ["project", "name"])
    op.create_index(op.f("ix_trash_digest"), "trash", ["digest"])
    op.create_index(op.f("ix_trash_deleted_at"), "trash", ["deleted_at"])
