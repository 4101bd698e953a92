"""Where the bytes are: the index over the packs, and who may claim and who still needs what.

Hashes are 32 raw bytes (BLAKE3), times are Unix seconds, sizes and offsets are bytes.
The index can be rebuilt from the packs' footers, except for `blob_file` and the scopes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    false,
)

metadata = MetaData()

# One row a pack file. `state`: 0 announced (the bytes may not be there yet), 1 stored. A pack with `condemned_at` goes
# once its grace is over, unless someone pins or names it before that.
pack = Table(
    "blob_pack",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("touched_at", Float, nullable=False),
    Column("condemned_at", Float),
    sqlite_with_rowid=False,
)

# One row a chunk: `stored` bytes at `offset` of the pack are `length` bytes of content, by `codec` (0 = as they are).
# A damaged chunk counts as absent, so that whoever has it sends it again.
chunk = Table(
    "blob_chunk",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("pack", String(64), ForeignKey("blob_pack.id"), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("stored", Integer, nullable=False),
    Column("length", Integer, nullable=False),
    Column("codec", SmallInteger, nullable=False),
    Column("damaged", Boolean, nullable=False, server_default=false()),
    Index("ix_blob_chunk_pack", "pack"),
    sqlite_with_rowid=False,
)

# A place things belong to, "entity/project", under a small number.
scope = Table(
    "blob_scope",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(512), nullable=False, unique=True),
)

# Which scope has shown that it holds a chunk: only these may build files of it.
chunk_scope = Table(
    "blob_chunk_scope",
    metadata,
    Column("hash", LargeBinary(32), ForeignKey("blob_chunk.hash"), primary_key=True),
    Column("scope", Integer, ForeignKey("blob_scope.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# A verified file: `recipe` is (32 bytes hash, u32 length little-endian) for each chunk, in order.
file = Table(
    "blob_file",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("recipe", LargeBinary, nullable=False),
    Column("damaged", Boolean, nullable=False, server_default=false()),
    Column("touched_at", Float, nullable=False),
    Column("condemned_at", Float),
)

# Which scope may claim a file by its digest alone.
file_scope = Table(
    "blob_file_scope",
    metadata,
    Column("digest", LargeBinary(32), ForeignKey("blob_file.digest"), primary_key=True),
    Column("scope", Integer, ForeignKey("blob_scope.id"), primary_key=True),
    sqlite_with_rowid=False,
)

# Which packs a file's chunks lie in; a pack without a row here, and without a pin, is garbage.
file_pack = Table(
    "blob_file_pack",
    metadata,
    Column("digest", LargeBinary(32), ForeignKey("blob_file.digest"), primary_key=True),
    Column("pack", String(64), ForeignKey("blob_pack.id"), primary_key=True),
    Index("ix_blob_file_pack_pack", "pack"),
    sqlite_with_rowid=False,
)

# An upload in progress; each call renews `expires_at` to `ttl` seconds from then.
lease = Table(
    "blob_lease",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("scope", Integer, ForeignKey("blob_scope.id"), nullable=False),
    Column("ttl", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    sqlite_with_rowid=False,
)

# What an upload sent or was told is there: it stays while the lease lives.
lease_pack = Table(
    "blob_lease_pack",
    metadata,
    Column("lease", String(64), ForeignKey("blob_lease.id"), primary_key=True),
    Column("pack", String(64), ForeignKey("blob_pack.id"), primary_key=True),
    Index("ix_blob_lease_pack_pack", "pack"),
    sqlite_with_rowid=False,
)

lease_file = Table(
    "blob_lease_file",
    metadata,
    Column("lease", String(64), ForeignKey("blob_lease.id"), primary_key=True),
    Column("digest", LargeBinary(32), ForeignKey("blob_file.digest"), primary_key=True),
    Index("ix_blob_lease_file_digest", "digest"),
    sqlite_with_rowid=False,
)

# The account (`account.py`): how many versions and runs need a file, and how many of these files need a chunk. It
# follows the catalog when asked, and can be made anew from it.
account_holder = Table(
    "blob_account_holder",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("stamp", String(128), nullable=False),
    Column("files", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

account_file = Table(
    "blob_account_file",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("size", BigInteger, nullable=False),
    Column("users", Integer, nullable=False),
)

account_chunk = Table(
    "blob_account_chunk",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("users", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# How many bytes of chunks a scope may hold.
quota = Table(
    "blob_quota",
    metadata,
    Column("scope", Integer, ForeignKey("blob_scope.id"), primary_key=True),
    Column("bytes", BigInteger, nullable=False),
)
