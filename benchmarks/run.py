"""Run every benchmark at its usual size (`make bench`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SUPPORT = {"run.py", "paired.py", "house.py", "keepers.py"}


def main() -> None:
    for path in sorted(HERE.glob("*.py")):
        if path.name not in SUPPORT:
            print(f"\n━━ {path.stem}", flush=True)
            subprocess.run([sys.executable, str(path)], cwd=HERE, check=True)


if __name__ == "__main__":
    main()
