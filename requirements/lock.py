"""Write the lock files again from pyproject.toml and *.in (`make lock`): names and versions, no addresses."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    (HERE / "runtime.in").write_text("\n".join(project["dependencies"]) + "\n")
    for name in ("runtime", "demo", "test", "wandb"):
        command = [sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras", "--no-header"]
        command += [
            "--no-emit-index-url",
            "--no-emit-find-links",
            "--no-emit-options",
            "--no-annotate",
            "--allow-unsafe",
        ]
        subprocess.run([*command, "--output-file", f"{name}.txt", f"{name}.in"], cwd=HERE, check=True)
    (HERE / "runtime.in").unlink()


if __name__ == "__main__":
    main()
