"""A private PostgreSQL for a test session: in a temporary folder, on a Unix socket only, gone afterwards.

A conftest loads this file by its path, as tests/history/conftest.py does.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BIN = Path("/usr/lib/postgresql/15/bin")


def why_not() -> str | None:
    """The reason for which no PostgreSQL can be started here; None if one can."""
    if not (BIN / "initdb").exists():
        return f"{BIN}/initdb is not there (Debian: apt-get install postgresql-15)"
    if os.geteuid() == 0 and not _has_postgres_user():
        return "running as root, and there is no user `postgres` to run the server as"
    try:
        import psycopg  # noqa: F401
    except ImportError:
        return "psycopg is not installed"
    return None


def _has_postgres_user() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return shutil.which("runuser") is not None


def _run(*command: str | Path) -> None:
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    done = subprocess.run([*as_user, *map(str, command)], capture_output=True, text=True, cwd="/", check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stdout}{done.stderr}")


@contextmanager
def cluster() -> Iterator[str]:
    """A running server; gives the SQLAlchemy URL of its database `postgres`. fsync is off, the data are a test's."""
    folder = Path(tempfile.mkdtemp(prefix="museion-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    try:
        _run(BIN / "initdb", "-D", data, "-U", "museion", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off -c shared_buffers=32MB"
        _run(BIN / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://museion@/postgres?host={folder}"
        finally:
            _run(BIN / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
