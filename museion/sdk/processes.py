"""Other processes: started so that they outlive this one, and asked whether they live."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path


def spawn_detached(command: list[str], log: int, keep: tuple[int, ...] = (), env: dict[str, str] | None = None) -> int:
    """Start a process that outlives this one, in a session of its own, its output going to `log`; returns its id."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        pass_fds=keep,
        start_new_session=True,
        env=importable(dict(os.environ if env is None else env)),
        cwd="/",
    )
    process.returncode = 0  # it is not ours to wait for: Popen would warn of a child left behind
    return process.pid


def importable(env: dict[str, str]) -> dict[str, str]:
    """`env`, in which the same museion is imported as here, also when it is run from a source folder."""
    root = Path(__file__).parents[2]
    if "site-packages" not in root.parts:
        env["PYTHONPATH"] = os.pathsep.join(filter(None, (str(root), env.get("PYTHONPATH"))))
    return env


def lives(pid: int) -> bool:
    """Whether the process is there and not a zombie."""
    if pid <= 0:
        return False
    with suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
