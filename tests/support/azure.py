"""A private Azure Blob Storage: Azurite, Microsoft's own emulator, from npm (`make test` puts it there)."""

from __future__ import annotations

import base64
import hmac
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import Request, urlopen

from support.ceph import free_port

HOME = Path(__file__).parent / "azurite"
PROGRAM = HOME / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's account: the same everywhere, and no secret."""


def why_not() -> str | None:
    """The reason for which it cannot be started here; None if it can."""
    if not PROGRAM.exists():
        return f"{PROGRAM} is not there: run `npm ci` in {HOME}"
    return None if shutil.which("node") else "node is not installed"


@contextmanager
def emulator() -> Iterator[str]:
    """A running server that forgets everything at its end; gives its endpoint."""
    folder = Path(tempfile.mkdtemp(prefix="museion-azurite-", dir="/tmp"))
    port = free_port()
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence"]
    command = ["node", PROGRAM, *options, "--skipApiVersionCheck", "--disableTelemetry", "--silent"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        _wait(port)
        yield endpoint
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int, patience: float = 30.0) -> None:
    import socket

    end = time.monotonic() + patience
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def make_container(endpoint: str, name: str) -> None:
    """Create a container, signed with the account's key."""
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    version = "2021-08-06"
    told = f"x-ms-date:{date}\nx-ms-version:{version}\n"
    text = "PUT" + "\n" * 12 + f"{told}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    seal = base64.b64encode(hmac.digest(base64.b64decode(KEY), text.encode(), "sha256")).decode()
    headers = {"x-ms-date": date, "x-ms-version": version, "authorization": f"SharedKey {ACCOUNT}:{seal}"}
    asked = Request(f"{endpoint}/{name}?restype=container", method="PUT", headers={**headers, "content-length": "0"})
    with urlopen(asked, timeout=30) as answer:
        assert answer.status == 201
