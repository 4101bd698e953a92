"""The W&B door: digests of its own, client ids, sweeps, reports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The tables of the door."""
    _create_artifacts()
    _create_contents()
    _create_sweeps()
    _create_runs()
    _create_reports()


def _create_artifacts() -> None:
    op.create_table(
        "wandb_artifact",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, sa.ForeignKey("project.key", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("papers", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=True),
        sa.Column("sequence_client_id", sa.Text(), nullable=True),
        sa.Column("distributed_id", sa.Text(), nullable=True),
        sa.Column("lease", sa.Text(), nullable=True),
        sa.Column("run", KEY, sa.ForeignKey("run.key", ondelete="SET NULL"), nullable=True),
        sa.Column("version", KEY, sa.ForeignKey("version.key", ondelete="SET NULL"), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("manifest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_artifact")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_wandb_artifact_project_name"), "wandb_artifact", ["project", "name"])
    op.create_index(op.f("ix_wandb_artifact_version"), "wandb_artifact", ["version"])
    op.create_index(op.f("ix_wandb_artifact_client_id"), "wandb_artifact", ["client_id"])
    op.create_table(
        "wandb_manifest",
        sa.Column("key", KEY, nullable=False),
        sa.Column("artifact", KEY, sa.ForeignKey("wandb_artifact.key", ondelete="CASCADE"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_manifest")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_wandb_manifest_artifact"), "wandb_manifest", ["artifact"])


def _create_contents() -> None:
    op.create_table(
        "wandb_part",
        sa.Column("upload", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("artifact", KEY, sa.ForeignKey("wandb_artifact.key", ondelete="CASCADE"), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("upload", "number", name=op.f("pk_wandb_part")),
    )
    op.create_index(op.f("ix_wandb_part_artifact"), "wandb_part", ["artifact"])
    op.create_table(
        "wandb_content",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("md5", sa.Text(), nullable=False),
        sa.Column("xxh128", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_wandb_content")),
    )
    op.create_index(op.f("ix_wandb_content_md5"), "wandb_content", ["md5"])
    op.create_index(op.f("ix_wandb_content_xxh128"), "wandb_content", ["xxh128"])


def _create_sweeps() -> None:
    op.create_table(
        "wandb_sweep",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, sa.ForeignKey("project.key", ondelete="CASCADE"), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("name", "config", "state")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("display_name", "description", "controller")),
        *(sa.Column(name, sa.Text(), nullable=True) for name in ("scheduler", "user")),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("heartbeat_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_sweep")),
        sa.UniqueConstraint("project", "name", name=op.f("uq_wandb_sweep_project_name")),
    )
    op.create_table(
        "wandb_agent",
        sa.Column("key", KEY, nullable=False),
        sa.Column("sweep", KEY, sa.ForeignKey("wandb_sweep.key", ondelete="CASCADE"), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("heartbeat_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_agent")),
    )
    op.create_index(op.f("ix_wandb_agent_sweep"), "wandb_agent", ["sweep"])
    op.create_table(
        "wandb_trial",
        sa.Column("sweep", KEY, sa.ForeignKey("wandb_sweep.key", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("agent", KEY, sa.ForeignKey("wandb_agent.key", ondelete="SET NULL"), nullable=True),
        sa.Column("args", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sweep", "number", name=op.f("pk_wandb_trial")),
    )
    op.create_index(op.f("ix_wandb_trial_agent"), "wandb_trial", ["agent"])


def _create_runs() -> None:
    op.create_table(
        "wandb_run",
        sa.Column("run", KEY, sa.ForeignKey("run.key", ondelete="CASCADE"), nullable=False),
        sa.Column("config", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("started_at", sa.Double(), nullable=True),
        sa.Column("commit", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sweep", KEY, sa.ForeignKey("wandb_sweep.key", ondelete="SET NULL"), nullable=True),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_wandb_run")),
    )
    op.create_index(op.f("ix_wandb_run_sweep"), "wandb_run", ["sweep"])
    op.create_table(
        "wandb_stream",
        sa.Column("run", KEY, sa.ForeignKey("run.key", ondelete="CASCADE"), nullable=False),
        sa.Column("writer", sa.Text(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("run", "writer", name=op.f("pk_wandb_stream")),
    )


def _create_reports() -> None:
    op.create_table(
        "wandb_report",
        sa.Column("key", KEY, nullable=False),
        sa.Column("project", KEY, sa.ForeignKey("project.key", ondelete="CASCADE"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("spec", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_report")),
    )
    op.create_index(op.f("ix_wandb_report_project_type"), "wandb_report", ["project", "type"])
    op.create_table(
        "wandb_chart",
        sa.Column("key", KEY, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("entity", "name", "display_name")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("type", "access", "spec")),
        sa.Column("user", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_wandb_chart")),
        sa.UniqueConstraint("entity", "name", name=op.f("uq_wandb_chart_entity_name")),
    )
