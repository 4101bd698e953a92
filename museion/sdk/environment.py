"""Where a run ran: command, code, host, Python, packages. No environment values, no secrets."""

from __future__ import annotations

import os
import platform
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

if TYPE_CHECKING:
    from importlib.metadata import Distribution

Json = dict[str, Any]
MAX_PATCH = 4 << 20
HIDDEN = "***"
_SECRET = re.compile(r"(?i)(key|token|secret|passw|pwd|credential|auth)")
_HEAD = ("Name:", "Version:")
_USERINFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")


def here() -> Json:
    """What only the training process itself knows; cheap."""
    main = sys.modules.get("__main__")
    program = getattr(main, "__file__", None)
    return {
        "cwd": os.getcwd(),
        "argv": redacted(sys.argv),
        "program": os.path.abspath(program) if program else None,
        "executable": sys.executable,
    }


def redacted(argv: Sequence[str]) -> list[str]:
    """`argv` with the values of what looks like a secret's option, and passwords in URLs, hidden."""
    shown: list[str] = []
    hide_next = False
    for word in argv:
        flag, equals, _ = word.partition("=")
        if hide_next and not word.startswith("--"):
            shown.append(HIDDEN)
            hide_next = False
            continue
        secret = bool(_SECRET.search(flag)) and (word.startswith("-") or bool(equals))
        hide_next = secret and not equals
        shown.append(f"{flag}={HIDDEN}" if secret and equals else _USERINFO.sub(HIDDEN, word))
    return shown


def describe(meta: Json) -> tuple[Json, bytes]:
    """The run's metadata, and the patch from its commit to its working tree; takes up to a few seconds."""
    from museion.sdk.system import Gpus

    cwd = str(meta.get("cwd") or os.getcwd())
    git, patch = ({}, b"") if meta.get("disable_git") else git_state(cwd)
    found: Json = {
        "command": " ".join(["python", *meta.get("argv", [])]),
        "argv": meta.get("argv"),
        "program": meta.get("program"),
        "cwd": cwd,
        "executable": meta.get("executable"),
        "host": socket.gethostname(),
        "os": platform.platform(),
        "python": platform.python_version(),
        "cpu_count": os.cpu_count(),
        "cpu": _cpu_name(),
        "memory": _memory(),
        "gpus": Gpus().names(),
        "packages": packages(),
        "git": git or None,
    }
    return {key: value for key, value in found.items() if value not in (None, [], {})}, patch


def packages() -> dict[str, str]:
    """Installed distributions and their versions."""
    from importlib.metadata import distributions

    found = dict(filter(None, map(_named, distributions())))
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def _named(package: Distribution) -> tuple[str, str] | None:
    """Name and version, from the head of the metadata alone: long descriptions follow it, and there are hundreds."""
    text = package.read_text("METADATA") or package.read_text("PKG-INFO") or ""
    head = text.partition("\n\n")[0].splitlines()
    name, version = (next((line[len(k) :].strip() for line in head if line.startswith(k)), "") for k in _HEAD)
    return (name, version) if name else None


def git_state(cwd: str) -> tuple[Json, bytes]:
    """Commit, branch, remote and whether the tree is dirty; the second is the diff against the commit."""
    commit = _git(cwd, "rev-parse", "HEAD")
    if not commit:
        return {}, b""
    remote = _git(cwd, "config", "--get", "remote.origin.url").decode(errors="replace").strip()
    patch = _git(cwd, "diff", "--no-ext-diff", "--no-textconv", "--binary", "HEAD", limit=MAX_PATCH)
    state = {
        "commit": commit.decode().strip(),
        "branch": _git(cwd, "rev-parse", "--abbrev-ref", "HEAD").decode(errors="replace").strip(),
        "remote": without_credentials(remote) or None,
        "root": _git(cwd, "rev-parse", "--show-toplevel").decode(errors="replace").strip(),
        "dirty": bool(patch),
    }
    return {key: value for key, value in state.items() if value is not None}, patch


def without_credentials(remote: str) -> str:
    """A remote's URL without the user and password in it."""
    try:
        parts = urlsplit(remote)
    except ValueError:
        return ""
    if not parts.scheme or "@" not in parts.netloc:
        return remote
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(cwd: str, *arguments: str, limit: int = 1 << 16) -> bytes:
    env = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(["git", "-C", cwd, *arguments], capture_output=True, timeout=5.0, env=env)
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 and len(done.stdout) <= limit else b""


def _cpu_name() -> str | None:
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.partition(":")[2].strip() for line in file if line.startswith("model name")), None)
    except OSError:
        return platform.processor() or None


def _memory() -> int | None:
    import psutil

    return int(psutil.virtual_memory().total)
