"""`museion doctor`: is everything as it should be?"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

import museion
from museion.cli import output
from museion.cli.connect import connect
from museion.errors import MuseionError
from museion.sdk import settings

LOW_DISK = 1 << 30


@dataclass(frozen=True)
class Finding:
    """`ok` None means: nothing wrong, but worth knowing."""

    what: str
    ok: bool | None
    says: str


def doctor(json: output.Json = False) -> None:
    """Look at the installation, the folders, the server and what is waiting; exit 1 if something is wrong."""
    found = list(examine())
    if json:
        output.emit([asdict(finding) for finding in found])
    else:
        marks = {True: "ok", False: "WRONG", None: "note"}
        output.table(("", "what", ""), ((marks[f.ok], f.what, f.says) for f in found))
    if any(finding.ok is False for finding in found):
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """All findings, in the order in which one would look."""
    home = settings.home()
    for what, look in LOOKS.items():
        try:
            ok, says = look(home)
        except (MuseionError, OSError) as error:
            ok, says = False, str(error)
        yield Finding(what, ok, says)


def _installation(home: Path) -> tuple[bool | None, str]:
    return True, f"Museion {museion.__version__}, Python {platform.python_version()} at {sys.executable}"


def _folder(home: Path) -> tuple[bool | None, str]:
    home.mkdir(parents=True, exist_ok=True)
    probe = home / f".doctor-{os.getpid()}"
    probe.write_bytes(b"x")
    probe.unlink()
    return True, f"{home} can be written"


def _disk(home: Path) -> tuple[bool | None, str]:
    free = shutil.disk_usage(home).free
    return free > LOW_DISK, f"{output.size(free)} free"


def _ui(home: Path) -> tuple[bool | None, str]:
    built = (Path(museion.__file__).parent / "_ui" / "index.html").is_file()
    return (
        (True, "built") if built else (None, "not built: run `make web` (node >= 20.19), or install a released wheel")
    )


def _server(home: Path) -> tuple[bool | None, str]:
    health = connect(start=False).request("GET", "/api/v1/health", timeout=10).json()
    same = health["version"] == museion.__version__
    return same, f"version {health['version']} answers" + ("" if same else ": restart it (museion down, museion up)")


def _key(home: Path) -> tuple[bool | None, str]:
    viewer = connect(start=False).request("GET", "/api/v1/viewer", timeout=10).json()
    return True, f"the key is {viewer['name']}'s ({viewer['role']})"


def _waiting(home: Path) -> tuple[bool | None, str]:
    from museion.sdk.sync import waiting

    count = len(waiting(settings.from_environment().runs))
    return (True, "nothing") if not count else (None, f"{count} runs: `museion sync` sends them")


LOOKS: dict[str, Callable[[Path], tuple[bool | None, str]]] = {
    "installation": _installation,
    "home folder": _folder,
    "disk": _disk,
    "web UI": _ui,
    "server": _server,
    "API key": _key,
    "waiting to be sent": _waiting,
}
