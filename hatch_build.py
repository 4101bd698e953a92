"""Build the web UI into the wheel (and beside the sources, for an editable install).

MUSEION_UI=auto (default)  build when npm and node >= 20.19 are there and the sources changed; else use what lies
                           there; else package without UI: the server's `/` then says how to get it
MUSEION_UI=require         fail when the UI cannot be built (CI and releases)
MUSEION_UI=skip            leave it alone

`python hatch_build.py` does the same by hand (`make web`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

NODE = (20, 19)
SOURCES = ("src/**/*", "public/**/*", "*.json", "*.ts", "index.html")


class BuildError(RuntimeError):
    """The UI was required and could not be built."""


def source_digest(web: Path) -> str:
    """A digest of everything the built UI depends on."""
    digest = hashlib.sha256()
    for path in sorted({p for pattern in SOURCES for p in web.glob(pattern) if p.is_file()}):
        digest.update(str(path.relative_to(web)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def find_npm() -> str | None:
    """npm's path, if a new enough node is beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    words = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    numbers = words.removeprefix("v").split(".")
    return npm if numbers[0].isdigit() and tuple(map(int, numbers[:2])) >= NODE else None


def build_ui(root: Path, mode: str) -> str | None:
    """Build `web/` into `museion/_ui` if needed; returns a warning if there is no up-to-date UI afterwards."""
    web, out = root / "web", root / "museion" / "_ui"
    if mode == "skip" or not (web / "package.json").is_file():
        return None
    stamp, wanted = out / ".source-digest", source_digest(web)
    if stamp.is_file() and stamp.read_text() == wanted:
        return None
    npm = find_npm()
    if npm is None:
        return _complain(mode, f"no node >= {NODE[0]}.{NODE[1]} with npm on PATH: the web UI was not built")
    try:
        _npm_build(npm, web, out)
    except subprocess.CalledProcessError as error:
        return _complain(mode, f"the web UI was not built: {error}")
    stamp.write_text(wanted)
    return None


def _complain(mode: str, warning: str) -> str:
    if mode == "require":
        raise BuildError(warning)
    return warning


def _npm_build(npm: str, web: Path, out: Path) -> None:
    env = {**os.environ, "npm_config_fund": "false", "npm_config_audit": "false"}
    if not (web / "node_modules" / ".package-lock.json").is_file():
        subprocess.run([npm, "ci", "--loglevel=error"], cwd=web, env=env, check=True)
    vite = [npm, "exec", "--", "vite", "build", "--outDir", str(out), "--emptyOutDir"]
    subprocess.run(vite, cwd=web, env=env, check=True)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, outside a build
    pass
else:

    class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
        """What hatchling calls before it packs a wheel or an sdist."""

        def initialize(self, version: str, build_data: dict[str, list[str]]) -> None:
            root = Path(self.root)
            if warning := build_ui(root, os.environ.get("MUSEION_UI", "auto")):
                self.app.display_warning(warning)
            if (root / "museion" / "_ui" / "index.html").is_file():
                build_data.setdefault("artifacts", []).append("/museion/_ui/**")


if __name__ == "__main__":
    complaint = build_ui(Path(__file__).parent, os.environ.get("MUSEION_UI", "auto"))
    sys.exit(complaint)
