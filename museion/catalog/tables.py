"""The catalog's tables. Times are UTC seconds since the epoch, sizes bytes, JSON is text (see `sql.to_text`)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite gives out keys only for columns of the type INTEGER, which is 64 bits wide there."""


def _key() -> Column[Any]:
    return Column("key", Key, primary_key=True)


def _to(name: str, target: str, *, gone: str = "CASCADE", **options: Any) -> Column[Any]:
    """A column that refers to another table; `gone` is what happens here when the row there goes."""
    options.setdefault("nullable", gone == "SET NULL")
    return Column(name, Key, ForeignKey(f"{target}.key", ondelete=gone), **options)


def _text(name: str, **options: Any) -> Column[Any]:
    options.setdefault("nullable", False)
    return Column(name, Text, **options)


def _whole(name: str, **options: Any) -> Column[Any]:
    options.setdefault("nullable", False)
    return Column(name, BigInteger, **options)


def _time(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Double, nullable=nullable)


project = Table(
    "project",
    metadata,
    _key(),
    _text("entity"),
    _text("name"),
    _text("description", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    _whole("run_counter"),
    _whole("cursor"),
    UniqueConstraint("entity", "name"),
)

run = Table(
    "run",
    metadata,
    _key(),
    _to("project", "project"),
    _text("id"),
    _whole("number"),
    _text("name"),
    _text("state"),
    _time("created_at"),
    _time("updated_at"),
    _time("heartbeat_at"),
    _time("finished_at", nullable=True),
    _whole("exit_code", nullable=True),
    _text("job_type", nullable=True),
    _text("group", nullable=True),
    _text("notes", nullable=True),
    _text("user", nullable=True),
    _text("tags"),
    _text("config"),
    _text("summary"),
    _text("metadata"),
    _text("metrics"),
    _text("forked_from", nullable=True),
    _whole("forked_at", nullable=True),
    _whole("rewound_to", nullable=True),
    _time("archived_at", nullable=True),
    _time("deleted_at", nullable=True),
    _time("stop_at", nullable=True),
    UniqueConstraint("project", "id"),
    UniqueConstraint("project", "number"),
    Index(None, "project", "created_at"),
    Index(None, "project", "updated_at"),
    Index(None, "state", "heartbeat_at"),
    Index(None, "deleted_at"),
    sqlite_autoincrement=True,  # history knows runs by this key: a new run must never find rows of one that is gone
)

alert = Table(
    "alert",
    metadata,
    _key(),
    _to("run", "run"),
    _text("uid"),
    _text("title"),
    _text("text"),
    _text("level"),
    _time("created_at"),
    UniqueConstraint("run", "uid"),
    Index(None, "run", "title", "created_at"),
)

run_file = Table(
    "run_file",
    metadata,
    _to("run", "run", primary_key=True),
    _text("path", primary_key=True),
    _text("digest"),
    _whole("size"),
    _time("updated_at"),
    Index(None, "digest"),
)

console_block = Table(
    "console_block",
    metadata,
    _to("run", "run", primary_key=True),
    _whole("first", primary_key=True),
    _whole("lines"),
    Column("data", LargeBinary, nullable=False),
)

console_writer = Table(
    "console_writer",
    metadata,
    _to("run", "run", primary_key=True),
    _text("writer", primary_key=True),
    _whole("next_line"),
)

manifest = Table(
    "manifest",
    metadata,
    _text("digest", primary_key=True),
    _whole("size"),
    _whole("files"),
    Column("data", LargeBinary, nullable=False),
)

collection = Table(
    "collection",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("type"),
    _text("description", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    _whole("version_counter"),
    _text("kind", server_default="sequence"),
    _text("tags", server_default="[]"),
    _whole("ttl", nullable=True),
    UniqueConstraint("project", "name"),
)

version = Table(
    "version",
    metadata,
    _key(),
    _to("collection", "collection"),
    _whole("number"),
    Column("digest", Text, ForeignKey("manifest.digest"), nullable=False),
    _whole("size"),
    _whole("files"),
    _text("description", nullable=True),
    _text("metadata"),
    _text("tags"),
    _to("made_by", "run", gone="SET NULL"),
    _whole("step", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    _whole("ttl", nullable=True),
    _text("client_id", nullable=True),
    UniqueConstraint("collection", "number"),
    UniqueConstraint("collection", "digest"),
    Index(None, "digest"),
    Index(None, "made_by"),
    Index(None, "client_id"),
)

alias = Table(
    "alias",
    metadata,
    _to("collection", "collection", primary_key=True),
    _text("name", primary_key=True),
    _to("version", "version"),
    Index(None, "version"),
)

link = Table(
    "link",
    metadata,
    _to("collection", "collection", primary_key=True),
    _to("version", "version", primary_key=True),
    _whole("number"),
    _time("created_at"),
    _text("by", nullable=True),
    UniqueConstraint("collection", "number"),
    Index(None, "version"),
)

protected_alias = Table(
    "protected_alias",
    metadata,
    _to("project", "project", primary_key=True),
    _text("name", primary_key=True),
)

version_edit = Table(
    "version_edit",
    metadata,
    _key(),
    _to("version", "version"),
    _time("at"),
    _text("by", nullable=True),
    _text("changes"),
    Index(None, "version"),
)

signature = Table(
    "signature",
    metadata,
    _to("version", "version", primary_key=True),
    _text("fingerprint", primary_key=True),
    _text("signer"),
    _text("body"),
    _time("created_at"),
    _text("by", nullable=True),
)

draft = Table(
    "draft",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("type"),
    _text("id"),
    _text("papers"),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("project", "name", "id"),
    Index(None, "updated_at"),
)

draft_part = Table(
    "draft_part",
    metadata,
    _to("draft", "draft", primary_key=True),
    _whole("number", primary_key=True),
    Column("digest", Text, ForeignKey("manifest.digest"), nullable=False),
    _to("run", "run", gone="SET NULL"),
    _whole("step", nullable=True),
    Index(None, "digest"),
)

trash = Table(
    "trash",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("type"),
    _whole("number"),
    Column("digest", Text, ForeignKey("manifest.digest"), nullable=False),
    _time("deleted_at"),
    _text("by", nullable=True),
    _text("papers"),
    Index(None, "project", "name"),
    Index(None, "digest"),
    Index(None, "deleted_at"),
)

edge = Table(
    "edge",
    metadata,
    _to("run", "run", primary_key=True),
    _to("version", "version", primary_key=True),
    _text("role", primary_key=True),
    _whole("step", nullable=True),
    _time("created_at"),
    Index(None, "version"),
)

user = Table("user", metadata, _key(), _text("name", unique=True), _time("created_at"))

member = Table(
    "member",
    metadata,
    _to("user", "user", primary_key=True),
    _text("entity", primary_key=True),
    _text("role"),
)

api_key = Table(
    "api_key",
    metadata,
    _key(),
    _to("user", "user"),
    Column("hash", LargeBinary, nullable=False, unique=True),
    _text("hint"),
    _time("created_at"),
    Index(None, "user"),
)

upload = Table(
    "upload",
    metadata,
    _text("lease", primary_key=True),
    _to("project", "project"),
    _time("expires"),
    Index(None, "expires"),
)

change = Table(
    "change",
    metadata,
    _to("project", "project", primary_key=True),
    _text("kind", primary_key=True),
    _text("name", primary_key=True),
    _whole("cursor"),
    Index(None, "project", "cursor"),
)

# Artifacts as W&B clients make them: known by an id from the first request on, a version of ours once committed.
wandb_artifact = Table(
    "wandb_artifact",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("type"),
    _text("state"),
    _text("digest"),
    _text("algorithm"),
    _text("papers"),
    _text("client_id", nullable=True),
    _text("sequence_client_id", nullable=True),
    _text("distributed_id", nullable=True),
    _text("lease", nullable=True),
    _to("run", "run", gone="SET NULL"),
    _to("version", "version", gone="SET NULL"),
    _time("created_at"),
    Column("manifest", LargeBinary, nullable=True),
    Index(None, "project", "name"),
    Index(None, "version"),
    Index(None, "client_id"),
    sqlite_autoincrement=True,  # clients keep these ids: one must never come to mean another artifact
)

wandb_manifest = Table(
    "wandb_manifest",
    metadata,
    _key(),
    _to("artifact", "wandb_artifact"),
    _text("type"),
    _text("base", nullable=True),
    _text("digest"),
    Column("data", LargeBinary, nullable=True),
    Index(None, "artifact"),
    sqlite_autoincrement=True,
)

wandb_part = Table(
    "wandb_part",
    metadata,
    _text("upload", primary_key=True),
    _whole("number", primary_key=True),
    _to("artifact", "wandb_artifact"),
    _text("digest"),
    _text("md5"),
    _whole("size"),
    Index(None, "artifact"),
)

# What W&B's manifests call the contents of our store: MD5 and XXH128, in hex.
wandb_content = Table(
    "wandb_content",
    metadata,
    _text("digest", primary_key=True),
    _text("md5"),
    _text("xxh128"),
    _whole("size"),
    Index(None, "md5"),
    Index(None, "xxh128"),
)

# What W&B clients say of a run and of sweeps and reports, where we have no word of our own for it.
wandb_run = Table(
    "wandb_run",
    metadata,
    _to("run", "run", primary_key=True),
    _text("config", nullable=True),
    _text("summary", nullable=True),
    _time("started_at", nullable=True),
    _text("commit", nullable=True),
    _text("description", nullable=True),
    _to("sweep", "wandb_sweep", gone="SET NULL"),
    _text("exports", nullable=True),
    Index(None, "sweep"),
)

wandb_stream = Table(
    "wandb_stream",
    metadata,
    _to("run", "run", primary_key=True),
    _text("writer", primary_key=True),
    _whole("base"),
    _whole("since"),
)

wandb_sweep = Table(
    "wandb_sweep",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("config"),
    _text("state"),
    _text("display_name", nullable=True),
    _text("description", nullable=True),
    _text("controller", nullable=True),
    _text("scheduler", nullable=True),
    _text("user", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    _time("heartbeat_at", nullable=True),
    UniqueConstraint("project", "name"),
)

wandb_agent = Table(
    "wandb_agent",
    metadata,
    _key(),
    _to("sweep", "wandb_sweep"),
    _text("host"),
    _text("state"),
    _time("created_at"),
    _time("heartbeat_at"),
    Index(None, "sweep"),
)

wandb_trial = Table(
    "wandb_trial",
    metadata,
    _to("sweep", "wandb_sweep", primary_key=True),
    _whole("number", primary_key=True),
    _text("run"),
    _to("agent", "wandb_agent", gone="SET NULL"),
    _text("args"),
    _text("state"),
    _time("created_at"),
    Index(None, "agent"),
)

wandb_report = Table(
    "wandb_report",
    metadata,
    _key(),
    _to("project", "project"),
    _text("name"),
    _text("type"),
    _text("display_name", nullable=True),
    _text("description", nullable=True),
    _text("spec"),
    _text("user", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    Index(None, "project", "type"),
)

wandb_chart = Table(
    "wandb_chart",
    metadata,
    _key(),
    _text("entity"),
    _text("name"),
    _text("display_name"),
    _text("type"),
    _text("access"),
    _text("spec"),
    _text("user", nullable=True),
    _time("updated_at"),
    UniqueConstraint("entity", "name"),
)

saved_view = Table(
    "saved_view",
    metadata,
    _key(),
    _to("project", "project"),
    _text("page"),
    _text("name"),
    _text("state"),
    _whole("is_default"),
    _text("user", nullable=True),
    _time("created_at"),
    _time("updated_at"),
    UniqueConstraint("project", "page", "name"),
)
