"""Start a server process: `python -m museion.server --root DIR`."""

from __future__ import annotations

import argparse
import gc
import getpass
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from museion.actions.identify import has_accounts
from museion.actions.stores import Stores, open_stores
from museion.actions.users import create_key, create_user
from museion.errors import MuseionError, UsageError
from museion.model.names import user_entity
from museion.server.app import create_app
from museion.server.auth import EVERYWHERE
from museion.server.front import Traffic
from museion.server.secret import locked, server_secret
from museion.server.settings import Settings, is_loopback
from museion.server.static import find_ui

log = logging.getLogger("museion.server")

GRACE = 4
"""Seconds that requests under way have to end after SIGTERM."""
BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line says. `fd` is a listening socket that was handed over."""

    root: Path
    host: str = "127.0.0.1"
    port: int = 8484
    hosts: tuple[str, ...] = ()
    fd: int | None = None
    key_file: Path | None = None
    idle_exit: float | None = None
    database: str | None = None
    storage: str | None = None


def parse(argv: Sequence[str] | None = None) -> Start:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m museion.server", description="Serve one folder of Museion.")
    parser.add_argument("--root", type=Path, required=True, help="folder that holds everything")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; wider than loopback needs accounts")
    parser.add_argument("--port", type=int, default=8484, help="port to listen on; 0 takes a free one")
    parser.add_argument("--allow-host", action="append", default=[], help="further name browsers may use for it")
    parser.add_argument("--fd", type=int, help="listening socket inherited from the parent process")
    parser.add_argument("--key-file", type=Path, help='JSON file with the local user\'s key: {"key": "…"}')
    parser.add_argument("--idle-exit", type=float, metavar="SECONDS", help="stop when nobody asked for this long")
    parser.add_argument("--database", help="SQLAlchemy URL; SQLite under the root by default")
    parser.add_argument("--storage", metavar="URL", help="bucket for the packs: s3://…, gs://…, az://…; else the root")
    a = parser.parse_args(argv)
    return Start(a.root, a.host, a.port, tuple(a.allow_host), a.fd, a.key_file, a.idle_exit, a.database, a.storage)


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; exits with 1 and a sentence if it cannot start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        serve(parse(argv))
    except MuseionError as error:
        sys.stderr.write(f"museion server: {error}\n")
        raise SystemExit(1) from None
    except OSError as error:
        sys.stderr.write(f"museion server: {error}\n")
        raise SystemExit(1) from None


def serve(start: Start) -> None:
    """Open the stores under `start.root`, listen, and serve."""
    root = start.root.absolute()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(root):
        listener = _listener(start)
        stores = open_stores(root, start.database, storage=start.storage)
        try:
            key = _register_local_key(stores, start.key_file)
            _check_exposure(stores, listener)
            _run(stores, _settings(start, root, key, listener), listener)
        finally:
            stores.close()


def _listener(start: Start) -> socket.socket:
    if start.fd is not None:
        return socket.socket(fileno=start.fd)
    family = socket.AF_INET6 if ":" in start.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((start.host, start.port))
    except OSError as error:
        listener.close()
        where = f"{start.host}:{start.port}"
        raise UsageError(f"Cannot listen on {where}: {error.strerror}.", advice="Choose another --port.") from None
    # Requests wait in the queue from now on: the URL works before the stores are open.
    listener.listen(BACKLOG)
    return listener


def local_user() -> str:
    """The name of this user on this machine, sanitised, else `local`: the entity of what is logged here."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):
        return "local"
    return user_entity(name)


def _register_local_key(stores: Stores, key_file: Path | None) -> str | None:
    """Make the key of the file the local user's, who may do everything on this server."""
    if key_file is None:
        return None
    try:
        key = json.loads(key_file.read_text())["key"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"The key file {key_file} cannot be read: {error!r}.") from None
    name = local_user()
    create_user(stores, name, {name: "admin", EVERYWHERE: "admin"})
    create_key(stores, name, secret=key)
    return str(key)


def _check_exposure(stores: Stores, listener: socket.socket) -> None:
    """Others can reach a server that listens wider than loopback: then somebody must be able to sign in, by an
    account of their own and not by the local user's key."""
    host = str(listener.getsockname()[0])
    if is_loopback(host) or has_accounts(stores, besides=local_user()):
        return
    raise UsageError(
        f"Listening on {host} lets other machines in, and there are no accounts yet.",
        advice="Make one with `museion user add NAME --root …`, or listen on 127.0.0.1.",
    )


def _settings(start: Start, root: Path, key: str | None, listener: socket.socket) -> Settings:
    host, port = listener.getsockname()[:2]
    return Settings(
        root=root,
        secret=server_secret(root),
        host=str(host),
        port=int(port),
        hosts=start.hosts,
        local_key=key,
        local_user=local_user() if key else None,
        staging=start.key_file.absolute().parent / "staging" / "packs" if key and start.key_file else None,
        ui=find_ui(),
        idle_exit=start.idle_exit,
    )


class Server(uvicorn.Server):
    """Wakes event streams as soon as it is asked to stop: they would keep it waiting otherwise."""

    app: Any

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self.app.state.context.bell.stop()


def _run(stores: Stores, settings: Settings, listener: socket.socket) -> None:
    app = create_app(stores, settings)
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="warning",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
    )
    server = Server(config)
    server.app = app
    log.info("serving %s on %s:%d", settings.root, settings.host, settings.port)
    if settings.ui is None:
        log.warning("the web UI is not built: run `make web` (needs node 20.19 or newer)")
    if settings.idle_exit is not None:
        threading.Thread(
            target=_leave_when_idle, args=(server, app.state.traffic, settings.idle_exit), daemon=True
        ).start()
    gc.freeze()
    gc.enable()
    server.run(sockets=[listener])


def _leave_when_idle(server: Server, traffic: Traffic, seconds: float) -> None:
    waiting = threading.Event()
    while not server.should_exit:
        waiting.wait(min(1.0, seconds))
        if traffic.quiet() >= seconds:
            log.info("nobody asked for %g s: leaving", seconds)
            signal.raise_signal(signal.SIGTERM)
            return
