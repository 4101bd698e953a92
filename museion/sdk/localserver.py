"""The server of this user on this machine: found by `$MUSEION_HOME/server.json`, or started.

The process that needs it binds and listens on loopback itself and hands the socket over, so that the URL is known at
once and requests wait in the socket's queue until the server answers. A file lock lets only one process start it.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from museion.sdk.processes import lives, spawn_detached
from museion.sdk.settings import write_private

PORT = 8484
BACKLOG = 512


@dataclass(frozen=True)
class LocalServer:
    """What `server.json` says. `url` has no slash at its end."""

    url: str
    pid: int
    key: str
    version: str

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


def read(home: Path) -> LocalServer | None:
    """What `server.json` says, whether or not that server still lives."""
    try:
        body = json.loads((home / "server.json").read_text())
        return LocalServer(str(body["url"]), int(body["pid"]), str(body["key"]), str(body.get("version", "")))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find(home: Path) -> LocalServer | None:
    """The running local server, if there is one: its process lives and its port takes connections."""
    server = read(home)
    return server if server and _alive(server) else None


def find_or_start(home: Path) -> LocalServer:
    """The running local server, started if there is none. Takes milliseconds: it does not wait for an answer."""
    return find(home) or _start_locked(home)


def _start_locked(home: Path) -> LocalServer:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(home / "server.lock"):
        return find(home) or _start(home, read(home))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _start(home: Path, before: LocalServer | None) -> LocalServer:
    """Listen, write `server.json`, spawn. The key stays what it was: cookies and links outlive a restart."""
    from museion import __version__

    key = before.key if before else f"local-{secrets.token_hex(32)}"
    listener = _listen(before.port if before else PORT)
    root = home / "server"
    root.mkdir(exist_ok=True, mode=0o700)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with listener:
        write_private(home / "server.json", asdict(LocalServer(url, 0, key, __version__)))
        pid = _spawn(home, root, listener.fileno())
        server = LocalServer(url, pid, key, __version__)
        write_private(home / "server.json", asdict(server))
    return server


def _listen(preferred: int) -> socket.socket:
    for port in dict.fromkeys((preferred, PORT, 0)):
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(BACKLOG)
            return listener
        except OSError:
            listener.close()
            if port == 0:
                raise
    raise AssertionError("port 0 is always tried")


def _spawn(home: Path, root: Path, fd: int) -> int:
    command = [sys.executable, "-m", "museion.server", "--root", str(root), "--fd", str(fd)]
    log = os.open(home / "server.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        return spawn_detached([*command, "--key-file", str(home / "server.json")], log, (fd,))
    finally:
        os.close(log)


def _alive(server: LocalServer) -> bool:
    return lives(server.pid) and _listening(server.port)


def _listening(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
