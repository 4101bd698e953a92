"""The first schema: catalog, history and blobs.

Frozen: these calls say what was created, whatever the tables are today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "manifest",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_manifest")),
    )
    op.create_table(
        "project",
        sa.Column("key", KEY, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("run_counter", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_project")),
        sa.UniqueConstraint("entity", "name", name=op.f("uq_project_entity_name")),
    )
    op.create_table(
        "user",
        sa.Column("key", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_user")),
        sa.UniqueConstraint("name", name=op.f("uq_user_name")),
    )
    op.create_table(
        "api_key",
        sa.Column("key", KEY, nullable=False),
        sa.Column("user", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.key"], name=op.f("fk_api_key_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_api_key")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_key_hash")),
    )
    op.create_index(op.f("ix_api_key_user"), "api_key", ["user"], unique=False)
    op.create_table(
        "change",
        sa.Column("project", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.key"], name=op.f("fk_change_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("project", "kind", "name", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_project_cursor"), "change", ["project", "cursor"], unique=False)
    op.create_table(
        "collection",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("version_counter", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.key"], name=op.f("fk_collection_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_collection")),
        sa.UniqueConstraint("project", "name", name=op.f("uq_collection_project_name")),
    )
    op.create_table(
        "member",
        sa.Column("user", KEY, nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.key"], name=op.f("fk_member_user"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user", "entity", name=op.f("pk_member")),
    )
    op.create_table(
        "run",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("heartbeat_at", sa.Double(), nullable=False),
        sa.Column("finished_at", sa.Double(), nullable=True),
        sa.Column("exit_code", sa.BigInteger(), nullable=True),
        sa.Column("job_type", sa.Text(), nullable=True),
        sa.Column("group", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("config", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.key"], name=op.f("fk_run_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_run")),
        sa.UniqueConstraint("project", "id", name=op.f("uq_run_project_id")),
        sa.UniqueConstraint("project", "number", name=op.f("uq_run_project_number")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_run_project_created_at"), "run", ["project", "created_at"], unique=False)
    op.create_index(op.f("ix_run_project_updated_at"), "run", ["project", "updated_at"], unique=False)
    op.create_index(op.f("ix_run_state_heartbeat_at"), "run", ["state", "heartbeat_at"], unique=False)
    op.create_table(
        "upload",
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("project", KEY, nullable=False),
        sa.Column("expires", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["project"], ["project.key"], name=op.f("fk_upload_project"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("lease", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_expires"), "upload", ["expires"], unique=False)
    op.create_table(
        "console_block",
        sa.Column("run", KEY, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], name=op.f("fk_console_block_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "first", name=op.f("pk_console_block")),
    )
    op.create_table(
        "console_writer",
        sa.Column("run", KEY, nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("next_line", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], name=op.f("fk_console_writer_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "writer", name=op.f("pk_console_writer")),
    )
    op.create_table(
        "run_file",
        sa.Column("run", KEY, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], name=op.f("fk_run_file_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "path", name=op.f("pk_run_file")),
    )
    op.create_index(op.f("ix_run_file_digest"), "run_file", ["digest"], unique=False)
    op.create_table(
        "version",
        sa.Column("key", KEY, nullable=False),
        sa.Column("collection", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("files", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("metadata", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection"], ["collection.key"], name=op.f("fk_version_collection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["digest"], ["manifest.digest"], name=op.f("fk_version_digest")),
        sa.ForeignKeyConstraint(["made_by"], ["run.key"], name=op.f("fk_version_made_by"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_version")),
        sa.UniqueConstraint("collection", "digest", name=op.f("uq_version_collection_digest")),
        sa.UniqueConstraint("collection", "number", name=op.f("uq_version_collection_number")),
    )
    op.create_index(op.f("ix_version_digest"), "version", ["digest"], unique=False)
    op.create_index(op.f("ix_version_made_by"), "version", ["made_by"], unique=False)
    op.create_table(
        "alias",
        sa.Column("collection", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["collection"], ["collection.key"], name=op.f("fk_alias_collection"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["version"], ["version.key"], name=op.f("fk_alias_version"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("collection", "name", name=op.f("pk_alias")),
    )
    op.create_index(op.f("ix_alias_version"), "alias", ["version"], unique=False)
    op.create_table(
        "edge",
        sa.Column("run", KEY, nullable=False),
        sa.Column("version", KEY, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("step", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.key"], name=op.f("fk_edge_run"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version"], ["version.key"], name=op.f("fk_edge_version"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("run", "version", "role", name=op.f("pk_edge")),
    )
    op.create_index(op.f("ix_edge_version"), "edge", ["version"], unique=False)
    op.create_table(
        "history_chunk",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("series_low", sa.Integer(), nullable=False),
        sa.Column("series_high", sa.Integer(), nullable=False),
        sa.Column("step_low", sa.BigInteger(), nullable=False),
        sa.Column("step_high", sa.BigInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run", "generation", "part"),
    )
    op.create_table(
        "history_series",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.BigInteger(), nullable=False),
        sa.Column("first_step", sa.BigInteger(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("minimum", sa.Float(precision=53), nullable=True),
        sa.Column("maximum", sa.Float(precision=53), nullable=True),
        sa.Column("last", sa.Text(), nullable=False),
        sa.Column("pyramid", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("run", "id"),
        sa.UniqueConstraint("run", "key", name="uq_history_series_key"),
    )
    op.create_table(
        "history_tail",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("run", sa.BigInteger(), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("skip", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_history_tail_run", "history_tail", ["run", "id"], unique=False)
    op.create_table(
        "history_writer",
        sa.Column("run", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("next_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "writer"),
    )
    op.create_table(
        "blob_file",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("recipe", sa.LargeBinary(), nullable=False),
        sa.Column("damaged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("touched_at", sa.Float(), nullable=False),
        sa.Column("condemned_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "blob_pack",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("touched_at", sa.Float(), nullable=False),
        sa.Column("condemned_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_scope",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "blob_chunk",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("codec", sa.SmallInteger(), nullable=False),
        sa.Column("damaged", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["pack"],
            ["blob_pack.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blob_chunk_pack", "blob_chunk", ["pack"], unique=False)
    op.create_table(
        "blob_file_pack",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["blob_file.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["pack"],
            ["blob_pack.id"],
        ),
        sa.PrimaryKeyConstraint("digest", "pack"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blob_file_pack_pack", "blob_file_pack", ["pack"], unique=False)
    op.create_table(
        "blob_file_scope",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["blob_file.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["scope"],
            ["blob_scope.id"],
        ),
        sa.PrimaryKeyConstraint("digest", "scope"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_lease",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.Column("ttl", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope"],
            ["blob_scope.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_chunk_scope",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scope", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hash"],
            ["blob_chunk.hash"],
        ),
        sa.ForeignKeyConstraint(
            ["scope"],
            ["blob_scope.id"],
        ),
        sa.PrimaryKeyConstraint("hash", "scope"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blob_lease_file",
        sa.Column("lease", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["digest"],
            ["blob_file.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["lease"],
            ["blob_lease.id"],
        ),
        sa.PrimaryKeyConstraint("lease", "digest"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blob_lease_file_digest", "blob_lease_file", ["digest"], unique=False)
    op.create_table(
        "blob_lease_pack",
        sa.Column("lease", sa.String(length=64), nullable=False),
        sa.Column("pack", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["lease"],
            ["blob_lease.id"],
        ),
        sa.ForeignKeyConstraint(
            ["pack"],
            ["blob_pack.id"],
        ),
        sa.PrimaryKeyConstraint("lease", "pack"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_blob_lease_pack_pack", "blob_lease_pack", ["pack"], unique=False)
